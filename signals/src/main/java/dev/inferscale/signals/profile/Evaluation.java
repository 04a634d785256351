package dev.inferscale.signals.profile;

import dev.inferscale.signals.profile.Reading.Counter;
import dev.inferscale.signals.profile.Reading.Gauge;
import dev.inferscale.signals.profile.Reading.Provenance;
import dev.inferscale.signals.profile.Rules.Candidate;
import java.util.EnumMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/// Evaluates gauges and counters of one profile on one page. They are had per instance (engine or
/// rank) first and put together afterwards, since a ratio must meet its own engine's capacity. One
/// thread at a time.
final class Evaluation {
  /// 2^63 and more is an unsigned number that was decremented below zero.
  private static final double IMPOSSIBLE = 0x1p63;

  /// Sequences that share a prefix count it once each, so that tokens may exceed the cache.
  private static final double MOST_SHARING = 10;

  private final PageReading page;
  private final Rules rules;
  private final Map<Gauge, Quantity> gauges = new EnumMap<>(Gauge.class);
  private int entries;

  Evaluation(PageReading page, Rules rules) {
    this.page = page;
    this.rules = rules;
  }

  /// One gauge of the page, evaluated once.
  Quantity gauge(Gauge gauge) {
    Quantity known = gauges.get(gauge);
    if (known != null) {
      return known;
    }
    Merge merge =
        gauge == Gauge.KV_CACHE_UTILIZATION || gauge == Gauge.QUEUE_OLDEST_SECONDS
            ? Merge.LARGEST
            : Merge.SUM;
    Quantity quantity = first(rules.gauges().getOrDefault(gauge, List.of()), merge);
    Quantity checked = believable(gauge, quantity);
    gauges.put(gauge, checked);
    return checked;
  }

  private Quantity believable(Gauge gauge, Quantity quantity) {
    return switch (gauge) {
      case KV_CACHE_UTILIZATION, GPU_UTILIZATION_SUM -> quantity.asRatio();
      case TOKENS_RUNNING ->
          quantity
              .asCount()
              .within(
                  gauge(Gauge.KV_CACHE_CAPACITY_TOKENS), MOST_SHARING, "tokens of the KV cache");
      case GPU_MEMORY_USED_BYTES ->
          quantity.within(gauge(Gauge.GPU_MEMORY_TOTAL_BYTES), 1, "bytes of GPU memory");
      case GPU_MEMORY_TOTAL_BYTES -> quantity;
      case REQUESTS_WAITING,
          REQUESTS_RUNNING,
          TOKENS_WAITING,
          KV_CACHE_CAPACITY_TOKENS,
          QUEUE_OLDEST_SECONDS,
          LIFETIME_PROMPT_TOKENS_PER_REQUEST,
          GPUS ->
          quantity.asCount();
    };
  }

  /// A counter's total over the page.
  Quantity counter(Counter counter) {
    return first(rules.counters().getOrDefault(counter, List.of()), Merge.TOTAL);
  }

  /// The total of one term, NaN where the page lacks it or it cannot be used.
  double total(Term.Read term) {
    Map<String, Double> values = values(term, Merge.TOTAL);
    return values == null ? Double.NaN : values.values().stream().mapToDouble(v -> v).sum();
  }

  /// The first candidate that is on the page. A later one never stands in for one that is there and
  /// spoilt, nor is it added to it: the names may be old and new ones of the same thing.
  private Quantity first(List<Candidate> candidates, Merge merge) {
    for (Candidate candidate : candidates) {
      page.begin();
      Map<String, Double> values = values(candidate.term(), merge);
      if (page.trouble() != null) {
        return Quantity.troubled(page.trouble());
      }
      if (values != null) {
        Provenance provenance = new Provenance(page.taken(), candidate.grade(), "");
        return new Quantity(values, entries, provenance);
      }
    }
    return Quantity.ABSENT;
  }

