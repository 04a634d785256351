package dev.inferscale.launch;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.inferscale.launch.ConfigKeys.ConfigKey;
import dev.inferscale.launch.ConfigTree.Items;
import dev.inferscale.launch.ConfigTree.Nothing;
import dev.inferscale.launch.ConfigTree.Origin;
import dev.inferscale.launch.ConfigTree.Section;
import dev.inferscale.launch.ConfigTree.Text;
import java.io.IOException;
import java.io.InputStream;
import java.lang.annotation.Documented;
import java.lang.annotation.ElementType;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.lang.annotation.Target;
import java.lang.reflect.RecordComponent;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SequencedMap;
import java.util.Set;

/// Reads a configuration record from its defaults, a YAML file, the environment and flags; the
/// later of these wins, key by key. Reports all faults at once.
///
/// A record is bound like this. Its static `defaults()` gives what is not set. A component is an
/// `int`, `long`, `double`, `boolean`, `String`, `Path`, `Duration` (`390ns`, `5us`, `500ms`, `2s`,
/// `1h30m`), an enum (`LEAST_LOADED` is written `least-loaded`), a list or an `Optional` of one of
/// these, or another record: a section. Ranges belong to the compact constructor: it throws an
/// `IllegalArgumentException` whose message begins with the component's name, `maxQueue must be 1
/// to 10000`. The key `maxQueue` in section `limits` is `limits.maxQueue` in the file,
/// `--limits.max-queue` as a flag and `INFERSCALE_LIMITS_MAX_QUEUE` in the environment.
public final class ConfigReader<C extends Record> {
  /// A larger file is refused.
  public static final int MAX_BYTES = 1024 * 1024;

  /// What [Launcher] itself reads.
  private static final Set<String> RESERVED =
      Set.of(
          "INFERSCALE_CONFIG",
          "INFERSCALE_LOG_LEVEL",
          "INFERSCALE_EXIT_WITH_STDIN",
          "INFERSCALE_HELP",
          "INFERSCALE_VERSION");

  private final Class<C> type;
  private final C defaults;
  private final List<ConfigKey> keys;

  private ConfigReader(Class<C> type, C defaults) {
    this.type = type;
    this.defaults = defaults;
    this.keys = ConfigKeys.of(type);
  }

  /// One sentence about a configuration key, on its record component; shown by `--help` and in the
  /// configuration reference.
  @Documented
  @Retention(RetentionPolicy.RUNTIME)
  @Target(ElementType.RECORD_COMPONENT)
  public @interface Describe {
    /// What the key does and in what unit, for the person who sets it.
    String value();

    /// Whether the value must never be shown: not in faults, help or logs.
    boolean secret() default false;
  }

  /// A configuration, or everything that is wrong with it.
  public sealed interface Result<C extends Record> {
    /// A configuration to start with.
    ///
    /// @param warnings what was ignored but looks like a mistake; one sentence each
    record Good<C extends Record>(C config, List<String> warnings) implements Result<C> {}

    /// Everything that is wrong; at most a hundred.
    record Bad<C extends Record>(List<ConfigFault> faults) implements Result<C> {}
  }

  /// One thing that is wrong.
  ///
  /// @param path the key as it was written: `tls.certFile`, `--tls.cert-file`,
  ///   `INFERSCALE_TLS_CERT_FILE`; or the file
  /// @param value what stood there, cut to 128 characters; empty when nothing did
  /// @param message what would be right
  public record ConfigFault(String path, String value, String message) {
    /// The fault as one line for a person.
    public String line() {
      return value.isEmpty() ? path + ": " + message : path + " = " + value + ": " + message;
    }
  }

  /// A reader for this record.
  ///
  /// @throws IllegalArgumentException when the record is not made as described above: a bug
  public static <C extends Record> ConfigReader<C> of(Class<C> type) {
    Record defaults = ConfigKeys.defaults(type);
    if (defaults == null) {
      throw new IllegalArgumentException(type.getName() + " has no static method defaults()");
    }
    ConfigReader<C> reader = new ConfigReader<>(type, type.cast(defaults));
    reader.checkKeys();
    return reader;
  }

  private void checkKeys() {
    Set<String> taken = new HashSet<>(RESERVED);
    for (ConfigKey key : keys) {
      ConfigKeys.describe(key.type());
      if (!taken.add(key.variable())) {
        throw new IllegalArgumentException(
            type.getName() + "." + key.dotted() + ": the name " + key.variable() + " is taken");
      }
    }
  }

  /// A Markdown table of all keys with type, default and description.
  public static String reference(Class<? extends Record> type) {
    StringBuilder table =
        new StringBuilder("| key | value | default | what it does |\n|---|---|---|---|\n");
    for (ConfigKey key : ConfigKeys.of(type)) {
      String preset = key.preset().isEmpty() ? "" : "`" + key.preset() + "`";
      table
          .append("| `%s` | %s | ".formatted(key.dotted(), ConfigKeys.describe(key.type())))
          .append("%s | %s |\n".formatted(preset, key.description()).replace("\\|", "|"));
    }
    return table.toString();
  }

  /// All keys of a configuration with their values as texts, secrets hidden: for the log.
  public static SequencedMap<String, String> effective(Record config) {
    SequencedMap<String, String> values = new LinkedHashMap<>();
    putAll(values, "", config);
    return values;
  }

  private static void putAll(Map<String, String> values, String prefix, Record config) {
    for (RecordComponent component : config.getClass().getRecordComponents()) {
      Object value = ConfigKeys.valueOf(component, config);
      Object present = value instanceof Optional<?> optional ? optional.orElse(null) : value;
      String path = prefix + component.getName();
      if (present instanceof Record section) {
        putAll(values, path + ".", section);
      } else if (present != null) {
        values.put(
            path, ConfigKeys.isSecret(component) ? ConfigKeys.HIDDEN : ConfigKeys.format(present));
      }
    }
  }

