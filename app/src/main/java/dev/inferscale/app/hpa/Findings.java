package dev.inferscale.app.hpa;

import dev.inferscale.app.hpa.Hpa.Goal;
import dev.inferscale.app.hpa.Hpa.Metric;
import dev.inferscale.app.hpa.Hpa.Source;
import dev.inferscale.app.hpa.Hpa.Workload;
import dev.inferscale.signals.profile.Signal;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;

/// What is wrong with the scalers of a namespace, as far as documents show it.
public final class Findings {
  private Findings() {}

  /// Something that scales a workload, besides HPAs of its own making.
  ///
  /// @param kind such as `ScaledObject`
  public record Scaler(String kind, String name, Workload target) {}

  /// Two that scale one workload undo each other's work.
  ///
  /// @param hpas of one namespace
  /// @param others of the same
  public static List<Finding> owners(List<Hpa> hpas, List<Scaler> others) {
    Map<String, List<String>> byTarget = new TreeMap<>();
    for (Hpa hpa : hpas) {
      boolean made =
          others.stream().anyMatch(other -> hpa.owner().equals(other.kind() + "/" + other.name()));
      if (!made) {
        byTarget
            .computeIfAbsent(key(hpa.target()), _ -> new ArrayList<>())
            .add("hpa/" + hpa.name());
      }
    }
    for (Scaler other : others) {
      byTarget
          .computeIfAbsent(key(other.target()), _ -> new ArrayList<>())
          .add(other.kind().toLowerCase(Locale.ROOT) + "/" + other.name());
    }
    List<Finding> findings = new ArrayList<>();
    byTarget.forEach((target, owners) -> {
      if (owners.size() > 1) {
        findings.add(
            new Finding(
                true,
                target,
                String.join(" and ", owners)
                    + " scale it against each other: keep one, put the other's metric into it"));
      }
    });
    return findings;
  }

  private static String key(Workload target) {
    return target.kind().toLowerCase(Locale.ROOT) + "/" + target.name();
  }

  /// What is wrong with the metrics of ours in one HPA.
  ///
  /// @param hold true where the pool's answers are held when data is missing
  public static List<Finding> metrics(Hpa hpa, Measured measured, boolean hold) {
    List<Finding> findings = new ArrayList<>();
    String subject = "hpa/" + hpa.id();
    for (Metric metric : hpa.metrics()) {
      Optional<Signal> signal = Signal.named(metric.name().toLowerCase(Locale.ROOT));
      Goal goal = metric.goal();
      if (metric.source() == Source.OTHER || signal.isEmpty() || goal == null) {
        continue;
      }
      kind(signal.get(), metric.source(), goal)
          .ifPresent(sentence -> findings.add(new Finding(true, subject, sentence)));
      bound(signal.get(), goal, measured)
          .ifPresent(sentence -> findings.add(new Finding(true, subject, sentence)));
    }
    stacked(hpa, hold).ifPresent(sentence -> findings.add(new Finding(false, subject, sentence)));
    return findings;
  }

  /// A mean divided by replicas, or a sum that is not.
  private static Optional<String> kind(Signal signal, Source source, Goal goal) {
    if (source == Source.PODS) {
      return Optional.empty();
    }
    return switch (signal.target()) {
      case VALUE ->
          goal.perReplica()
              ? Optional.of(
                  signal.wireName()
                      + " is a mean, a ratio or a quantile: with AverageValue it is divided by the"
                      + " replicas once more; use target type Value")
              : Optional.empty();
      case AVERAGE_VALUE ->
          goal.perReplica()
              ? Optional.empty()
              : Optional.of(
                  signal.wireName()
                      + " is a sum over the pool: with Value its target must grow with the"
                      + " replicas; use target type AverageValue");
      case NONE ->
          Optional.of(signal.wireName() + " is for people; an HPA on it has nothing to aim at");
    };
  }

  /// A target that no engine reaches never scales up.
  private static Optional<String> bound(Signal signal, Goal goal, Measured measured) {
    double target = goal.milli() / 1e3;
    return switch (signal.unit()) {
      case RATIO ->
          target >= 1
              ? Optional.of(
                  "%s is never above 1, so that a target of %s never scales up; use less than 1"
                      .formatted(signal.wireName(), Quantities.plain((double) goal.milli())))
              : Optional.empty();
      case PODS ->
          target >= 1
              ? Optional.of(
                  "%s is at most 1 per replica, so that a target of %s never scales up; use less than 1"
                      .formatted(signal.wireName(), Quantities.plain((double) goal.milli())))
              : Optional.empty();
      case TOKENS -> {
        double most = measured.capacityPerTarget().orElse(Double.POSITIVE_INFINITY);
        yield signal != Signal.TOKENS_WAITING && target >= most
            ? Optional.of(
                "the target of %s, %s per replica, is not below the KV cache of one, %s tokens: requests"
                        .formatted(
                            signal.wireName(),
                            Quantities.plain((double) goal.milli()),
                            Quantities.plain(Math.floor(most) * 1e3))
                    + " queue before it is reached; use about 70 % of that")
            : Optional.empty();
      }
      default -> Optional.empty();
    };
  }

  /// `inference_replicas_required` and held answers come with a hold of their own.
  private static Optional<String> stacked(Hpa hpa, boolean hold) {
    int window =
        hpa.scaleDown().stabilizationSeconds() == null
            ? 300
            : hpa.scaleDown().stabilizationSeconds();
    boolean required =
        hpa.metrics().stream()
            .anyMatch(
                metric -> metric.name().equalsIgnoreCase(Signal.REPLICAS_REQUIRED.wireName()));
    if (window == 0 || !(required || hold)) {
      return Optional.empty();
    }
    return Optional.of(
        (required
                ? Signal.REPLICAS_REQUIRED.wireName() + " is held by the plane already"
                : "the pool's missing.answer is hold")
            + ", and scaleDown.stabilizationWindowSeconds adds "
            + window
            + " s to it; "
            + (required ? "set it to 0" : "keep the sum of both in mind"));
  }
}
