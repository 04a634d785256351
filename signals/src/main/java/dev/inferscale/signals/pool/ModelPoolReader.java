package dev.inferscale.signals.pool;

import com.fasterxml.jackson.databind.JsonNode;
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
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/// Reads one document into a pool, or says everything that is wrong with it.
final class ModelPoolReader {
  private static final String AUTO = "auto";
  private static final String API_VERSION = "inferscale.dev/v1alpha1";
  private static final String KIND = "ModelPool";
  private static final int MAX_MODEL_LENGTH = 256;
  private static final Pattern DNS_LABEL = Pattern.compile("[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?");
  private static final Duration LONGEST_WINDOW = Duration.ofMinutes(15);
  private static final Duration HOUR = Duration.ofHours(1);

  private final List<PoolFault> faults = new ArrayList<>();
  private final int document;
  private final Collection<String> engines;
  private String pool = "";

  private ModelPoolReader(int document, Collection<String> engines) {
    this.document = document;
    this.engines = engines;
  }

  /// @param pool null where the document has faults
  record Result(@Nullable ModelPool pool, List<PoolFault> faults) {}

  static Result read(JsonNode tree, int document, Collection<String> engines) {
    ModelPoolReader reader = new ModelPoolReader(document, engines);
    Section root = new Section(tree, "", reader::fault);
    if (reader.faults.isEmpty()) {
      checkKind(root);
    }
    // Of what is no pool at all nothing more is said.
    ModelPool pool = reader.faults.isEmpty() ? reader.pool(root) : null;
    return new Result(reader.faults.isEmpty() ? pool : null, reader.faults);
  }

  private static void checkKind(Section root) {
    String kind = root.text("kind", KIND);
    if (!kind.equals(KIND)) {
      root.fault("kind", "is " + Section.quote(kind) + " but must be " + KIND);
    }
  }

  private void fault(String path, String problem) {
    faults.add(new PoolFault(document, pool, path, problem));
  }

  private ModelPool pool(Section root) {
    PoolId id = identity(root.section("metadata"));
    apiVersion(root);
    root.required("kind", "write " + KIND);
    ModelPool read = spec(id, root.section("spec"));
    root.end();
    return read;
  }

  private static void apiVersion(Section root) {
    String found = root.required("apiVersion", "write " + API_VERSION);
    if (!found.isEmpty() && !found.equals(API_VERSION)) {
      root.fault("apiVersion", "is " + Section.quote(found) + " but must be " + API_VERSION);
    }
  }

  private PoolId identity(Section metadata) {
    String name = metadata.required("name", "give the pool a name");
    String namespace = metadata.text("namespace", "default");
    pool = DNS_LABEL.matcher(name).matches() ? namespace + "/" + name : "";
    label(metadata, "name", name);
    label(metadata, "namespace", namespace);
    // A custom resource carries these too; they say nothing about measuring.
    for (String ignored :
        List.of("labels", "annotations", "uid", "resourceVersion", "generation")) {
      metadata.has(ignored);
    }
    metadata.has("creationTimestamp");
    metadata.has("managedFields");
    metadata.end();
    return new PoolId(namespace, name);
  }

  private static void label(Section metadata, String key, String value) {
    if (!value.isEmpty() && !DNS_LABEL.matcher(value).matches()) {
      metadata.fault(
          key,
          "is "
              + Section.quote(value)
              + " but must be at most 63 of a-z, 0-9 and '-', beginning and ending with a letter or"
              + " digit");
    }
  }

  private ModelPool spec(PoolId id, Section spec) {
    Duration interval = interval(spec);
    ModelPool read =
        new ModelPool(
            id,
            model(spec),
            spec.word("role", Role.class, Role.BOTH),
            SourceReader.read(spec.section("source")),
            engine(spec),
            interval,
            windows(spec.section("windows"), interval),
            spec.has("scaleTargetRef") ? scaleTarget(spec.section("scaleTargetRef")) : null,
            spec.word("traffic", Traffic.class, Traffic.STEADY),
            objectives(spec.section("objectives")),
            capacity(spec.section("capacity")),
            missing(spec.section("missing"), interval));
    if (spec.has("front")) {
      spec.fault("front", "is not served by this version, which reads source only");
    }
    spec.end();
    return read;
  }