  /// How series of one instance become one value.
  private enum Merge {
    SUM,
    /// A ratio or an age that comes several times is not added up.
    LARGEST,
    /// A sum in which a label value that never occurred is zero, where the family is there.
    TOTAL
  }

  /// By instance; null where the page lacks it, or where it cannot be used.
  private @Nullable Map<String, Double> values(Term term, Merge merge) {
    return switch (term) {
      case Term.Read read -> read(read, merge);
      case Term.Reference reference -> referred(reference.gauge());
      case Term.Combination combination -> combined(combination, merge);
    };
  }

  private @Nullable Map<String, Double> referred(Gauge gauge) {
    List<String> outer = page.taken();
    Quantity quantity = gauge(gauge);
    page.begin();
    page.took(outer);
    page.took(quantity.provenance().from());
    if (!quantity.provenance().absence().isEmpty()) {
      page.troubledBy(quantity.provenance().absence());
    }
    return quantity.isAbsent() ? null : quantity.values();
  }

  private @Nullable Map<String, Double> read(Term.Read term, Merge merge) {
    Gathering gathering = page.gather(term);
    if (gathering == null) {
      return null;
    }
    entries = gathering.size();
    if (gathering.size() == 0) {
      return merge == Merge.TOTAL && gathering.any() ? Map.of("", 0.0) : null;
    }
    Map<String, Double> values = new LinkedHashMap<>(2);
    for (int i = 0; i < gathering.size(); i++) {
      double value = gathering.value(i) * term.scale();
      if (!(value >= 0 && value < IMPOSSIBLE)) {
        return unusable(term, gathering.value(i));
      }
      values.merge(gathering.instance(i), value, merge == Merge.LARGEST ? Math::max : Double::sum);
    }
    return values;
  }

  /// A label may say `None`, which is no number and no fault.
  private @Nullable Map<String, Double> unusable(Term.Read term, double value) {
    if (term.label() == null) {
      String name = page.taken().getLast();
      page.troubledBy(
          Double.isNaN(value)
              ? name + " has no usable number on the page (NaN, or a total that cannot be)"
              : name + " says " + value + ", which cannot be");
    }
    return null;
  }

  private @Nullable Map<String, Double> combined(Term.Combination combination, Merge merge) {
    Map<String, Double> left = values(combination.terms().getFirst(), merge);
    for (Term term : combination.terms().subList(1, combination.terms().size())) {
      if (left == null || page.trouble() != null) {
        return null;
      }
      boolean optional = term instanceof Term.Read read && read.optional();
      Map<String, Double> right = values(term, merge);
      if (right == null) {
        left = optional ? left : null;
      } else {
        left = joined(left, right, combination.operator(), optional);
      }
    }
    return left;
  }

  /// Joins by instance; a side that knows no instances holds for all of the other. Where an
  /// instance lacks its partner nothing comes of it, since a sum over the rest would be too low.
  private static @Nullable Map<String, Double> joined(
      Map<String, Double> left,
      Map<String, Double> right,
      Term.Operator operator,
      boolean optional) {
    Map<String, Double> instances = left.containsKey("") && left.size() == 1 ? right : left;
    Map<String, Double> joined = new LinkedHashMap<>(2);
    for (String instance : instances.keySet()) {
      Double one = partner(left, instance);
      Double other = partner(right, instance);
      other = other == null && optional ? Double.valueOf(0) : other;
      if (one == null || other == null) {
        return null;
      }
      double value = operator.apply(one, other);
      if (Double.isNaN(value)) {
        return null;
      }
      joined.put(instance, value);
    }
    boolean covered =
        optional || right.containsKey("") || joined.keySet().containsAll(right.keySet());
    return covered ? joined : null;
  }

  private static @Nullable Double partner(Map<String, Double> side, String instance) {
    Double own = side.get(instance);
    return own != null || side.size() > 1 ? own : side.get("");
  }
}
