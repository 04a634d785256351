package dev.inferscale.launch;

import dev.inferscale.launch.ConfigReader.Describe;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Method;
import java.lang.reflect.ParameterizedType;
import java.lang.reflect.RecordComponent;
import java.lang.reflect.Type;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.time.Duration;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/// What a configuration record says about its keys: their names in file, environment and flags,
/// their types, defaults and descriptions; and how the text of a value is read and written.
final class ConfigKeys {
  /// Stands for the value of a secret key.
  static final String HIDDEN = "(secret)";

  private static final int MAX_SHOWN = 128;
  private static final Pattern DURATION_PART = Pattern.compile("(\\d{1,9})(ns|us|ms|s|m|h|d)");
  private static final Pattern DURATION = Pattern.compile("(" + DURATION_PART.pattern() + ")+");
  private static final Pattern WHOLE = Pattern.compile("[+-]?\\d{1,20}");
  private static final Pattern DECIMAL =
      Pattern.compile("[+-]?(\\d+(\\.\\d*)?|\\.\\d+)([eE][+-]?\\d{1,3})?");

  private ConfigKeys() {}

  /// One key that holds a value, a list or a list of sections.
  ///
  /// @param path from the outermost section: `[tls, certFile]`
  /// @param preset the default as it would be written; empty when there is none
  record ConfigKey(
      List<String> path, Type type, String preset, String description, boolean secret) {
    /// As in the file, sections joined by dots: `tls.certFile`.
    String dotted() {
      return String.join(".", path);
    }

    /// As a flag, without the dashes in front: `tls.cert-file`.
    String flag() {
      return path.stream().map(name -> split(name, "-")).collect(Collectors.joining("."));
    }

    /// As an environment variable: `INFERSCALE_TLS_CERT_FILE`.
    String variable() {
      return "INFERSCALE_"
          + path.stream()
              .map(name -> split(name, "_").toUpperCase(Locale.ROOT))
              .collect(Collectors.joining("_"));
    }

    private static String split(String camelCase, String separator) {
      return camelCase.replaceAll("(?<=[a-z0-9])(?=[A-Z])", separator).toLowerCase(Locale.ROOT);
    }
  }

  /// All keys in the order of the record, those of nested records in their place.
  static List<ConfigKey> of(Class<? extends Record> type) {
    List<ConfigKey> keys = new ArrayList<>();
    collect(type, defaults(type), List.of(), keys);
    return keys;
  }

  private static void collect(
      Class<? extends Record> type,
      @Nullable Record defaults,
      List<String> outer,
      List<ConfigKey> keys) {
    for (RecordComponent component : type.getRecordComponents()) {
      List<String> path = Stream.concat(outer.stream(), Stream.of(component.getName())).toList();
      Object preset = defaults == null ? null : valueOf(component, defaults);
      Class<? extends Record> section = section(component.getGenericType());
      if (section == null) {
        Describe words = component.getAnnotation(Describe.class);
        keys.add(
            new ConfigKey(
                path,
                component.getGenericType(),
                preset == null || isSecret(component) ? "" : format(preset),
                words == null ? "" : words.value(),
                isSecret(component)));
      } else {
        collect(section, sectionDefaults(section, preset), path, keys);
      }
    }
  }

  /// The record that a component of this type nests, directly or as an Optional; else null.
  static @Nullable Class<? extends Record> section(Type type) {
    Type inner = raw(type) == Optional.class ? argument(type) : type;
    return raw(inner).isRecord() ? raw(inner).asSubclass(Record.class) : null;
  }

  /// What an omitted key of a nested record takes: from the outer record's default, or, for an
  /// Optional that is empty by default, from the nested record's own.
  static @Nullable Record sectionDefaults(
      Class<? extends Record> section, @Nullable Object preset) {
    Object present = preset instanceof Optional<?> optional ? optional.orElse(null) : preset;
    return present == null ? defaults(section) : section.cast(present);
  }

