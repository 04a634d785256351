package dev.inferscale.launch;

import static java.util.Comparator.comparingInt;

import dev.inferscale.launch.ConfigKeys.ConfigKey;
import dev.inferscale.launch.ConfigReader.ConfigFault;
import dev.inferscale.launch.ConfigReader.Result;
import dev.inferscale.launch.Program.Host;
import dev.inferscale.launch.Program.StartFault;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.ListIterator;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.slf4j.event.Level;
import org.slf4j.spi.LoggingEventBuilder;

/// Runs a [Program] from its command line to its end.
///
/// Exit status 0: `--help`, `--version`, or told to stop and stopped in time. 1: could not start,
/// or could not stop in time. 2: wrong flags or configuration, one line each on standard error.
public final class Launcher {
  private static final Logger log = LoggerFactory.getLogger(Launcher.class);

  private Launcher() {}

  /// What a command line asks for.
  sealed interface Plan<C extends Record> {
    record Say<C extends Record>(String text) implements Plan<C> {}

    record Refuse<C extends Record>(List<String> lines) implements Plan<C> {}

    record Start<C extends Record>(
        C config, List<String> warnings, Level level, boolean exitWithStdin) implements Plan<C> {}
  }

  /// Runs the program until it is told to stop, and ends the process.
  public static <C extends Record> void run(String[] args, Program<C> program) {
    switch (plan(List.of(args), System.getenv(), program)) {
      case Plan.Say<C>(String text) -> {
        System.out.println(text);
        System.exit(0);
      }
      case Plan.Refuse<C>(List<String> lines) -> {
        lines.forEach(line -> System.err.println(program.name() + ": " + line));
        System.exit(2);
      }
      case Plan.Start<C> start -> start(start, program);
    }
  }

  /// The version in the manifest of the jar that holds this class; `dev` when there is none.
  public static String version(Class<?> type) {
    return Objects.requireNonNullElse(type.getPackage().getImplementationVersion(), "dev");
  }

  static <C extends Record> Plan<C> plan(
      List<String> args, Map<String, String> environment, Program<C> program) {
    ConfigReader<C> reader = ConfigReader.of(program.config());
    Arguments arguments = Arguments.parse(args, environment, reader.keys());
    if (arguments.help) {
      return new Plan.Say<>(help(program, reader.keys()));
    } else if (arguments.version) {
      return new Plan.Say<>(program.name() + " " + version(program.getClass()));
    }
    List<String> faults = new ArrayList<>(arguments.faults);
    Result<C> result =
        arguments.configFile.isEmpty()
            ? reader.read("", environment, arguments.flags)
            : reader.readFile(Path.of(arguments.configFile), environment, arguments.flags);
    return switch (result) {
      case Result.Bad<C>(List<ConfigFault> bad) -> {
        bad.forEach(fault -> faults.add(fault.line()));
        yield new Plan.Refuse<>(faults);
      }
      case Result.Good<C>(C config, List<String> warnings) ->
          faults.isEmpty()
              ? new Plan.Start<>(config, warnings, arguments.level, arguments.exitWithStdin)
              : new Plan.Refuse<>(faults);
    };
  }

  private static <C extends Record> void start(Plan.Start<C> plan, Program<C> program) {
    Logs.start(program.name(), plan.level());
    plan.warnings().forEach(log::warn);
    Shutdown shutdown = Shutdown.arm();
    if (plan.exitWithStdin()) {
      shutdown.exitWithInput(System.in);
    }
    String version = version(program.getClass());
    logStart(plan.config(), version);
    try {
      Host host = new Host(new MonotonicTime(), version, shutdown);
      shutdown.owns(program.start(plan.config(), host), program.drainLimit(plan.config()));
      shutdown.await();
    } catch (StartFault e) {
      System.err.println(program.name() + ": " + e.getMessage());
      shutdown.exit(e.exitStatus());
    } catch (InterruptedException | RuntimeException | Error e) {
      // Errors too: a process that neither serves nor ends would be the worst answer.
      log.atError().setMessage("start failed unexpectedly").setCause(e).log();
      shutdown.exit(1);
    }
  }

  private static void logStart(Record config, String version) {
    LoggingEventBuilder event = log.atInfo().setMessage("starting").addKeyValue("version", version);
    for (Map.Entry<String, String> key : ConfigReader.effective(config).entrySet()) {
      event = event.addKeyValue("config." + key.getKey(), key.getValue());
    }
    event.log();
  }

