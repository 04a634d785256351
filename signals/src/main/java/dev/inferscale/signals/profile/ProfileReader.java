package dev.inferscale.signals.profile;

import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.dataformat.yaml.YAMLMapper;
import dev.inferscale.signals.exposition.SeriesName;
import dev.inferscale.signals.profile.Profile.BadProfile;
import dev.inferscale.signals.profile.Reading.Counter;
import dev.inferscale.signals.profile.Reading.Distribution;
import dev.inferscale.signals.profile.Reading.Gauge;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.EnumMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.function.BiFunction;
import java.util.function.Function;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/// Reads a profile's YAML, noting all of its faults.
final class ProfileReader {
  private static final int LONGEST = 256 << 10;
  private static final Set<String> KEYS =
      Set.of(
          "name",
          "front",
          "detect",
          "rewrites",
          "labels",
          "keep",
          "restart",
          "gauges",
          "counters",
          "histograms",
          "absent");
  private static final YAMLMapper YAML =
      YAMLMapper.builder().enable(JsonParser.Feature.STRICT_DUPLICATE_DETECTION).build();

  private static final Map<String, Gauge> GAUGES = gauges();
  private static final Map<String, Counter> COUNTERS = named(Counter.values());
  private static final Map<String, Distribution> HISTOGRAMS = named(Distribution.values());

  private final List<String> faults = new ArrayList<>();

  private static <E extends Enum<E>> Map<String, E> named(E[] values) {
    return Arrays.stream(values)
        .collect(
            Collectors.toMap(
                value -> value.name().toLowerCase(Locale.ROOT),
                Function.identity(),
                (a, _) -> a,
                LinkedHashMap::new));
  }

  /// A profile tells the utilisation of each GPU; their sum, their number and the mean prompt
  /// length are made of what it tells.
  private static Map<String, Gauge> gauges() {
    Map<String, Gauge> gauges = named(Gauge.values());
    gauges.remove("gpu_utilization_sum");
    gauges.remove("gpus");
    gauges.remove("lifetime_prompt_tokens_per_request");
    gauges.put("gpu_utilization", Gauge.GPU_UTILIZATION_SUM);
    return gauges;
  }

  static @Nullable Gauge gaugeNamed(String name) {
    return GAUGES.get(name);
  }

  static String gaugeNames() {
    return String.join(", ", GAUGES.keySet());
  }

  /// @throws BadProfile with all faults
  static Rules read(String yaml) {
    ProfileReader reader = new ProfileReader();
    Rules rules = reader.rules(reader.document(yaml));
    if (!reader.faults.isEmpty()) {
      throw new BadProfile(reader.faults);
    }
    return rules;
  }

  private JsonNode document(String yaml) {
    if (yaml.length() > LONGEST) {
      throw new BadProfile(
          List.of(
              "the profile has "
                  + yaml.length()
                  + " characters; at most "
                  + LONGEST
                  + " are read"));
    }
    try {
      return YAML.readTree(yaml);
    } catch (JsonProcessingException e) {
      long line = e.getLocation() == null ? 0 : e.getLocation().getLineNr();
      throw new BadProfile(List.of("line " + line + " is no YAML: " + e.getOriginalMessage()));
    }
  }

  private Rules rules(JsonNode document) {
    YamlFields fields = new YamlFields("", document, faults).allow(KEYS);
    YamlFields detect = fields.mapping("detect").allow(Set.of("prefixes", "unless"));
    YamlFields labels = fields.mapping("labels").allow(Set.of("model", "instance", "repeated"));
    TermReader terms = new TermReader(fields.mapping("rewrites").textLists(), faults);
    Rules rules =
        new Rules(
            fields.text("name"),
            fields.flag("front"),
            utf8(detect.texts("prefixes")),
            detect.texts("unless").stream().map(SeriesName::of).toList(),
            utf8(labels.texts("model")),
            utf8(labels.texts("instance")),
            utf8(labels.texts("repeated")),
            TermReader.filters(fields.mapping("keep")),
            restart(fields, terms),
            quantities(fields.mapping("gauges"), GAUGES, Gauge.class, terms::candidate),
            quantities(fields.mapping("counters"), COUNTERS, Counter.class, terms::candidate),
            quantities(fields.mapping("histograms"), HISTOGRAMS, Distribution.class, terms::shape),
            absent(fields.mapping("absent")));
    checkReferences(rules);
    return rules;
  }

  private static List<byte[]> utf8(List<String> texts) {
    return texts.stream().map(LabelFilter::utf8).toList();
  }

  private static List<SeriesName> restart(YamlFields fields, TermReader terms) {
    return fields.texts("restart").stream()
        .flatMap(name -> terms.spellings(fields.pathOf("restart"), name).stream())
        .toList();
  }

  private <E extends Enum<E>, C> Map<E, List<C>> quantities(
      YamlFields fields,
      Map<String, E> known,
      Class<E> type,
      BiFunction<String, JsonNode, @Nullable C> reader) {
    Map<E, List<C>> quantities = new EnumMap<>(type);
    fields.allow(known.keySet());
    for (String key : fields.keys()) {
      E quantity = known.get(key);
      List<C> candidates = new ArrayList<>();
      List<JsonNode> nodes = fields.list(key);
      for (int i = 0; i < nodes.size(); i++) {
        C candidate = reader.apply(fields.pathOf(key) + "[" + i + "]", nodes.get(i));
        Stream.ofNullable(candidate).forEach(candidates::add);
      }
      if (quantity != null) {
        quantities.put(quantity, List.copyOf(candidates));
      }
    }
    return quantities;
  }

  private static Map<Signal, String> absent(YamlFields fields) {
    Map<Signal, String> absent = new EnumMap<>(Signal.class);
    fields.allow(Arrays.stream(Signal.values()).map(Signal::wireName).toList());
    for (String key : fields.keys()) {
      Signal.named(key).ifPresent(signal -> absent.put(signal, fields.text(key)));
    }
    return absent;
  }

  /// A gauge may be made of another one, which must not be made of a third: so nothing goes round.
  private void checkReferences(Rules rules) {
    rules
        .gauges()
        .forEach((gauge, candidates) ->
            candidates.stream()
                .flatMap(candidate -> candidate.term().references())
                .filter(target -> gauge == target || refers(rules, target))
                .forEach(target ->
                    faults.add(
                        "gauges."
                            + keyOf(gauge)
                            + " is made of "
                            + keyOf(target)
                            + ", which is itself made of a gauge; name its series instead")));
  }

  private static boolean refers(Rules rules, Gauge gauge) {
    return rules.gauges().getOrDefault(gauge, List.of()).stream()
        .anyMatch(candidate -> candidate.term().references().findAny().isPresent());
  }

  private static String keyOf(Gauge gauge) {
    return gauge == Gauge.GPU_UTILIZATION_SUM
        ? "gpu_utilization"
        : gauge.name().toLowerCase(Locale.ROOT);
  }
}
