package dev.inferscale.app.read;

import dev.inferscale.signals.profile.Profiles;
import java.io.IOException;
import java.time.Duration;
import java.util.Objects;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/// `inferscale read`.
@Command(
    name = "read",
    description =
        "Print what we make of a metrics page: engine, signals, and the defects of the text.",
    mixinStandardHelpOptions = true,
    footer = {
      "",
      "Two pages of the same target, some seconds apart, also give rates and quantiles."
    })
public final class ReadCommand implements Callable<Integer> {
  @Parameters(
      index = "0",
      paramLabel = "PAGE",
      description = "A file, a URL, or - for standard input.")
  private String page = "";

  @Parameters(
      index = "1",
      arity = "0..1",
      paramLabel = "LATER_PAGE",
      description = "The same page, later.")
  private @Nullable String laterPage;

  @Option(
      names = "--seconds",
      defaultValue = "15",
      description = "Time between the two pages (default ${DEFAULT-VALUE}).")
  private double seconds;

  @Option(
      names = "--profile",
      defaultValue = Profiles.AUTO,
      description = "The engine's profile (default ${DEFAULT-VALUE}).")
  private String profile = Profiles.AUTO;

  @Option(
      names = "--output",
      defaultValue = "text",
      description = "text or json (default ${DEFAULT-VALUE}).")
  private Format output = Format.text;

  @Spec private @Nullable CommandSpec spec;

  enum Format {
    text,
    json
  }

  @Override
  public Integer call() throws InterruptedException {
    Profiles profiles = Profiles.bundled();
    check(profiles);
    try {
      byte[] first = PageSource.read(page);
      byte[] later = laterPage == null ? null : PageSource.read(laterPage);
      Duration between = Duration.ofNanos((long) (seconds * 1e9));
      return switch (PageReport.of(first, later, between, profiles, profile)) {
        case PageReport.Result.Refusal(boolean ofLater, String why) ->
            fail((ofLater ? laterPage : page) + ": " + why);
        case PageReport.Result.Report(PageReport report) -> print(report);
      };
    } catch (IOException e) {
      return fail(String.valueOf(e.getMessage()));
    }
  }

  private void check(Profiles profiles) {
    if (!(seconds >= 0.1 && seconds <= 3600)) {
      throw wrongUse("--seconds is " + seconds + "; 0.1 to 3600 would be right");
    }
    if (page.equals("-") && page.equals(laterPage)) {
      throw wrongUse("- stands for both pages; standard input holds only one");
    }
    if (!profile.equals(Profiles.AUTO) && profiles.named(profile).isEmpty()) {
      throw wrongUse(
          "--profile is "
              + profile
              + "; auto or one of these would be right: "
              + String.join(", ", profiles.names()));
    }
  }

  private ParameterException wrongUse(String sentence) {
    return new ParameterException(commandLine(), sentence);
  }

  private int print(PageReport report) {
    if (output == Format.json) {
      commandLine().getOut().println(ReportText.json(report));
    } else {
      ReportText.lines(report).forEach(commandLine().getOut()::println);
    }
    return 0;
  }

  private int fail(String sentence) {
    commandLine().getErr().println("inferscale read: " + sentence);
    return 1;
  }

  private CommandLine commandLine() {
    return Objects.requireNonNull(spec).commandLine();
  }
}