  /// What the static method `defaults()` of a record gives; null when it has none.
  static @Nullable Record defaults(Class<? extends Record> type) {
    try {
      Method method = type.getDeclaredMethod("defaults");
      method.setAccessible(true);
      return type.cast(method.invoke(null));
    } catch (NoSuchMethodException e) {
      return null;
    } catch (IllegalAccessException | InvocationTargetException e) {
      throw new IllegalStateException("defaults() of " + type.getName() + " failed", e);
    }
  }

  static @Nullable Object valueOf(RecordComponent component, Record record) {
    try {
      component.getAccessor().setAccessible(true);
      return component.getAccessor().invoke(record);
    } catch (ReflectiveOperationException e) {
      throw new IllegalStateException("cannot read " + component, e);
    }
  }

  static boolean isSecret(RecordComponent component) {
    Describe words = component.getAnnotation(Describe.class);
    return words != null && words.secret();
  }

  static Class<?> raw(Type type) {
    return switch (type) {
      case Class<?> plain -> plain;
      case ParameterizedType parameterized -> (Class<?>) parameterized.getRawType();
      default -> throw new IllegalStateException("a configuration key cannot have type " + type);
    };
  }

  /// The `X` of a `List<X>` or an `Optional<X>`.
  static Type argument(Type type) {
    return ((ParameterizedType) type).getActualTypeArguments()[0];
  }

  static boolean isList(Type type) {
    return raw(type) == List.class
        || (raw(type) == Optional.class && raw(argument(type)) == List.class);
  }

  /// What a value of this type looks like: `a whole number`.
  static String describe(Type type) {
    Class<?> raw = raw(type);
    if (raw == Optional.class) {
      return describe(argument(type)) + ", or nothing";
    } else if (raw == List.class) {
      return "a list, each " + describe(argument(type));
    } else if (raw.isRecord()) {
      return "a section with "
          + Arrays.stream(raw.getRecordComponents())
              .map(RecordComponent::getName)
              .collect(Collectors.joining(", "));
    } else if (raw.isEnum()) {
      return "one of "
          + Arrays.stream(raw.getEnumConstants())
              .map(ConfigKeys::format)
              .collect(Collectors.joining(", "));
    } else if (raw == int.class || raw == long.class) {
      return "a whole number";
    } else if (raw == double.class) {
      return "a number";
    } else if (raw == boolean.class) {
      return "true or false";
    } else if (raw == Duration.class) {
      return "a duration such as 500ms, 2s, 5m or 1h30m";
    } else if (raw == Path.class) {
      return "a path";
    } else if (raw == String.class) {
      return "a text";
    }
    throw new IllegalStateException("a configuration key cannot have type " + type);
  }

  /// The value a text stands for, or empty when it stands for none of this scalar type.
  static Optional<Object> parse(Class<?> type, String text) {
    try {
      if (type == String.class) {
        return Optional.of(text);
      } else if (type == Path.class) {
        return Optional.of(Path.of(text));
      } else if (type == Duration.class) {
        return duration(text).map(Object.class::cast);
      } else if (type == boolean.class) {
        return text.equals("true") || text.equals("false")
            ? Optional.of(text.equals("true"))
            : Optional.empty();
      } else if (type.isEnum()) {
        return Arrays.stream(type.getEnumConstants())
            .filter(constant -> format(constant).equalsIgnoreCase(text.replace('_', '-')))
            .map(Object.class::cast)
            .findFirst();
      }
      return number(type, text);
    } catch (NumberFormatException | ArithmeticException | InvalidPathException e) {
      return Optional.empty();
    }
  }

  private static Optional<Object> number(Class<?> type, String text) {
    if (type == double.class) {
      double number = DECIMAL.matcher(text).matches() ? Double.parseDouble(text) : Double.NaN;
      return Double.isFinite(number) ? Optional.of(number) : Optional.empty();
    } else if (!WHOLE.matcher(text).matches()) {
      return Optional.empty();
    }
    return type == int.class
        ? Optional.of(Integer.parseInt(text))
        : Optional.of(Long.parseLong(text));
  }

