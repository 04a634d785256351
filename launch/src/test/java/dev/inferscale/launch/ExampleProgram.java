package dev.inferscale.launch;

import java.io.IOException;
import java.time.Duration;
import java.util.concurrent.CountDownLatch;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// A program that tells on standard output what is done with it. The `alias` says how it behaves.
final class ExampleProgram implements Program<Settings> {

  public static void main(String[] args) throws IOException {
    if (args.length > 0 && args[0].equals("parent")) {
      superviseChild();
    } else {
      Launcher.run(args, new ExampleProgram());
    }
  }

  /// Starts a child as a supervisor does and prints its process id; then waits for ever.
  private static void superviseChild() throws IOException {
    Process child =
        ShutdownTest.command("--exit-with-stdin")
            .redirectError(ProcessBuilder.Redirect.INHERIT)
            .start();
    child.inputReader().lines().forEach(line -> System.out.println(child.pid() + " " + line));
  }

  /// More than a pipe holds.
  private static void chat() {
    Logger log = LoggerFactory.getLogger(ExampleProgram.class);
    for (int i = 0; i < 20_000; i++) {
      log.info("a line that nobody reads");
    }
  }

  @Override
  public String name() {
    return "example";
  }

  @Override
  public String about() {
    return "Waits to be told to stop.";
  }

  @Override
  public Class<Settings> config() {
    return Settings.class;
  }

  @Override
  public Running start(Settings config, Host host) {
    String behaviour = config.alias().orElse("");
    switch (behaviour) {
      case "busy" -> throw new StartFault("port 8000 is in use; choose another with --port");
      case "bug" -> throw new IllegalStateException("a bug");
      case "chatty" -> chat();
      case "gone" -> host.shutdown().exit(70);
      default -> {}
    }
    System.out.println("started");
    return new Running() {
      @Override
      public void drain(Duration limit) throws InterruptedException {
        System.out.println("draining " + host.shutdown().isDraining());
        if (behaviour.equals("stuck")) {
          new CountDownLatch(1).await();
        } else if (behaviour.equals("fails")) {
          throw new IllegalStateException("cannot drain");
        }
      }

      @Override
      public void close() {
        System.out.println("closed");
      }
    };
  }
}
