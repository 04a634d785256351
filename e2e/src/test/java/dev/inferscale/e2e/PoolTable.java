package dev.inferscale.e2e;

import static java.util.stream.Collectors.joining;
import static java.util.stream.Collectors.toCollection;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.inferscale.signals.pool.ModelPool;
import dev.inferscale.signals.pool.PoolFault;
import dev.inferscale.signals.pool.PoolsFile;
import dev.inferscale.signals.profile.Profiles;
import java.time.Duration;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.Function;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/// The reference of the ModelPool document. What a key takes is what the reader says when it is
/// given something else, and the default is what it makes of a document without the key.
final class PoolTable {
  private static final ObjectMapper JSON = new ObjectMapper();
  private static final Pattern WANTED =
      Pattern.compile(".*?(?:but must be|is missing; list) ([^;]*).*");
  private static final Pattern KNOWN = Pattern.compile("unknown key; known here: (.*)");

  /// The shortest document: one pool, one endpoint.
  static final String DOCUMENT =
      """
      {"apiVersion": "inferscale.dev/v1alpha1", "kind": "ModelPool",
       "metadata": {"name": "chat"},
       "spec": {"model": "chat", "source": {"endpoints": ["http://127.0.0.1:8000/metrics"]}}}
      """;

  /// What Kubernetes puts beside a resource's name; read over.
  private static final List<String> READ_OVER =
      List.of(
          "labels",
          "annotations",
          "uid",
          "resourceVersion",
          "generation",
          "creationTimestamp",
          "managedFields");

  private static final List<Key> KEYS =
      List.of(
          key("apiVersion", "version of this format"),
          key("kind", "what the document is"),
          key("metadata.name", "name of the pool; `pool=` in selectors"),
          key(
              "metadata.namespace",
              pool -> pool.id().namespace(),
              "an HPA reads only the pools of its own namespace"),
          key("spec.model", "caption; where a page shows several models, only this one counts"),
          key(
              "spec.role",
              ModelPool::role,
              "a split deployment is two pools; `prefill` and `decode` become a label"),
          key("spec.source.endpoints", "metrics pages, http or https; one target each"),
          key("spec.source.pods", ""),
          key("spec.source.inferencePool", ""),
          key("spec.source.prometheus", ""),
          key("spec.front", ""),
          key(
              "spec.engine",
              ModelPool::engine,
              "profile that reads the pages; `auto` looks at them"),
          key("spec.interval", ModelPool::interval, "between two fetches of one target"),
          key(
              "spec.windows.rates",
              pool -> pool.windows().rates(),
              "time over which rates and ratios are computed; two intervals at least, three by"
                  + " default where that is more"),
          key(
              "spec.windows.latencies",
              pool -> pool.windows().latencies(),
              "time over which quantiles are computed; the same holds"),
          key(
              "spec.scaleTargetRef.apiVersion",
              "may be left out as a whole; kept and checked, nothing reads the scale yet"),
          key("spec.scaleTargetRef.kind", "the same"),
          key("spec.scaleTargetRef.name", "the same"),
          key(
              "spec.traffic",
              ModelPool::traffic,
              "kept and checked; for the replica policy, which is not part of this version"),
          key(
              "spec.objectives.timeToFirstToken",
              pool -> pool.objectives().timeToFirstToken(),
              "the same"),
          key(
              "spec.objectives.timePerOutputToken",
              pool -> pool.objectives().timePerOutputToken(),
              "the same"),
          key("spec.objectives.attainment", pool -> pool.objectives().attainment(), "the same"),
          key("spec.capacity.coldStart", pool -> pool.capacity().coldStart(), "the same"),
          key("spec.capacity.minReplicas", pool -> pool.capacity().minReplicas(), "the same"),
          key("spec.capacity.maxReplicas", pool -> pool.capacity().maxReplicas(), "the same"),
          key(
              "spec.capacity.usdPerReplicaHour",
              pool -> pool.capacity().usdPerReplicaHour(),
              "price; without it the cost signals answer `config`"),
          key(
              "spec.missing.staleAfter",
              pool -> pool.missing().staleAfter(),
              "age at which a reading stops counting; two intervals at least"),
          key(
              "spec.missing.answer",
              pool -> pool.missing().answer(),
              "`error` says that there is no value; `hold` serves the last good one, marked"),
          key(
              "spec.missing.holdFor",
              pool -> pool.missing().holdFor(),
              "how long a held or partial value may be served"),
          key(
              "spec.missing.minCoverage",
              pool -> pool.missing().minCoverage(),
              "share of the targets that must answer for a value without reserve"));

