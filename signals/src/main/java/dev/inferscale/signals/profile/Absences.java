package dev.inferscale.signals.profile;

import dev.inferscale.signals.exposition.Samples;
import dev.inferscale.signals.exposition.SeriesName;
import dev.inferscale.signals.profile.Reading.Counter;
import dev.inferscale.signals.profile.Reading.Distribution;
import dev.inferscale.signals.profile.Reading.Gauge;
import dev.inferscale.signals.profile.Reading.Provenance;
import dev.inferscale.signals.profile.Rules.Candidate;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/// Says in one sentence why a page lacks a signal, and what would change that. Immutable.
final class Absences {
  private static final int LONGEST_MODEL = 64;

  private final Rules rules;
  private final Map<Signal, String> sentences = new EnumMap<>(Signal.class);

  Absences(Rules rules) {
    this.rules = rules;
    List<Provenance> expected = expected().all(_ -> "");
    for (Signal signal : Signal.values()) {
      sentences.put(signal, sentence(signal, expected.get(sentences.size())));
    }
  }

  /// What the page would tell if it had the first candidate of everything.
  private Sources expected() {
    Map<Gauge, Provenance> gauges = new EnumMap<>(Gauge.class);
    rules.gauges().forEach((gauge, all) -> gauges.put(gauge, firstOf(all)));
    Map<Counter, Provenance> counters = new EnumMap<>(Counter.class);
    rules.counters().forEach((counter, all) -> counters.put(counter, firstOf(all)));
    Map<Distribution, Provenance> histograms = new EnumMap<>(Distribution.class);
    rules
        .histograms()
        .forEach((distribution, all) ->
            histograms.put(
                distribution,
                all.isEmpty()
                    ? Quantity.ABSENT.provenance()
                    : named(all.getFirst().names().limit(1).toList(), all.getFirst().grade())));
    return new Sources(gauges, counters, histograms, false);
  }

  private static Provenance firstOf(List<Candidate> candidates) {
    return candidates.isEmpty()
        ? Quantity.ABSENT.provenance()
        : named(
            candidates.getFirst().term().names().limit(1).toList(), candidates.getFirst().grade());
  }

  private static Provenance named(List<SeriesName> names, Reading.Grade grade) {
    return new Provenance(names.stream().map(SeriesName::text).toList(), grade, "");
  }

  private String sentence(Signal signal, Provenance expected) {
    String own = rules.absent().get(signal);
    if (own != null) {
      return own;
    }
    if (isOfEngines(signal)) {
      return expected.from().isEmpty()
          ? "profile " + rules.name() + " knows no series for it"
          : "the page lacks "
              + (expected.from().size() > 1 ? "one of " : "")
              + String.join(", ", expected.from())
              + ", which profile "
              + rules.name()
              + " reads";
    }
    return "";
  }

  /// Cost and replicas are told by the pool, not by its engines.
  private static boolean isOfEngines(Signal signal) {
    return switch (signal) {
      case COST_USD_PER_HOUR,
          COST_USD_PER_MILLION_TOKENS,
          REPLICAS_REQUIRED,
          REPLICAS,
          REPLICAS_READY,
          REPLICAS_STARTING ->
          false;
      default -> true;
    };
  }

  /// Why this page lacks the signal; empty for a signal that no engine tells.
  String reason(Signal signal, Samples samples, @Nullable String onlyModel, PageReading page) {
    if (!isOfEngines(signal)) {
      return "";
    }
    if (samples.seriesCount() == 0) {
      return "the page held no series";
    }
    if (onlyModel != null && page.model() == null && page.otherModel() != null) {
      return "the page has no series of model "
          + cut(onlyModel)
          + "; it has "
          + cut(page.otherModel());
    }
    return sentences.getOrDefault(signal, "");
  }

  private static String cut(String model) {
    return model.length() <= LONGEST_MODEL ? model : model.substring(0, LONGEST_MODEL) + "…";
  }
}
