package dev.inferscale.signals.profile;

import com.fasterxml.jackson.databind.JsonNode;
import dev.inferscale.signals.exposition.SeriesName;
import dev.inferscale.signals.profile.Reading.Gauge;
import dev.inferscale.signals.profile.Reading.Grade;
import dev.inferscale.signals.profile.Rules.Candidate;
import dev.inferscale.signals.profile.Rules.Shape;
import dev.inferscale.signals.profile.Term.Operator;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/// Reads the candidates of a profile's quantities.
final class TermReader {
  private static final Pattern NAME = Pattern.compile("[a-zA-Z_:][a-zA-Z0-9_:]*");
  private static final Set<String> READ_KEYS =
      Set.of("series", "label", "where", "without", "scale", "optional");
  private static final Set<String> CANDIDATE_KEYS =
      Set.of(
          "series",
          "label",
          "where",
          "without",
          "scale",
          "optional",
          "gauge",
          "sum",
          "product",
          "ratio",
          "difference",
          "grade");
  private static final Set<String> SHAPE_KEYS =
      Set.of("series", "where", "without", "sum", "count", "scale", "grade");

  private final Map<String, List<String>> rewrites;
  private final List<String> faults;

  TermReader(Map<String, List<String>> rewrites, List<String> faults) {
    this.rewrites = rewrites;
    this.faults = faults;
  }

  /// A gauge's or a counter's candidate: a series name alone, or a mapping.
  @Nullable Candidate candidate(String path, JsonNode node) {
    Term term = term(path, node);
    Grade grade = grade(path, node, term == null ? Grade.DIRECT : gradeOf(term));
    return term == null ? null : new Candidate(term, grade);
  }

  private static Grade gradeOf(Term term) {
    boolean plain =
        switch (term) {
          case Term.Read _ -> true;
          case Term.Reference _ -> false;
          case Term.Combination combination ->
              combination.operator() == Operator.SUM
                  || combination.terms().stream().allMatch(TermReader::isConstant);
        };
    return plain ? Grade.DIRECT : Grade.DERIVED;
  }

  /// Numbers in labels are configuration: what is made of them alone is as good as exported.
  private static boolean isConstant(Term term) {
    return term instanceof Term.Read read && read.label() != null;
  }

  private Grade grade(String path, JsonNode node, Grade otherwise) {
    JsonNode grade = node.path("grade");
    for (Grade known : List.of(Grade.DIRECT, Grade.DERIVED, Grade.ESTIMATED)) {
      if (known.name().toLowerCase(Locale.ROOT).equals(grade.asText())) {
        return known;
      }
    }
    if (!grade.isMissingNode()) {
      faults.add(
          path
              + ".grade is "
              + YamlFields.shown(grade)
              + "; it must be direct, derived or estimated");
    }
    return otherwise;
  }

  private @Nullable Term term(String path, JsonNode node) {
    if (node.isTextual()) {
      return read(path, node, false);
    }
    YamlFields fields = new YamlFields(path, node, faults).allow(CANDIDATE_KEYS);
    if (fields.has("series")) {
      return read(path, node, false);
    }
    if (fields.has("gauge")) {
      return reference(fields);
    }
    for (Operator operator : Operator.values()) {
      String key = operator.name().toLowerCase(Locale.ROOT);
      if (fields.has(key)) {
        return combination(operator, fields, key);
      }
    }
    faults.add(path + " needs one of the keys series, gauge, sum, product, ratio, difference");
    return null;
  }

  private @Nullable Term reference(YamlFields fields) {
    String name = fields.text("gauge");
    Gauge gauge = ProfileReader.gaugeNamed(name);
    if (gauge == null) {
      fields.fault(
          fields.pathOf("gauge"),
          "is \"" + name + "\"; it must be one of " + ProfileReader.gaugeNames());
    }
    return gauge == null ? null : new Term.Reference(gauge);
  }