  /// @param preset the default, null where there is none
  private record Key(
      List<String> path, Function<ModelPool, @Nullable Object> preset, String effect) {
    String dotted() {
      return String.join(".", path);
    }
  }

  private PoolTable() {}

  private static Key key(String dotted, String effect) {
    return key(dotted, _ -> null, effect);
  }

  private static Key key(
      String dotted, Function<ModelPool, @Nullable Object> preset, String effect) {
    return new Key(List.of(dotted.split("\\.", -1)), preset, effect);
  }

  static String table() {
    ModelPool plain = PoolsFile.parse(DOCUMENT).pools().getFirst();
    String rows =
        KEYS.stream()
            .map(key ->
                "| `%s` | %s | %s | %s |\n"
                    .formatted(
                        key.dotted(),
                        wanted(key),
                        isRequired(key) ? "required" : word(key.preset().apply(plain)),
                        key.effect()))
            .collect(joining());
    return "| key | value | default | what it does |\n|---|---|---|---|\n"
        + rows
        + "| "
        + READ_OVER.stream().map(name -> "`metadata." + name + "`").collect(joining(", "))
        + " | anything | | read over |\n";
  }

  /// Keys that the reader knows and the table does not, or the other way round.
  static Set<String> differences() {
    Set<String> listed = new TreeSet<>();
    READ_OVER.forEach(name -> listed.add("metadata." + name));
    Set<List<String>> sections = new HashSet<>();
    for (Key key : KEYS) {
      for (int depth = 0; depth < key.path().size(); depth++) {
        sections.add(key.path().subList(0, depth));
        listed.add(String.join(".", key.path().subList(0, depth + 1)));
      }
    }
    Set<String> known =
        sections.stream().flatMap(PoolTable::known).collect(toCollection(TreeSet::new));
    Set<String> both = new TreeSet<>(listed);
    both.retainAll(known);
    listed.addAll(known);
    listed.removeAll(both);
    return listed;
  }

  /// What the reader says that it knows in a section, when it is given a key that it cannot know.
  private static Stream<String> known(List<String> section) {
    List<String> path = Stream.concat(section.stream(), Stream.of("qqqqqqqqqqqqqqqq")).toList();
    String prefix = section.isEmpty() ? "" : String.join(".", section) + ".";
    return faults(path, "1").stream()
        .map(PoolFault::problem)
        .map(KNOWN::matcher)
        .filter(Matcher::matches)
        .flatMap(known -> Arrays.stream(known.group(1).split(", ", -1)))
        .map(name -> prefix + name);
  }

  private static String wanted(Key key) {
    return Stream.of("\"?\"", "[]", "{}")
        .flatMap(wrong -> faults(key.path(), wrong).stream())
        .filter(fault -> fault.path().equals(key.dotted()))
        .map(fault -> says(fault.problem()))
        .findFirst()
        .orElseThrow(() -> new AssertionError("anything goes for " + key.dotted()));
  }

  private static boolean isRequired(Key key) {
    return faults(key.path(), "null").stream()
        .filter(fault -> fault.path().equals(key.dotted()))
        .anyMatch(fault -> fault.problem().startsWith("is missing"));
  }

  private static String says(String problem) {
    Matcher wanted = WANTED.matcher(problem);
    return wanted.matches()
        ? wanted.group(1).replaceFirst(" such as .*, from", " from")
        : "refused: " + problem.replaceFirst("^is ", "");
  }

  private static List<PoolFault> faults(List<String> path, String json) {
    try {
      ObjectNode document = (ObjectNode) JSON.readTree(DOCUMENT);
      ObjectNode section = document;
      for (String name : path.subList(0, path.size() - 1)) {
        section = section.withObjectProperty(name);
      }
      section.set(path.getLast(), JSON.readTree(json));
      return PoolsFile.parse(document.toString(), Profiles.bundled().names()).faults();
    } catch (JsonProcessingException e) {
      throw new AssertionError(e);
    }
  }

  private static String word(@Nullable Object preset) {
    String text =
        switch (preset) {
          case null -> "";
          case Duration duration -> duration.toString().substring(2).toLowerCase(Locale.ROOT);
          case Enum<?> word -> word.name().toLowerCase(Locale.ROOT);
          default -> preset.toString();
        };
    return text.isEmpty() ? "" : "`" + text + "`";
  }
}
