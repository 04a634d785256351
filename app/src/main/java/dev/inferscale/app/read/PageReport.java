package dev.inferscale.app.read;

import dev.inferscale.signals.EnginePages;
import dev.inferscale.signals.exposition.Defect;
import dev.inferscale.signals.exposition.ExpositionParser;
import dev.inferscale.signals.exposition.Limits;
import dev.inferscale.signals.exposition.Refused;
import dev.inferscale.signals.exposition.Samples;
import dev.inferscale.signals.pool.ModelPool;
import dev.inferscale.signals.pool.PoolId;
import dev.inferscale.signals.pool.PoolTargets;
import dev.inferscale.signals.pool.Target;
import dev.inferscale.signals.profile.Profile;
import dev.inferscale.signals.profile.Profiles;
import dev.inferscale.signals.profile.Reading;
import dev.inferscale.signals.profile.Reading.Counter;
import dev.inferscale.signals.profile.Signal;
import dev.inferscale.signals.snapshot.Answer;
import dev.inferscale.signals.snapshot.Pool;
import dev.inferscale.signals.snapshot.Snapshot;
import dev.inferscale.signals.snapshot.Windows;
import dev.inferscale.signals.window.Outcome;
import java.net.URI;
import java.time.Duration;
import java.time.Instant;
import java.util.EnumMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.OptionalDouble;
import java.util.SequencedMap;
import java.util.SortedMap;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/// What we make of one metrics page, or of two pages of the same target: the very answers that a
/// pool of this one target would give. Pure.
///
/// @param model the model that the engine shows, null where it shows none
/// @param quantiles of the signals that have them, where two pages give them
/// @param counters the totals of the later page, by name
/// @param defects of the text, at most [Limits#defects] of them
/// @param defectCount all of them
record PageReport(
    String profile,
    @Nullable String model,
    Map<Signal, Answer> signals,
    Map<Signal, SortedMap<Double, Double>> quantiles,
    SequencedMap<String, Double> counters,
    List<Defect> defects,
    int defectCount) {
  static final List<Double> QUANTILES = List.of(0.5, 0.9, 0.95, 0.99);

  private static final PoolId ID = new PoolId("default", "page");
  private static final Instant FIRST = Instant.EPOCH;

  /// A report, or the sentence that says why there is none.
  sealed interface Result {
    record Report(PageReport report) implements Result {}

    /// A page cannot be used.
    ///
    /// @param later whether it is the later one
    record Refusal(boolean later, String why) implements Result {}
  }

  /// Reads the pages.
  ///
  /// @param later the same target `between` later, null where there is only one page
  /// @param engine a profile's name, or `auto`
  static Result of(
      byte[] page, byte @Nullable [] later, Duration between, Profiles profiles, String engine) {
    EnginePages engines = new EnginePages(profiles, Limits.DEFAULTS);
    PoolTargets pool = pool(chosen(page, profiles, engine), between);
    Windows windows = new Windows();
    Instant now = FIRST;
    Outcome.Asked outcome = engines.read(pool.pool(), pool.targets().getFirst(), page, "", now);
    Snapshot snapshot = windows.fold(List.of(outcome), List.of(pool), now);
    if (later != null && outcome instanceof Outcome.Read) {
      now = FIRST.plus(between);
      outcome = engines.read(pool.pool(), pool.targets().getFirst(), later, "", now);
      snapshot = windows.fold(List.of(outcome), List.of(pool), now);
    }
    Pool answering = Objects.requireNonNull(snapshot.pools().get(ID));
    Instant asked = now;
    return switch (outcome) {
      case Outcome.Failed failed -> new Result.Refusal(now.isAfter(FIRST), failed.detail());
      case Outcome.Read(Reading reading, int defectCount) ->
          new Result.Report(
              new PageReport(
                  reading.profile(),
                  reading.model(),
                  signals(answering, asked),
                  quantiles(answering, asked),
                  counters(reading),
                  defects(later == null ? page : later),
                  defectCount));
    };
  }

  /// Of a page in front of a pool its profile by name: where pods are read, `auto` passes it over.
  private static String chosen(byte[] page, Profiles profiles, String engine) {
    return engine.equals(Profiles.AUTO)
            && ExpositionParser.parse(page, Limits.DEFAULTS) instanceof Samples samples
            && profiles.choose(samples, engine).isEmpty()
        ? profiles.chooseFront(samples).map(Profile::name).orElse(engine)
        : engine;
  }

  /// A pool of the one target whose windows are as long as the time between the two pages.
  private static PoolTargets pool(String engine, Duration between) {
    URI page = URI.create("file:page");
    ModelPool pool =
        new ModelPool(
            ID,
            "",
            ModelPool.Role.BOTH,
            new ModelPool.Endpoints(List.of(page)),
            null,
            engine,
            between,
            new ModelPool.WindowLengths(between, between),
            null,
            ModelPool.Traffic.STEADY,
            new ModelPool.Objectives(null, null, 1),
            new ModelPool.Capacity(null, 1, null, null),
            new ModelPool.WhenMissing(
                between.multipliedBy(2), ModelPool.WhenMissing.Rule.ERROR, between, 1));
    return new PoolTargets(pool, "", List.of(new Target(ID, "page", page)));
  }

  private static Map<Signal, Answer> signals(Pool pool, Instant now) {
    Map<Signal, Answer> answers = new EnumMap<>(Signal.class);
    for (Signal signal : Signal.values()) {
      answers.put(signal, pool.answer(signal, OptionalDouble.empty(), now));
    }
    return answers;
  }

  private static Map<Signal, SortedMap<Double, Double>> quantiles(Pool pool, Instant now) {
    Map<Signal, SortedMap<Double, Double>> quantiles = new EnumMap<>(Signal.class);
    for (Signal signal : Signal.values()) {
      SortedMap<Double, Double> values = new TreeMap<>();
      for (double q : signal.hasQuantiles() ? QUANTILES : List.<Double>of()) {
        if (pool.answer(signal, OptionalDouble.of(q), now) instanceof Answer.Value value) {
          values.put(q, value.number());
        }
      }
      if (!values.isEmpty()) {
        quantiles.put(signal, values);
      }
    }
    return quantiles;
  }

  private static SequencedMap<String, Double> counters(Reading reading) {
    SequencedMap<String, Double> counters = new LinkedHashMap<>();
    for (Counter counter : Counter.values()) {
      double total = reading.counter(counter);
      if (!Double.isNaN(total)) {
        counters.put(counter.name().toLowerCase(Locale.ROOT) + "_total", total);
      }
    }
    return counters;
  }

  private static List<Defect> defects(byte[] page) {
    return switch (ExpositionParser.parse(page, Limits.DEFAULTS)) {
      case Samples samples -> samples.defects();
      case Refused _ -> List.of();
    };
  }
}
