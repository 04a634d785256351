package dev.inferscale.signals;

import dev.inferscale.signals.pool.Target;
import dev.inferscale.signals.profile.Reading;
import dev.inferscale.signals.profile.Reading.Counter;
import dev.inferscale.signals.profile.Reading.Distribution;
import dev.inferscale.signals.profile.Reading.Gauge;
import dev.inferscale.signals.profile.Reading.Grade;
import dev.inferscale.signals.profile.Reading.Histogram;
import dev.inferscale.signals.profile.Reading.Provenance;
import dev.inferscale.signals.profile.Reading.Ranks;
import dev.inferscale.signals.profile.Signal;
import dev.inferscale.signals.window.Outcome;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/// A reading under construction: all absent until said otherwise. What is not set is `ABSENT` with
/// a sentence, every signal else comes directly from the series `engine:SIGNAL`.
public final class Readings {
  /// Every signal directly from a series.
  public static final List<Provenance> DIRECT =
      List.copyOf(Arrays.stream(Signal.values()).map(Readings::direct).toList());

  private static final List<Ranks> ONE_RANK =
      Collections.nCopies(Counter.values().length + Distribution.values().length, Ranks.ONE);

  private final double[] gauges = absent(Gauge.values().length);
  private final double[] counters = absent(Counter.values().length);
  private final @Nullable Histogram[] histograms = new Histogram[Distribution.values().length];
  private List<Provenance> provenance = DIRECT;
  private String restartMark = "";
  private List<Ranks> ranks = ONE_RANK;

  private static Provenance direct(Signal signal) {
    String series = "engine:" + signal.name().toLowerCase(Locale.ROOT);
    return new Provenance(List.of(series), Grade.DIRECT, "");
  }

  private static double[] absent(int length) {
    double[] values = new double[length];
    Arrays.fill(values, Double.NaN);
    return values;
  }

  public static Readings reading() {
    return new Readings();
  }

  /// An engine with nothing to do.
  public static Readings idle() {
    return reading().waiting(0).running(0);
  }

  public Readings with(Gauge gauge, double value) {
    gauges[gauge.ordinal()] = value;
    return this;
  }

  public Readings with(Counter counter, double value) {
    counters[counter.ordinal()] = value;
    return this;
  }

  /// Sets a histogram.
  ///
  /// @param cumulative per bound, then the count of all
  public Readings with(
      Distribution distribution, double[] bounds, double sum, double... cumulative) {
    histograms[distribution.ordinal()] = new Histogram(bounds, cumulative, sum);
    return this;
  }

  public Readings waiting(double requests) {
    return with(Gauge.REQUESTS_WAITING, requests);
  }

  public Readings running(double requests) {
    return with(Gauge.REQUESTS_RUNNING, requests);
  }

  public Readings generated(double tokens) {
    return with(Counter.GENERATION_TOKENS, tokens);
  }

  public Readings restartMark(String mark) {
    restartMark = mark;
    return this;
  }

  /// All totals are sums over these.
  public Readings ranks(int count, long fingerprint) {
    ranks = Collections.nCopies(ONE_RANK.size(), new Ranks(count, fingerprint));
    return this;
  }

  /// The engine does not export a signal.
  public Readings absent(Signal signal, String sentence) {
    return graded(signal, Grade.ABSENT, sentence);
  }

  public Readings graded(Signal signal, Grade grade, String absence) {
    provenance = new ArrayList<>(provenance);
    List<String> from = grade == Grade.ABSENT ? List.of() : List.of("engine:" + signal.wireName());
    provenance.set(signal.ordinal(), new Provenance(from, grade, absence));
    return this;
  }

  public Reading at(Target target, Instant at) {
    return new Reading(
        target,
        at,
        "engine",
        "acme/chat-9b",
        gauges.clone(),
        counters.clone(),
        histograms.clone(),
        List.copyOf(provenance),
        ranks,
        restartMark);
  }

  public Outcome.Read read(Target target, Instant at) {
    return new Outcome.Read(at(target, at), 0);
  }
}
