package dev.inferscale.keda.trigger;

import dev.inferscale.signals.document.NearestKey;
import dev.inferscale.signals.document.Quoted;
import dev.inferscale.signals.pool.PoolId;
import dev.inferscale.signals.profile.Signal;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.OptionalDouble;
import java.util.Set;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/// Reads a trigger's metadata. KEDA sends the whole map, its own keys included, and whatever
/// `...FromEnv` keys stand for in the workload: values may be secrets, so that only those of our
/// own keys are ever quoted.
public final class TriggerReader {
  private static final String POOL = "pool";
  private static final String SIGNAL = "signal";
  private static final String TARGET = "target";
  private static final String ACTIVATION = "activationThreshold";
  private static final String QUANTILE = "quantile";

  private static final List<String> OURS = List.of(POOL, SIGNAL, TARGET, ACTIVATION, QUANTILE);

  /// Keys that are KEDA's to read (reference: KEDA's documentation of the external scalers).
  private static final Set<String> KEDAS =
      Set.of("scalerAddress", "enableTLS", "unsafeSsl", "tlsCertFile", "caCert", "metricType");

  /// A name of a Kubernetes object.
  private static final int LONGEST_NAME = 253;

  private static final int MOST_KEYS = 64;

  private static final Pattern POOL_NAME = Pattern.compile("[a-z0-9]([-a-z0-9.]*[a-z0-9])?");

  private TriggerReader() {}

  /// What was read.
  ///
  /// @param warnings about keys that look like ours but are none, one sentence each
  public record Reading(Trigger trigger, List<String> warnings) {
    public Reading {
      warnings = List.copyOf(warnings);
    }
  }

  /// Reads the metadata of one trigger.
  ///
  /// @param namespace of the ScaledObject, and so of the pool
  /// @throws BadTrigger where no pool could make it right
  public static Reading read(String namespace, Map<String, String> metadata) throws BadTrigger {
    if (metadata.size() > MOST_KEYS) {
      throw new BadTrigger(
          "the metadata has " + metadata.size() + " keys; at most " + MOST_KEYS + " are read");
    }
    List<String> warnings = warnings(metadata.keySet());
    try {
      return new Reading(trigger(namespace, metadata), warnings);
    } catch (BadTrigger bad) {
      // A key that is misspelt is often why.
      throw new BadTrigger(
          Stream.concat(Stream.of(bad.sentence()), warnings.stream())
              .collect(Collectors.joining("; ")));
    }
  }

  private static Trigger trigger(String namespace, Map<String, String> metadata) throws BadTrigger {
    Signal signal = signal(metadata);
    return new Trigger(
        pool(namespace, metadata),
        signal,
        quantile(signal, metadata),
        target(signal, metadata),
        activationThreshold(metadata));
  }

  private static PoolId pool(String namespace, Map<String, String> metadata) throws BadTrigger {
    String pool = given(metadata, POOL);
    if (pool.isEmpty()) {
      throw new BadTrigger(
          "pool is missing; name the ModelPool of the ScaledObject's own namespace");
    }
    if (pool.length() > LONGEST_NAME || !POOL_NAME.matcher(pool).matches()) {
      throw new BadTrigger(
          "pool is "
              + Quoted.text(pool)
              + "; it must be the name of a ModelPool in the ScaledObject's own namespace, without"
              + " that namespace");
    }
    if (namespace.isEmpty() || namespace.length() > LONGEST_NAME) {
      throw new BadTrigger("the namespace is missing; KEDA sends the ScaledObject's");
    }
    return new PoolId(namespace, pool);
  }

  private static Signal signal(Map<String, String> metadata) throws BadTrigger {
    String name = given(metadata, SIGNAL);
    if (name.isEmpty()) {
      return Signal.TOKENS_IN_FLIGHT;
    }
    Signal signal = Signal.named(name).orElse(null);
    if (signal == null) {
      throw new BadTrigger(
          "signal is "
              + Quoted.text(name)
              + ", which there is not; "
              + NearestKey.of(name, names())
                  .map(near -> "did you mean " + near + "?")
                  .orElse("one that there is: " + Signal.TOKENS_IN_FLIGHT.wireName()));
    }
    if (signal.target() == Signal.Target.NONE) {
      throw new BadTrigger(
          "signal is "
              + Quoted.text(name)
              + ", by which nothing can be scaled; one by which a pool can: "
              + Signal.TOKENS_IN_FLIGHT.wireName());
    }
    return signal;
  }

  private static List<String> names() {
    return Arrays.stream(Signal.values()).map(Signal::wireName).toList();
  }

  private static double target(Signal signal, Map<String, String> metadata) throws BadTrigger {
    String text = given(metadata, TARGET);
    if (text.isEmpty()) {
      return signal.defaultTarget();
    }
    double target = number(TARGET, text, "such as " + plain(signal.defaultTarget()));
    if (!(target > 0)) {
      throw new BadTrigger(
          "target is "
              + Quoted.text(text)
              + "; it must be greater than 0, such as "
              + plain(signal.defaultTarget()));
    }
    return target;
  }

  private static double activationThreshold(Map<String, String> metadata) throws BadTrigger {
    String text = given(metadata, ACTIVATION);
    if (text.isEmpty()) {
      return 0;
    }
    double threshold = number(ACTIVATION, text, "0 or more");
    if (threshold < 0) {
      throw new BadTrigger(
          "activationThreshold is " + Quoted.text(text) + "; it must be 0 or more");
    }
    return threshold;
  }

  private static OptionalDouble quantile(Signal signal, Map<String, String> metadata)
      throws BadTrigger {
    String text = given(metadata, QUANTILE);
    if (text.isEmpty()) {
      return OptionalDouble.empty();
    }
    if (!signal.hasQuantiles()) {
      throw new BadTrigger(
          "quantile is "
              + Quoted.text(text)
              + ", but "
              + signal.wireName()
              + " has no quantiles; leave the key out");
    }
    double quantile = number(QUANTILE, text, "such as 0.9");
    if (!(quantile > 0 && quantile < 1)) {
      throw new BadTrigger(
          "quantile is " + Quoted.text(text) + "; it must lie between 0 and 1, such as 0.9");
    }
    return OptionalDouble.of(quantile);
  }

  private static double number(String key, String text, String example) throws BadTrigger {
    OptionalDouble number = DecimalQuantity.parse(text);
    if (number.isEmpty()) {
      throw new BadTrigger(
          key + " is " + Quoted.text(text) + "; it must be a number or a quantity, " + example);
    }
    return number.getAsDouble();
  }

  /// Keys that neither we nor KEDA read, where they look like one that we would.
  private static List<String> warnings(Set<String> keys) {
    List<String> warnings = new ArrayList<>();
    for (String key : keys) {
      if (OURS.contains(key) || KEDAS.contains(key) || key.endsWith("FromEnv")) {
        continue;
      }
      NearestKey.of(key, OURS)
          .ifPresent(near ->
              warnings.add(
                  "the key " + Quoted.text(key) + " is not read; did you mean " + near + "?"));
    }
    warnings.sort(null);
    return warnings;
  }

  private static String given(Map<String, String> metadata, String key) {
    return metadata.getOrDefault(key, "").strip();
  }

  private static String plain(double number) {
    return number == Math.rint(number) && number < 1e15
        ? Long.toString((long) number)
        : Double.toString(number);
  }
}
