package dev.inferscale.launch;

import dev.inferscale.launch.Program.Running;
import java.io.IOException;
import java.io.InputStream;
import java.time.Duration;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// Ends a process in order and once: drain, close, flush the log, exit. The end begins with SIGTERM
/// or SIGINT, with [#exit], or when standard input ends ([#exitWithInput]).
///
/// Runs on the JVM's shutdown hook and then halts, because only a halt can turn a signal into exit
/// status 0 (the JVM would report 143). So a process has at most one of these, and no other hook
/// that matters.
public final class Shutdown {
  private static final Logger log = LoggerFactory.getLogger(Shutdown.class);

  /// For close, after the drain; then the process is halted with status 1.
  private static final Duration CLOSE_LIMIT = Duration.ofSeconds(5);

  /// A child whose parent is gone drains this long, and is halted at twice that.
  private static final Duration ORPHAN_DRAIN_LIMIT = Duration.ofSeconds(1);

  private final AtomicInteger status = new AtomicInteger();

  // Written by the starting thread, read by the hook.
  private volatile @Nullable Running running;
  private volatile Duration drainLimit = Duration.ZERO;

  // Written by the hook or the thread that watches the input, read by anyone.
  private volatile boolean draining;
  private volatile boolean orphaned;

  private Shutdown() {}

  /// Prepares the end of this process. Until [#owns] is called, a signal ends it at once.
  public static Shutdown arm() {
    Shutdown shutdown = new Shutdown();
    Runtime.getRuntime().addShutdownHook(new Thread(shutdown::end, "shutdown"));
    return shutdown;
  }

  /// From now on the end of the process drains and closes this.
  public void owns(Running started, Duration limit) {
    drainLimit = limit;
    running = started;
  }

  /// Whether the end has begun: the moment to say "not ready" and to refuse new work.
  public boolean isDraining() {
    return draining;
  }

  /// Begins the end, from any thread; returns at once. The first status wins over 0.
  public void exit(int exitStatus) {
    status.compareAndSet(0, exitStatus);
    // On its own thread: System.exit waits for the hook, which may wait for the caller.
    Thread.ofPlatform().name("exit").start(() -> System.exit(status.get()));
  }

  /// Ends the process when `input` does. With the input piped from a parent, the child ends within
  /// two seconds however the parent died, SIGKILL included.
  public void exitWithInput(InputStream input) {
    Thread.ofPlatform().daemon().name("parent-watch").start(() -> endAfter(input));
  }

  /// Waits for the end of the process; never returns.
  public void await() throws InterruptedException {
    new CountDownLatch(1).await();
  }

  private void endAfter(InputStream input) {
    try {
      byte[] ignored = new byte[1024];
      while (input.read(ignored) >= 0) {}
    } catch (IOException e) {
      log.atDebug().setMessage("standard input failed").setCause(e).log();
    }
    orphaned = true;
    haltAfter(ORPHAN_DRAIN_LIMIT.multipliedBy(2));
    exit(0);
  }

  private void end() {
    draining = true;
    Duration limit = orphaned ? ORPHAN_DRAIN_LIMIT : drainLimit;
    haltAfter(limit.plus(CLOSE_LIMIT));
    Running current = running;
    if (current != null) {
      log.atInfo().setMessage("draining").addKeyValue("limit_ms", limit.toMillis()).log();
      stop(current, limit);
      log.atInfo()
          .setMessage("stopped")
          .addKeyValue("exit_status", status.get())
          .addKeyValue("log_events_dropped", Logs.dropped())
          .log();
    }
    halt(status.get());
  }

  private void stop(Running current, Duration limit) {
    try (current) {
      current.drain(limit);
    } catch (InterruptedException | RuntimeException e) {
      status.compareAndSet(0, 1);
      log.atError().setMessage("stopping failed").setCause(e).log();
    }
  }

  private static void haltAfter(Duration limit) {
    Thread.ofPlatform()
        .daemon()
        .name("halt")
        .start(() -> {
          try {
            Thread.sleep(limit);
            log.atError()
                .setMessage("stopping took too long; halted")
                .addKeyValue("limit_ms", limit.toMillis())
                .log();
          } catch (InterruptedException e) {
            log.atWarn().setMessage("halted early").log();
          }
          halt(1);
        });
  }

  private static void halt(int exitStatus) {
    try {
      Logs.stop();
    } finally {
      Runtime.getRuntime().halt(exitStatus);
    }
  }
}
