package dev.inferscale.app.operate;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.Console;
import java.io.PrintWriter;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/// `inferscale top`.
@Command(
    name = "top",
    description = "Show all pools of a plane, live.",
    mixinStandardHelpOptions = true,
    footer = {"", "Where output is no terminal the table is printed once."})
public final class TopCommand implements Callable<Integer> {
  private static final String HOME_AND_CLEAR = "\u001b[H\u001b[J";

  @Mixin private final PlaneClient plane = new PlaneClient();

  @Option(
      names = "--every",
      paramLabel = "SECONDS",
      defaultValue = "1",
      description = "Seconds between two looks, 1 to 60 (default ${DEFAULT-VALUE}).")
  private int every;

  @Option(names = "--once", description = "Print the table once and end.")
  private boolean once;

  @Option(
      names = "--output",
      defaultValue = "text",
      description = "text or json; json is printed once (default ${DEFAULT-VALUE}).")
  private Output output = Output.text;

  @Spec private @Nullable CommandSpec spec;

  @Override
  public Integer call() throws InterruptedException {
    CommandSpec known = Objects.requireNonNull(spec);
    if (every < 1 || every > 60) {
      throw new ParameterException(
          known.commandLine(), "--every " + every + " must be 1 to 60 seconds");
    }
    PrintWriter out = known.commandLine().getOut();
    try {
      boolean live = !once && output == Output.text && isTerminal();
      do {
        JsonNode pools = plane.pools();
        if (output == Output.json) {
          out.println(pools);
        } else {
          show(out, live, PoolTable.lines(pools));
        }
        out.flush();
        if (live) {
          TimeUnit.SECONDS.sleep(every);
        }
      } while (live);
      return 0;
    } catch (CommandFault e) {
      known.commandLine().getErr().println("inferscale top: " + e.sentence());
      return 1;
    }
  }

  private static boolean isTerminal() {
    // JDK 25 gives null where output is redirected, against its documentation.
    return Optional.ofNullable(System.console()).filter(Console::isTerminal).isPresent();
  }

  private void show(PrintWriter out, boolean live, List<String> lines) {
    if (live) {
      out.print(HOME_AND_CLEAR);
      out.println("plane " + plane.server() + ", every " + every + " s; Ctrl-C ends");
    }
    lines.forEach(out::println);
  }
}