  private static Optional<Duration> duration(String text) {
    if (text.length() > 64 || !DURATION.matcher(text).matches()) {
      return Optional.empty();
    }
    Duration sum = Duration.ZERO;
    for (Matcher part = DURATION_PART.matcher(text); part.find(); ) {
      long amount = Long.parseLong(part.group(1));
      sum =
          sum.plus(
              switch (part.group(2)) {
                case "ns" -> Duration.ofNanos(amount);
                case "us" -> Duration.of(amount, ChronoUnit.MICROS);
                case "ms" -> Duration.ofMillis(amount);
                case "s" -> Duration.ofSeconds(amount);
                case "m" -> Duration.ofMinutes(amount);
                case "h" -> Duration.ofHours(amount);
                default -> Duration.ofDays(amount);
              });
    }
    return Optional.of(sum);
  }

  /// A value as it would be written in a flag: the inverse of [#parse].
  static String format(Object value) {
    return switch (value) {
      case Duration duration -> formatDuration(duration);
      case Enum<?> constant -> constant.name().toLowerCase(Locale.ROOT).replace('_', '-');
      case Optional<?> optional -> optional.map(ConfigKeys::format).orElse("");
      case List<?> list -> list.stream().map(ConfigKeys::format).collect(Collectors.joining(","));
      default -> value.toString();
    };
  }

  private static String formatDuration(Duration duration) {
    StringBuilder text = new StringBuilder();
    appendUnit(text, duration.toHours(), "h");
    appendUnit(text, duration.toMinutesPart(), "m");
    appendUnit(text, duration.toSecondsPart(), "s");
    appendUnit(text, duration.toMillisPart(), "ms");
    appendUnit(text, duration.toNanosPart() / 1000 % 1000, "us");
    appendUnit(text, duration.toNanosPart() % 1000, "ns");
    return text.isEmpty() ? "0s" : text.toString();
  }

  private static void appendUnit(StringBuilder text, long amount, String unit) {
    if (amount != 0) {
      text.append(amount).append(unit);
    }
  }

  /// A text from outside, fit for one line: cut, without control characters, in quotes when it
  /// would not read as one word.
  static String quoted(String text) {
    String line = text.replaceAll("[\\p{Cntrl}\\u2028\\u2029]", "?");
    String cut = line.length() <= MAX_SHOWN ? line : line.substring(0, MAX_SHOWN) + "…";
    return cut.isEmpty() || cut.contains(" ") ? '"' + cut + '"' : cut;
  }

  /// `did you mean X?` for the candidate with the fewest edits; `known are …` when none is near.
  static String nearest(String wrong, List<String> candidates) {
    int allowed = Math.max(2, wrong.length() / 3);
    Optional<String> best =
        wrong.length() > MAX_SHOWN
            ? Optional.empty()
            : candidates.stream()
                .filter(candidate -> edits(wrong, candidate) <= allowed)
                .min((a, b) -> Integer.compare(edits(wrong, a), edits(wrong, b)));
    return best.map(near -> "did you mean " + near + "?")
        .orElseGet(() -> "known are " + String.join(", ", candidates));
  }

  /// Insertions, removals and replacements between two words, case apart.
  static int edits(String from, String to) {
    String a = from.toLowerCase(Locale.ROOT);
    String b = to.toLowerCase(Locale.ROOT);
    int[] row = new int[b.length() + 1];
    Arrays.setAll(row, j -> j);
    for (int i = 1; i <= a.length(); i++) {
      int diagonal = row[0];
      row[0] = i;
      for (int j = 1; j <= b.length(); j++) {
        int replaced = diagonal + (a.charAt(i - 1) == b.charAt(j - 1) ? 0 : 1);
        diagonal = row[j];
        row[j] = Math.min(replaced, 1 + Math.min(row[j - 1], row[j]));
      }
    }
    return row[b.length()];
  }
}
