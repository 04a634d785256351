package dev.inferscale.signals.pool;

import com.fasterxml.jackson.databind.JsonNode;
import dev.inferscale.signals.document.DocumentCheck;
import dev.inferscale.signals.document.Kind;
import dev.inferscale.signals.document.NearestKey;
import dev.inferscale.signals.document.Quoted;
import dev.inferscale.signals.document.Section;
import dev.inferscale.signals.pool.ModelPool.Capacity;
import dev.inferscale.signals.pool.ModelPool.Objectives;
import dev.inferscale.signals.pool.ModelPool.Role;
import dev.inferscale.signals.pool.ModelPool.ScaleTarget;
import dev.inferscale.signals.pool.ModelPool.Traffic;
import dev.inferscale.signals.pool.ModelPool.WhenMissing;
import dev.inferscale.signals.pool.ModelPool.WindowLengths;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/// Makes a pool of one document, or says everything that is wrong with it. What its keys may hold
/// is said in [PoolKeys].
final class ModelPoolReader {
  private static final String AUTO = "auto";

  private ModelPoolReader() {}

  /// @param pool null where the document has faults
  record Result(@Nullable ModelPool pool, List<PoolFault> faults) {}

  static Result read(JsonNode tree, int document, Collection<String> engines) {
    if (tree.isObject() && isAnotherKind(tree.path("kind"))) {
      // Of what is no pool at all nothing more is said.
      String problem = "is " + Quoted.value(tree.path("kind")) + " but must be " + PoolKeys.KIND;
      return new Result(null, List.of(new PoolFault(document, "", "kind", problem)));
    }
    Section root = new Section(tree, PoolKeys.DOCUMENT);
    String pool = identity(root.section("metadata"));
    Duration interval = interval(root.section("spec"));
    List<PoolFault> faults = new ArrayList<>();
    DocumentCheck check =
        new DocumentCheck(
            interval, (path, problem) -> faults.add(new PoolFault(document, pool, path, problem)));
    check.mapping(tree, "", PoolKeys.DOCUMENT);
    engine(root.section("spec").text("engine"), engines)
        .ifPresent(problem -> faults.add(new PoolFault(document, pool, "spec.engine", problem)));
    if (faults.isEmpty()) {
      SourceReader.problems(root.section("spec"))
          .forEach((path, problem) ->
              faults.add(new PoolFault(document, pool, "spec." + path, problem)));
    }
    return faults.isEmpty() && interval != null
        ? new Result(pool(root, interval), List.of())
        : new Result(null, faults);
  }

  private static boolean isAnotherKind(JsonNode kind) {
    return !kind.isMissingNode() && !kind.isNull() && !kind.asText().equals(PoolKeys.KIND);
  }

  /// Empty where the name cannot be one.
  private static String identity(Section metadata) {
    String name = metadata.text("name");
    return PoolKeys.DNS_LABEL.holds(name) ? metadata.text("namespace") + "/" + name : "";
  }

  /// Null where it is at fault.
  private static @Nullable Duration interval(Section spec) {
    Duration interval = spec.duration("interval");
    boolean written = spec.has("interval");
    Kind.Span range = (Kind.Span) PoolKeys.SPEC.key("interval").kind();
    return interval == null || (written && !range.holds(interval)) ? null : interval;
  }

  private static Optional<String> engine(String engine, Collection<String> engines) {
    if (engine.equals(AUTO) || engines.isEmpty() || engines.contains(engine)) {
      return Optional.empty();
    }
    String hint =
        NearestKey.of(engine, engines).map(near -> "; did you mean " + near + "?").orElse("");
    String wanted = "auto or one of " + String.join(", ", engines);
    return Optional.of("is " + Quoted.text(engine) + " but must be " + wanted + hint);
  }

  private static ModelPool pool(Section root, Duration interval) {
    Section metadata = root.section("metadata");
    Section spec = root.section("spec");
    return new ModelPool(
        new PoolId(metadata.text("namespace"), metadata.text("name")),
        spec.text("model"),
        spec.word("role", Role.class),
        SourceReader.read(spec.section("source")),
        spec.has("front") ? SourceReader.read(spec.section("front")) : null,
        spec.text("engine"),
        interval,
        windows(spec.section("windows"), interval),
        spec.has("scaleTargetRef") ? scaleTarget(spec.section("scaleTargetRef")) : null,
        spec.word("traffic", Traffic.class),
        objectives(spec.section("objectives")),
        capacity(spec.section("capacity")),
        missing(spec.section("missing"), interval));
  }

  private static WindowLengths windows(Section windows, Duration interval) {
    return new WindowLengths(
        overIntervals(windows, "rates", interval), overIntervals(windows, "latencies", interval));
  }

  private static ScaleTarget scaleTarget(Section target) {
    return new ScaleTarget(target.text("apiVersion"), target.text("kind"), target.text("name"));
  }

  private static Objectives objectives(Section objectives) {
    return new Objectives(
        objectives.duration("timeToFirstToken"),
        objectives.duration("timePerOutputToken"),
        present(objectives.number("attainment")));
  }

  private static Capacity capacity(Section capacity) {
    return new Capacity(
        capacity.duration("coldStart"),
        present(capacity.whole("minReplicas")),
        capacity.whole("maxReplicas"),
        capacity.number("usdPerReplicaHour"));
  }

  private static WhenMissing missing(Section missing, Duration interval) {
    return new WhenMissing(
        overIntervals(missing, "staleAfter", interval),
        missing.word("answer", WhenMissing.Rule.class),
        present(missing.duration("holdFor")),
        present(missing.number("minCoverage")));
  }

  /// The value of a key of [Kind.Intervals]; its preset gives way to three intervals.
  private static Duration overIntervals(Section section, String key, Duration interval) {
    Duration duration = present(section.duration(key));
    Duration usual = interval.multipliedBy(3);
    return section.has(key) || duration.compareTo(usual) >= 0 ? duration : usual;
  }

  /// For keys that have a default.
  private static <T> T present(@Nullable T value) {
    return Objects.requireNonNull(value, "a key with a default has no value");
  }
}