  List<ConfigKey> keys() {
    return keys;
  }

  /// As [#read], with the YAML text in a file of at most [#MAX_BYTES].
  public Result<C> readFile(
      Path file, Map<String, String> environment, Map<String, List<String>> flags) {
    String name = file.toString();
    ConfigBinding binding = new ConfigBinding();
    String yaml = "";
    try (InputStream in = Files.newInputStream(file)) {
      ByteBuffer bytes = ByteBuffer.wrap(in.readNBytes(MAX_BYTES + 1));
      yaml = UTF_8.newDecoder().decode(bytes).toString();
    } catch (NoSuchFileException e) {
      binding.fault(name, "", "no such file");
    } catch (CharacterCodingException e) {
      binding.fault(name, "", "must be text in UTF-8");
    } catch (IOException e) {
      binding.fault(
          name, "", "cannot be read: " + ConfigKeys.quoted(String.valueOf(e.getMessage())));
    }
    return read(binding, name, yaml, environment, flags);
  }

  /// Reads what was written, whichever of the three there is.
  ///
  /// @param yaml one YAML document; may be empty
  /// @param environment of the process; what does not begin with `INFERSCALE_` is ignored
  /// @param flags values by flag without its dashes, `max-queue`; several values only for a list
  public Result<C> read(
      String yaml, Map<String, String> environment, Map<String, List<String>> flags) {
    return read(new ConfigBinding(), "configuration", yaml, environment, flags);
  }

  private Result<C> read(
      ConfigBinding binding,
      String source,
      String yaml,
      Map<String, String> environment,
      Map<String, List<String>> flags) {
    Section root = document(source, yaml, binding);
    placeEnvironment(root, environment, binding);
    placeFlags(root, flags, binding);
    C config = binding.record(type, "", root, defaults);
    return config == null || !binding.faults().isEmpty()
        ? new Result.Bad<>(binding.faults())
        : new Result.Good<>(config, warnings(environment));
  }

  private static Section document(String source, String yaml, ConfigBinding binding) {
    try {
      if (yaml.length() > MAX_BYTES) {
        binding.fault(source, "", "must not be larger than 1 MiB");
        return Section.empty();
      }
      return ConfigTree.parse(yaml);
    } catch (ConfigTree.Malformed e) {
      binding.fault(source, "", String.valueOf(e.getMessage()));
      return Section.empty();
    }
  }

  private void placeEnvironment(
      Section root, Map<String, String> environment, ConfigBinding binding) {
    for (ConfigKey key : keys) {
      String value = environment.get(key.variable());
      if (value != null && !isServiceLink(key.variable(), value)) {
        place(root, key, List.of(value), new Origin(key.variable(), 0), binding);
      }
    }
  }

  /// Kubernetes gives every pod variables about the services of its namespace; a service named
  /// `inferscale` makes `INFERSCALE_PORT=tcp://10.0.0.1:80`, which nobody meant as our key `port`.
  private static boolean isServiceLink(String variable, String value) {
    return variable.endsWith("_PORT") && value.matches("(tcp|udp|sctp)://.*");
  }

  private void placeFlags(Section root, Map<String, List<String>> flags, ConfigBinding binding) {
    for (Map.Entry<String, List<String>> flag : flags.entrySet()) {
      String name = "--" + flag.getKey();
      Optional<ConfigKey> key =
          keys.stream().filter(k -> k.flag().equals(flag.getKey())).findFirst();
      if (key.isPresent()) {
        place(root, key.get(), flag.getValue(), new Origin(name, 0), binding);
      } else {
        List<String> known = keys.stream().map(k -> "--" + k.flag()).toList();
        binding.fault(
            ConfigKeys.quoted(name), "", "unknown flag; " + ConfigKeys.nearest(name, known));
      }
    }
  }

  private static void place(
      Section root, ConfigKey key, List<String> texts, Origin origin, ConfigBinding binding) {
    ConfigTree value = ConfigKeys.isList(key.type()) ? items(texts, origin) : null;
    if (value == null) {
      if (texts.size() > 1) {
        binding.fault(origin.name(), "", "must be given once");
      }
      value = new Text(texts.getLast(), origin);
    }
    Section section = root;
    for (String name : key.path().subList(0, key.path().size() - 1)) {
      ConfigTree child = section.children().get(name);
      if (child == null || child instanceof Nothing) {
        child = Section.empty();
        section.children().put(name, child);
      }
      if (!(child instanceof Section inner)) {
        return; // The file has a value where a section belongs: the binding reports that.
      }
      section = inner;
    }
    section.children().put(key.path().getLast(), value);
  }

  private static Items items(List<String> texts, Origin origin) {
    return new Items(
        texts.stream()
            .flatMap(text -> Arrays.stream(text.split(",")))
            .map(String::strip)
            .filter(text -> !text.isEmpty())
            .<ConfigTree>map(text -> new Text(text, origin))
            .toList(),
        origin);
  }

  /// Variables that are none of our keys but nearly are. The prefix is shared by all our programs,
  /// so a variable of another program is no fault.
  private List<String> warnings(Map<String, String> environment) {
    List<String> known = keys.stream().map(ConfigKey::variable).toList();
    return environment.keySet().stream()
        .filter(name -> name.startsWith("INFERSCALE_") && !known.contains(name))
        .flatMap(name ->
            known.stream()
                .filter(variable -> ConfigKeys.edits(variable, name) == 1)
                .map(near -> name + " is ignored: no such key; did you mean " + near + "?"))
        .sorted()
        .toList();
  }
}