  private static Duration interval(Section spec) {
    return required(
        spec.duration(
            "interval", Duration.ofSeconds(2), Duration.ofSeconds(1), Duration.ofSeconds(60)));
  }

  private static String model(Section spec) {
    String model = spec.required("model", "name the model that the pool serves");
    if (model.length() > MAX_MODEL_LENGTH) {
      spec.fault("model", "is longer than " + MAX_MODEL_LENGTH + " characters");
    }
    return model;
  }

  private String engine(Section spec) {
    String engine = spec.text("engine", AUTO);
    if (!engine.equals(AUTO) && !engines.isEmpty() && !engines.contains(engine)) {
      String hint =
          NearestKey.of(engine, engines).map(near -> "; did you mean " + near + "?").orElse("");
      spec.fault(
          "engine",
          "is "
              + Section.quote(engine)
              + " but must be auto or one of "
              + String.join(", ", engines)
              + hint);
    }
    return engine;
  }

  /// A window must hold two readings before it says anything.
  private static WindowLengths windows(Section windows, Duration interval) {
    Duration least = interval.multipliedBy(2);
    Duration usual = interval.multipliedBy(3);
    Duration rates = longer(Duration.ofSeconds(15), usual);
    Duration latencies = longer(Duration.ofSeconds(60), usual);
    WindowLengths read =
        new WindowLengths(
            required(windows.duration("rates", rates, least, LONGEST_WINDOW)),
            required(windows.duration("latencies", latencies, least, LONGEST_WINDOW)));
    windows.end();
    return read;
  }

  private static ScaleTarget scaleTarget(Section target) {
    ScaleTarget read =
        new ScaleTarget(
            target.required("apiVersion", "write apps/v1 for a Deployment"),
            target.required("kind", "write Deployment, or another kind with a scale"),
            target.required("name", "name the object that is scaled"));
    target.end();
    return read;
  }

  private static Objectives objectives(Section objectives) {
    Duration least = Duration.ofMillis(1);
    Duration timeToFirstToken = objectives.duration("timeToFirstToken", null, least, HOUR);
    Duration timePerOutputToken = objectives.duration("timePerOutputToken", null, least, HOUR);
    Double attainment = objectives.number("attainment", 0.5, 0.99999);
    objectives.end();
    return new Objectives(
        timeToFirstToken, timePerOutputToken, attainment == null ? 0.99 : attainment);
  }

  private static Capacity capacity(Section capacity) {
    Duration coldStart = capacity.duration("coldStart", null, Duration.ofSeconds(1), HOUR);
    Integer least = capacity.whole("minReplicas", 0, 100_000);
    Integer most = capacity.whole("maxReplicas", 1, 100_000);
    int minReplicas = least == null ? 1 : least;
    if (most != null && minReplicas > most) {
      capacity.fault(
          "minReplicas", "is " + minReplicas + " but must be at most maxReplicas, " + most);
    }
    Double price = capacity.number("usdPerReplicaHour", 0, 1_000_000);
    capacity.end();
    return new Capacity(coldStart, minReplicas, most, price);
  }

  /// Readings that arrive every interval must not be stale before the next one is due.
  private static WhenMissing missing(Section missing, Duration interval) {
    Duration least = interval.multipliedBy(2);
    Duration staleAfter =
        missing.duration(
            "staleAfter",
            longer(Duration.ofSeconds(10), interval.multipliedBy(3)),
            least,
            LONGEST_WINDOW);
    WhenMissing.Rule answer =
        missing.word("answer", WhenMissing.Rule.class, WhenMissing.Rule.ERROR);
    Duration holdFor = missing.duration("holdFor", Duration.ofMinutes(5), Duration.ZERO, HOUR);
    Double minCoverage = missing.number("minCoverage", 0.5, 1);
    missing.end();
    return new WhenMissing(
        required(staleAfter), answer, required(holdFor), minCoverage == null ? 0.9 : minCoverage);
  }

  private static Duration longer(Duration a, Duration b) {
    return a.compareTo(b) >= 0 ? a : b;
  }

  /// For durations that have a default.
  private static Duration required(@Nullable Duration duration) {
    if (duration == null) {
      throw new IllegalStateException("a key with a default has no value");
    }
    return duration;
  }
}
