package dev.inferscale.app.quickstart;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.inferscale.launch.Launcher;
import dev.inferscale.launch.Logs;
import dev.inferscale.launch.MonotonicTime;
import dev.inferscale.launch.Program.StartFault;
import dev.inferscale.launch.Shutdown;
import java.io.Console;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.time.format.DateTimeParseException;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.slf4j.event.Level;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/// `inferscale quickstart`.
@Command(
    name = "quickstart",
    description =
        "Start two workers, a signal plane and a gentle load, and watch the signals. Ctrl-C ends it.",
    mixinStandardHelpOptions = true)
public final class QuickstartCommand implements Callable<Integer> {
  private static final Logger LOG = LoggerFactory.getLogger(QuickstartCommand.class);

  @Option(
      names = "--for",
      paramLabel = "TIME",
      description = "End after this time, such as 20s or 2m.")
  private Optional<String> runFor = Optional.empty();

  @Option(
      names = "--output",
      paramLabel = "FORMAT",
      description = "text, or json for a summary on standard output.")
  private Format output = Format.text;

  @Spec private @Nullable CommandSpec spec;

  enum Format {
    text,
    json
  }

  @Override
  public Integer call() throws InterruptedException {
    MonotonicTime time = new MonotonicTime();
    // Wrong use is found before the end of the process is armed: from then on, only what
    // shutdown.exit is told becomes the exit status.
    Quickstart.Settings settings = settings(time);
    Logs.start("quickstart", Level.WARN);
    Shutdown shutdown = Shutdown.arm();
    boolean json = output == Format.json;
    Screen screen = new Screen(json ? System.err : System.out, !json && isTerminal());
    Quickstart quickstart = new Quickstart(settings, time, screen);
    shutdown.owns(quickstart, Duration.ZERO);
    int status = run(quickstart, shutdown);
    shutdown.exit(status);
    shutdown.await();
    return status;
  }

  private int run(Quickstart quickstart, Shutdown shutdown) throws InterruptedException {
    List<String> faults;
    try {
      Summary summary = quickstart.run();
      if (output == Format.json) {
        System.out.println(document(summary));
      }
      faults = summary.faults();
    } catch (StartFault e) {
      faults = List.of(String.valueOf(e.getMessage()));
    } catch (RuntimeException | JsonProcessingException e) {
      LOG.atError().setCause(e).log("quickstart failed unexpectedly");
      return 1;
    }
    // Ctrl-C is how a person ends it, also while it starts: only a run to the end is judged.
    if (shutdown.isDraining()) {
      return 0;
    }
    faults.forEach(fault -> System.err.println("inferscale quickstart: " + fault));
    return faults.isEmpty() ? 0 : 1;
  }

  // The documentation of JDK 22 says never null; JDK 25 gives null when the output is redirected.
  @SuppressWarnings("SystemConsoleNull")
  private static boolean isTerminal() {
    Console console = System.console();
    return console != null && console.isTerminal();
  }

  private Quickstart.Settings settings(MonotonicTime time) {
    Path launcher =
        Path.of(System.getProperty("inferscale.launcher", "inferscale")).toAbsolutePath();
    return new Quickstart.Settings(
        runFor.map(this::duration),
        launcher,
        Launcher.version(QuickstartCommand.class),
        startedAt(time.instant()));
  }

  private Duration duration(String text) {
    try {
      Duration duration = Duration.parse("PT" + text);
      if (duration.isPositive()) {
        return duration;
      }
    } catch (DateTimeParseException _) {
      // said below, as for a time that is not positive
    }
    throw new ParameterException(
        Objects.requireNonNull(spec).commandLine(),
        "--for is " + text + "; a time such as 20s or 2m would be right");
  }

  /// When the launcher began, so that what a person waited for is counted; now where the launcher
  /// did not say.
  private static Instant startedAt(Instant now) {
    String started = System.getProperty("inferscale.started", "");
    if (started.isEmpty()) {
      return now;
    }
    long ago = System.currentTimeMillis() - (long) (1e3 * Double.parseDouble(started));
    return now.minusMillis(Math.max(0, ago));
  }

  private static String document(Summary summary) throws JsonProcessingException {
    return new ObjectMapper()
        .writerWithDefaultPrettyPrinter()
        .writeValueAsString(summary.document());
  }
}