  private static String help(Program<?> program, List<ConfigKey> keys) {
    StringBuilder text = new StringBuilder();
    text.append(program.name()).append(": ").append(program.about()).append("\n\n");
    text.append(
        """
        Usage: %s [--config FILE] [--KEY VALUE]...

          --config FILE      YAML file with the keys below (INFERSCALE_CONFIG)
          --log-level LEVEL  error, warn, info, debug or trace; default info (INFERSCALE_LOG_LEVEL)
          --exit-with-stdin  end when standard input ends (INFERSCALE_EXIT_WITH_STDIN=1)
          --version          print the version
          --help             print this

        Keys. A flag wins over the environment, that over the file, that over the default.
        """
            .formatted(program.name()));
    keys.stream()
        .max(comparingInt(key -> key.flag().length()))
        .ifPresent(key ->
            text.append(
                "--%s is %s in the file and %s in the environment.\n\n"
                    .formatted(key.flag(), key.dotted(), key.variable())));
    keys.forEach(key -> text.append(help(key)));
    return text.toString().stripTrailing();
  }

  private static String help(ConfigKey key) {
    String preset = key.preset().isEmpty() ? "" : "; default " + key.preset();
    String words = key.description().isEmpty() ? "" : "      " + key.description() + "\n";
    return "  --%s  %s%s\n%s".formatted(key.flag(), ConfigKeys.describe(key.type()), preset, words);
  }

  /// The words of a command line, sorted: what is ours, and the flags that name keys.
  private static final class Arguments {
    private final Map<String, List<String>> flags = new LinkedHashMap<>();
    private final List<String> faults = new ArrayList<>();
    private boolean help;
    private boolean version;
    private boolean exitWithStdin;
    private String configFile = "";
    private Level level = Level.INFO;

    static Arguments parse(
        List<String> args, Map<String, String> environment, List<ConfigKey> keys) {
      Arguments parsed = new Arguments();
      parsed.configFile = environment.getOrDefault("INFERSCALE_CONFIG", "");
      parsed.setLevel("INFERSCALE_LOG_LEVEL", environment.get("INFERSCALE_LOG_LEVEL"));
      String exit = environment.getOrDefault("INFERSCALE_EXIT_WITH_STDIN", "");
      parsed.exitWithStdin = exit.equals("1") || exit.equals("true");
      for (ListIterator<String> words = args.listIterator(); words.hasNext(); ) {
        parsed.take(words.next(), words, keys);
      }
      return parsed;
    }

    private void take(String word, ListIterator<String> rest, List<ConfigKey> keys) {
      switch (word) {
        case "--help", "-h" -> help = true;
        case "--version" -> version = true;
        case "--exit-with-stdin" -> exitWithStdin = true;
        default -> {
          if (word.startsWith("--")) {
            takeFlag(word.substring(2), rest, keys);
          } else {
            faults.add(ConfigKeys.quoted(word) + ": unexpected; values are given as --key value");
          }
        }
      }
    }

    private void takeFlag(String flag, ListIterator<String> rest, List<ConfigKey> keys) {
      int equals = flag.indexOf('=');
      String name = equals < 0 ? flag : flag.substring(0, equals);
      Optional<ConfigKey> key = keys.stream().filter(k -> k.flag().equals(name)).findFirst();
      boolean isSwitch = key.isPresent() && key.get().type() == boolean.class;
      String value = equals < 0 ? nextValue(rest, isSwitch) : flag.substring(equals + 1);
      switch (name) {
        case "config" -> configFile = required("--config", value);
        case "log-level" -> setLevel("--log-level", required("--log-level", value));
        default -> {
          if (value == null && key.isPresent()) {
            faults.add("--" + name + ": needs a value");
          } else {
            // An unknown flag is reported as such by the reader, with or without a value.
            flags.computeIfAbsent(name, _ -> new ArrayList<>()).add(value == null ? "" : value);
          }
        }
      }
    }

    private static @Nullable String nextValue(ListIterator<String> rest, boolean isSwitch) {
      if (!rest.hasNext()) {
        return isSwitch ? "true" : null;
      }
      String next = rest.next();
      if (isSwitch ? List.of("true", "false").contains(next) : !next.startsWith("--")) {
        return next;
      }
      rest.previous();
      return isSwitch ? "true" : null;
    }

    private String required(String flag, @Nullable String value) {
      if (value == null || value.isEmpty()) {
        faults.add(flag + ": needs a value");
        return "";
      }
      return value;
    }

    private void setLevel(String name, @Nullable String value) {
      if (value == null || value.isEmpty()) {
        return;
      }
      Optional<Level> named =
          Arrays.stream(Level.values())
              .filter(known -> known.name().equals(value.toUpperCase(Locale.ROOT)))
              .findFirst();
      named.ifPresentOrElse(
          known -> level = known,
          () ->
              faults.add(
                  "%s = %s: must be one of error, warn, info, debug, trace"
                      .formatted(name, ConfigKeys.quoted(value))));
    }
  }
}
