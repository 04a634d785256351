package dev.inferscale.signals.profile;

import dev.inferscale.signals.exposition.Samples;
import dev.inferscale.signals.exposition.Series;
import dev.inferscale.signals.exposition.SeriesName;
import dev.inferscale.signals.pool.Target;
import dev.inferscale.signals.profile.HistogramReading.Found;
import dev.inferscale.signals.profile.Reading.Counter;
import dev.inferscale.signals.profile.Reading.Distribution;
import dev.inferscale.signals.profile.Reading.Gauge;
import dev.inferscale.signals.profile.Reading.Histogram;
import dev.inferscale.signals.profile.Reading.Provenance;
import dev.inferscale.signals.profile.Reading.Ranks;
import java.time.Instant;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/// Turns one page into one reading. Used once.
final class Translation {
  private final Rules rules;
  private final Absences absences;
  private final Shared shared;
  private final Samples samples;
  private final @Nullable String onlyModel;
  private final PageReading page;
  private final Evaluation evaluation;
  private final Map<Counter, Quantity> counters = new EnumMap<>(Counter.class);
  private final List<Ranks> ranks = new ArrayList<>();
  private final Map<Distribution, Found> histograms = new EnumMap<>(Distribution.class);

  Translation(
      Rules rules, Absences absences, Shared shared, Samples samples, @Nullable String onlyModel) {
    this.rules = rules;
    this.absences = absences;
    this.shared = shared;
    this.samples = samples;
    this.onlyModel = onlyModel;
    this.page = new PageReading(samples, rules, onlyModel);
    this.evaluation = new Evaluation(page, rules);
  }

  Reading reading(Target target, Instant at) {
    for (Counter counter : Counter.values()) {
      counters.put(counter, evaluation.counter(counter));
      ranks.add(page.ranks());
    }
    HistogramReading reader = new HistogramReading(page, evaluation);
    for (Distribution distribution : Distribution.values()) {
      boolean meanOnly = distribution == Distribution.PROMPT_TOKENS;
      histograms.put(
          distribution,
          reader.first(rules.histograms().getOrDefault(distribution, List.of()), meanOnly));
      ranks.add(page.ranks());
    }
    EnumMap<Gauge, Double> gauges = gauges();
    return new Reading(
        target,
        at,
        rules.name(),
        shared.text(page.model()),
        gauges.values().stream().mapToDouble(value -> value).toArray(),
        counters.values().stream().mapToDouble(Quantity::sum).toArray(),
        histogramArray(),
        shared.provenance(provenance(zeroWaiting(gauges))),
        shared.ranks(List.copyOf(ranks)),
        restartMark());
  }

  /// Every gauge, in order; NaN is absent.
  private EnumMap<Gauge, Double> gauges() {
    EnumMap<Gauge, Double> gauges = new EnumMap<>(Gauge.class);
    for (Gauge gauge : Gauge.values()) {
      gauges.put(gauge, value(gauge));
    }
    boolean countedTokens = !Double.isNaN(value(Gauge.TOKENS_WAITING));
    if (!countedTokens && zeroWaiting(gauges)) {
      gauges.put(Gauge.TOKENS_WAITING, 0.0);
    }
    return gauges;
  }

  private static boolean zeroWaiting(Map<Gauge, Double> gauges) {
    return gauges.getOrDefault(Gauge.REQUESTS_WAITING, Double.NaN) == 0;
  }

  private double value(Gauge gauge) {
    return switch (gauge) {
      case KV_CACHE_UTILIZATION ->
          // A full cache may be rounded a little beyond 1.
          Math.min(
              1, evaluation.gauge(gauge).mean(evaluation.gauge(Gauge.KV_CACHE_CAPACITY_TOKENS)));
      case QUEUE_OLDEST_SECONDS -> evaluation.gauge(gauge).largest();
      case GPUS -> gpus(evaluation.gauge(Gauge.GPU_UTILIZATION_SUM));
      case LIFETIME_PROMPT_TOKENS_PER_REQUEST -> lifetimePrompt();
      case REQUESTS_WAITING,
          REQUESTS_RUNNING,
          TOKENS_RUNNING,
          TOKENS_WAITING,
          KV_CACHE_CAPACITY_TOKENS,
          GPU_UTILIZATION_SUM,
          GPU_MEMORY_USED_BYTES,
          GPU_MEMORY_TOTAL_BYTES ->
          evaluation.gauge(gauge).sum();
    };
  }

  private static double gpus(Quantity utilization) {
    return utilization.isAbsent() ? Double.NaN : utilization.entries();
  }

  private double lifetimePrompt() {
    Histogram prompts = histogram(Distribution.PROMPT_TOKENS);
    return prompts == null || prompts.count() == 0 ? Double.NaN : prompts.sum() / prompts.count();
  }

  private @Nullable Histogram histogram(Distribution distribution) {
    Found found = histograms.get(distribution);
    return found == null ? null : found.histogram();
  }

  private @Nullable Histogram[] histogramArray() {
    Distribution[] distributions = Distribution.values();
    @Nullable Histogram[] array = new Histogram[distributions.length];
    for (int i = 0; i < array.length; i++) {
      Histogram histogram = histogram(distributions[i]);
      array[i] = histogram == null ? null : shared.bounds(histogram);
    }
    return array;
  }

  private List<Provenance> provenance(boolean zeroWaiting) {
    Map<Gauge, Provenance> gauges = new EnumMap<>(Gauge.class);
    for (Gauge gauge : Gauge.values()) {
      gauges.put(gauge, evaluation.gauge(gauge).provenance());
    }
    Map<Counter, Provenance> totals = new EnumMap<>(Counter.class);
    counters.forEach((counter, quantity) -> totals.put(counter, quantity.provenance()));
    Map<Distribution, Provenance> shapes = new EnumMap<>(Distribution.class);
    histograms.forEach((distribution, found) -> shapes.put(distribution, found.provenance()));
    return new Sources(gauges, totals, shapes, zeroWaiting)
        .all(signal -> absences.reason(signal, samples, onlyModel, page));
  }

  /// The value of the first restart series that the page has and whose ranks agree: one that
  /// restarts alone is no restart of the others.
  private String restartMark() {
    for (SeriesName name : rules.restart()) {
      Samples.Found found = samples.find(name);
      double agreed = found == null ? Double.NaN : agreed(found);
      if (!Double.isNaN(agreed)) {
        return Double.toString(agreed);
      }
    }
    return "";
  }

  /// NaN where the family's series differ, or none has a value.
  private double agreed(Samples.Found found) {
    double agreed = Double.NaN;
    Series series = samples.series(found.family());
    while (series.next()) {
      if (series.part() == found.part() && !Double.isNaN(series.value())) {
        if (!Double.isNaN(agreed) && agreed != series.value()) {
          return Double.NaN;
        }
        agreed = series.value();
      }
    }
    return agreed;
  }
}
