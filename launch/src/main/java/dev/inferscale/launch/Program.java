package dev.inferscale.launch;

import java.time.Duration;
import java.time.InstantSource;

/// What a program tells [Launcher] about itself.
///
/// @param <C> its configuration record, which has a static `defaults()`
public interface Program<C extends Record> {

  /// How the program is called in log lines, help and faults: `inference-worker`.
  String name();

  /// One sentence for the first line of `--help`.
  String about();

  /// The configuration record.
  Class<C> config();

  /// How long a drain may take after SIGTERM.
  default Duration drainLimit(C config) {
    return Duration.ofSeconds(10);
  }

  /// Starts the program and returns once it serves; its threads are its own.
  ///
  /// @throws StartFault when it cannot start for a reason that a person can mend
  Running start(C config, Host host);

  /// A program that serves.
  interface Running extends AutoCloseable {
    /// Takes no new work and returns when what was accepted has ended, or after `limit`.
    void drain(Duration limit) throws InterruptedException;

    /// Lets go of ports, threads and files; called once, after [#drain].
    @Override
    void close();
  }

  /// The process a program runs in.
  ///
  /// @param time the one clock of the process; never jumps
  /// @param version for `--version`, logs and info metrics
  /// @param shutdown asks the process to end, and tells whether it is ending
  record Host(InstantSource time, String version, Shutdown shutdown) {}

  /// A start that failed for a reason a person can mend: a busy port, a model that cannot be read.
  /// The message is one whole sentence; it is printed without a stack trace.
  final class StartFault extends RuntimeException {
    private static final long serialVersionUID = 1;

    private final int exitStatus;

    public StartFault(String sentence) {
      super(sentence);
      exitStatus = 1;
    }

    public StartFault(String sentence, Throwable cause) {
      super(sentence, cause);
      exitStatus = 1;
    }

    private StartFault(String sentence, int exitStatus) {
      super(sentence);
      this.exitStatus = exitStatus;
    }

    /// A start that was asked for in a way that can never work, such as without a key that it
    /// needs.
    public static StartFault wrongUse(String sentence) {
      return new StartFault(sentence, 2);
    }

    /// What the process ends with: 1 where something failed, 2 for wrong use.
    int exitStatus() {
      return exitStatus;
    }
  }
}
