package dev.inferscale.launch;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.JsonToken;
import com.fasterxml.jackson.core.StreamReadConstraints;
import com.fasterxml.jackson.dataformat.yaml.YAMLFactory;
import com.fasterxml.jackson.dataformat.yaml.YAMLParser;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.yaml.snakeyaml.error.MarkedYAMLException;

/// A configuration as it was written: sections, lists and texts, each with the place it came from.
/// Scalars stay texts, so that `1.10` is never read as `1.1` where a text is wanted, and so that
/// file, environment and flags are converted by the same code.
sealed interface ConfigTree {
  /// Deeper nesting than any configuration has.
  int MAX_DEPTH = 32;

  Origin origin();

  /// Where a value was written.
  ///
  /// @param name the flag or the variable; empty for the file
  /// @param line in the file, from 1; 0 elsewhere
  record Origin(String name, int line) {
    /// The flag or variable, or for the file this name of the key.
    String nameOr(String key) {
      return name.isEmpty() ? key : name;
    }

    String suffix() {
      return line > 0 ? " (line " + line + ")" : "";
    }
  }

  record Text(String text, Origin origin) implements ConfigTree {}

  record Section(Map<String, ConfigTree> children, Origin origin) implements ConfigTree {
    static Section empty() {
      return new Section(new LinkedHashMap<>(), new Origin("", 0));
    }
  }

  record Items(List<ConfigTree> items, Origin origin) implements ConfigTree {}

  /// A key without a value.
  record Nothing(Origin origin) implements ConfigTree {}

  /// The one document of a YAML text. The result may be changed by the caller.
  ///
  /// @throws Malformed with one sentence that names line and column
  static Section parse(String yaml) throws Malformed {
    YAMLFactory factory =
        YAMLFactory.builder()
            .enable(YAMLParser.Feature.EMPTY_STRING_AS_NULL)
            .streamReadConstraints(
                StreamReadConstraints.builder().maxNestingDepth(MAX_DEPTH).build())
            .build();
    try (YAMLParser parser = factory.createParser(yaml)) {
      JsonToken first = parser.nextToken();
      ConfigTree root = first == null ? new Nothing(new Origin("", 1)) : value(parser, first);
      if (first != null && parser.nextToken() != null) {
        throw malformed(parser, "a second document; one file holds one configuration");
      }
      return switch (root) {
        case Section section -> section;
        case Nothing _ -> Section.empty();
        case Text _, Items _ -> throw malformed(parser, "must be keys with values, `key: value`");
      };
    } catch (JsonProcessingException e) {
      throw malformed(e);
    } catch (IOException e) {
      throw new UncheckedIOException("reading from a string cannot fail", e);
    }
  }

  private static ConfigTree value(YAMLParser parser, JsonToken token)
      throws IOException, Malformed {
    if (parser.isCurrentAlias() || parser.getObjectId() != null) {
      throw malformed(parser, "anchors and aliases are not read; write the value out");
    }
    Origin origin = new Origin("", parser.currentTokenLocation().getLineNr());
    return switch (token) {
      case START_OBJECT -> section(parser, origin);
      case START_ARRAY -> items(parser, origin);
      case VALUE_NULL -> new Nothing(origin);
      default -> new Text(parser.getText(), origin);
    };
  }

  private static Section section(YAMLParser parser, Origin origin) throws IOException, Malformed {
    Map<String, ConfigTree> children = new LinkedHashMap<>();
    while (parser.nextToken() == JsonToken.FIELD_NAME) {
      String key = parser.currentName();
      ConfigTree child = value(parser, parser.nextToken());
      if (children.putIfAbsent(key, child) != null) {
        throw malformed(parser, "key " + ConfigKeys.quoted(key) + " stands twice");
      }
    }
    return new Section(children, origin);
  }

  private static Items items(YAMLParser parser, Origin origin) throws IOException, Malformed {
    List<ConfigTree> items = new ArrayList<>();
    for (JsonToken t = parser.nextToken(); t != JsonToken.END_ARRAY; t = parser.nextToken()) {
      items.add(value(parser, t));
    }
    return new Items(items, origin);
  }

  private static Malformed malformed(YAMLParser parser, String problem) {
    var at = parser.currentTokenLocation();
    return new Malformed(at.getLineNr(), at.getColumnNr(), problem);
  }

  private static Malformed malformed(JsonProcessingException e) {
    // The problem alone: the whole message is several lines with a picture of the text.
    if (e.getCause() instanceof MarkedYAMLException marked && marked.getProblemMark() != null) {
      var mark = marked.getProblemMark();
      return new Malformed(mark.getLine() + 1, mark.getColumn() + 1, marked.getProblem());
    }
    var at = e.getLocation();
    return at == null
        ? new Malformed(1, 1, e.getOriginalMessage())
        : new Malformed(at.getLineNr(), at.getColumnNr(), e.getOriginalMessage());
  }

  /// A text that is not one YAML document of keys and values.
  final class Malformed extends Exception {
    private static final long serialVersionUID = 1;

    private Malformed(int line, int column, String problem) {
      super(
          "not readable as YAML at line %d, column %d: %s"
              .formatted(line, column, problem.lines().findFirst().orElse("")));
    }
  }
}