  private @Nullable Term combination(Operator operator, YamlFields fields, String key) {
    List<Term> terms = new ArrayList<>();
    List<JsonNode> nodes = fields.list(key);
    for (int i = 0; i < nodes.size(); i++) {
      Term term = term(fields.pathOf(key) + "[" + i + "]", nodes.get(i));
      if (term != null) {
        terms.add(term);
      }
    }
    boolean two = operator == Operator.RATIO ? nodes.size() == 2 : nodes.size() >= 2;
    if (!two) {
      fields.fault(fields.pathOf(key), "has " + nodes.size() + " terms; it needs two");
    }
    return two && terms.size() == nodes.size()
        ? new Term.Combination(operator, List.copyOf(terms))
        : null;
  }

  private Term.@Nullable Read read(String path, JsonNode node, boolean allParts) {
    if (node.isTextual()) {
      return read(
          spellings(path, node.textValue()), List.of(), List.of(), null, 1, allParts, false);
    }
    YamlFields fields = new YamlFields(path, node, faults);
    byte[] label = fields.has("label") ? LabelFilter.utf8(fields.text("label")) : null;
    return read(
        spellings(fields.pathOf("series"), fields.text("series")),
        filters(fields.mapping("where")),
        filters(fields.mapping("without")),
        label,
        allParts ? 1 : fields.positive("scale", 1),
        allParts,
        fields.flag("optional"));
  }

  private static Term.@Nullable Read read(
      List<SeriesName> spellings,
      List<LabelFilter> where,
      List<LabelFilter> without,
      byte @Nullable [] label,
      double scale,
      boolean allParts,
      boolean optional) {
    return spellings.isEmpty()
        ? null
        : new Term.Read(spellings, where, without, label, scale, allParts, optional);
  }

  /// The name itself, and what the rewrites make of it; none where it is no metric name.
  List<SeriesName> spellings(String path, String name) {
    if (!NAME.matcher(name).matches()) {
      faults.add(path + " is \"" + name + "\"; it must be a metric name");
      return List.of();
    }
    List<SeriesName> spellings = new ArrayList<>();
    spellings.add(SeriesName.of(name));
    rewrites.forEach((prefix, others) -> {
      if (name.startsWith(prefix)) {
        String rest = name.substring(prefix.length());
        others.forEach(other -> spellings.add(SeriesName.of(other + rest)));
      }
    });
    return List.copyOf(spellings);
  }

  static List<LabelFilter> filters(YamlFields labels) {
    return labels.textLists().entrySet().stream()
        .map(entry -> LabelFilter.of(entry.getKey(), entry.getValue()))
        .toList();
  }

  /// A histogram's candidate: a family with buckets, or a sum and a count.
  @Nullable Shape shape(String path, JsonNode node) {
    if (node.isTextual() || node.has("series")) {
      Term.Read whole = read(path, node, true);
      double scale = 1;
      if (node.isObject()) {
        scale = new YamlFields(path, node, faults).allow(SHAPE_KEYS).positive("scale", 1);
      }
      Grade grade = grade(path, node, Grade.DIRECT);
      return whole == null ? null : new Shape(whole, null, null, scale, grade);
    }
    YamlFields fields = new YamlFields(path, node, faults).allow(SHAPE_KEYS);
    Term.Read sum = part(fields, "sum");
    Term.Read count = part(fields, "count");
    double scale = fields.positive("scale", 1);
    Grade grade = grade(path, node, Grade.DERIVED);
    return sum == null || count == null ? null : new Shape(null, sum, count, scale, grade);
  }

  private Term.@Nullable Read part(YamlFields fields, String key) {
    JsonNode node = fields.get(key);
    if (node.isMissingNode()) {
      fields.fault(fields.path(), "needs the key series, or the keys sum and count");
      return null;
    }
    if (node.isObject()) {
      fields.mapping(key).allow(READ_KEYS);
    }
    return read(fields.pathOf(key), node, false);
  }
}
