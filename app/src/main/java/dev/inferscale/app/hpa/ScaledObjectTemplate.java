package dev.inferscale.app.hpa;

import dev.inferscale.app.hpa.HpaTemplate.Wish;
import dev.inferscale.signals.pool.ModelPool.Traffic;
import dev.inferscale.signals.profile.Signal;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/// Writes KEDA's ScaledObject or ScaledJob for a pool, each line with its reason. What KEDA does
/// with each key: docs/keda.md.
public final class ScaledObjectTemplate {
  private static final int POLLING_SECONDS = 15;
  private static final int LEAST_COOLDOWN = 300;
  private static final int FALLBACK_FAILURES = 3;

  private ScaledObjectTemplate() {}

  /// What else the document says.
  ///
  /// @param address of the external scaler, `HOST:PORT` as KEDA dials it
  /// @param signal the only trigger; null for those that suit the pool
  /// @param authentication the ClusterTriggerAuthentication with KEDA's certificate; null where the
  ///   plane speaks plaintext
  public record Triggers(
      String address, @Nullable Signal signal, @Nullable String authentication) {}

  /// The ScaledObject, with comments; it ends in a newline.
  public static String scaledObject(Wish wish, Triggers triggers) {
    Habits habits = Habits.of(wish.traffic());
    List<Line> lines = new ArrayList<>();
    head(lines, "ScaledObject", wish);
    lines.add(
        new Line(
            "  scaleTargetRef: {apiVersion: %s, kind: %s, name: %s}"
                .formatted(wish.target().apiVersion(), wish.target().kind(), wish.target().name()),
            "the pool's own; nothing else may scale it"));
    replicas(lines, wish);
    lines.add(
        new Line(
            "  pollingInterval: " + POLLING_SECONDS,
            "rises from zero are pushed within milliseconds; asking only confirms them, and gates"
                + " the way to zero"));
    lines.add(
        new Line(
            "  cooldownPeriod: "
                + Math.max(LEAST_COOLDOWN, habits.holds() * Behavior.coldStart(wish)),
            "to zero goes in one step, so only after so long without a request: " + habits.why()));
    lines.add(
        new Line(
            "  initialCooldownPeriod: " + 2 * Behavior.coldStart(wish),
            Behavior.because(wish) + "; a model that still loads must not be taken away"));
    fallback(lines, wish);
    lines.add(Line.plain("  advanced:"));
    lines.add(Line.plain("    horizontalPodAutoscalerConfig:"));
    Behavior.of(wish, habits).forEach(line -> lines.add(line.indented("      ")));
    lines.add(Line.plain("  triggers:"));
    triggers(lines, wish, triggers, "external-push");
    return Line.print(lines);
  }

  /// The ScaledJob, with comments; its pod template is the user's to write.
  public static String scaledJob(Wish wish, Triggers triggers) {
    List<Line> lines = new ArrayList<>();
    head(lines, "ScaledJob", wish);
    lines.add(Line.plain("  jobTargetRef:"));
    lines.add(Line.plain("    backoffLimit: 2"));
    lines.add(Line.plain("    template:"));
    lines.add(Line.plain("      spec:"));
    lines.add(Line.plain("        restartPolicy: Never"));
    lines.add(
        new Line(
            "        containers: [{name: worker, image: REPLACE-ME}]",
            "a pod that takes work until there is none, and ends"));
    lines.add(
        new Line("  maxReplicaCount: " + most(wish), mostWhy(wish).replace("replicas", "jobs")));
    lines.add(
        new Line(
            "  pollingInterval: " + POLLING_SECONDS,
            "KEDA asks jobs' triggers and never listens to their push"));
    lines.add(
        new Line(
            "  scalingStrategy: {strategy: accurate}",
            "the signal counts what waits and not what runs"));
    lines.add(Line.plain("  triggers:"));
    Signal signal = triggers.signal() == null ? Signal.REQUESTS_WAITING : triggers.signal();
    trigger(
        lines,
        wish,
        triggers,
        "external",
        new Aim(signal, plain(signal.defaultTarget()), "requests per job; the signal's default"));
    return Line.print(lines);
  }

  private static void head(List<Line> lines, String kind, Wish wish) {
    lines.add(Line.plain("apiVersion: keda.sh/v1alpha1"));
    lines.add(Line.plain("kind: " + kind));
    lines.add(
        new Line(
            "metadata: {name: %s, namespace: %s}"
                .formatted(wish.pool().name(), wish.pool().namespace()),
            "for "
                + wish.traffic().name().toLowerCase(Locale.ROOT)
                + " traffic of the pool "
                + wish.pool()));
    lines.add(Line.plain("spec:"));
  }

  private static void replicas(List<Line> lines, Wish wish) {
    lines.add(
        new Line(
            "  minReplicaCount: " + wish.minReplicas(),
            wish.minReplicas() > 0
                ? "the pool's capacity.minReplicas"
                : "the pool's capacity.minReplicas; from zero somebody must tell of requests that"
                    + " no pod has yet: the pool's front, or POST /api/v1/demand"));
    lines.add(new Line("  maxReplicaCount: " + most(wish), mostWhy(wish)));
  }

  private static int most(Wish wish) {
    Integer max = wish.maxReplicas();
    return max == null ? HpaTemplate.ASSUMED_MAX : max;
  }

  private static String mostWhy(Wish wish) {
    return wish.maxReplicas() == null
        ? "assumed: the pool sets no capacity.maxReplicas; put what your quota allows"
        : "the pool's capacity.maxReplicas";
  }

  private static void fallback(List<Line> lines, Wish wish) {
    lines.add(Line.plain("  fallback:"));
    lines.add(
        new Line(
            "    failureThreshold: " + FALLBACK_FAILURES,
            "KEDA and the HPA both count, so about half a minute without a value"));
    lines.add(
        new Line(
            "    replicas: " + Math.max(1, wish.minReplicas()),
            "what must run when nobody knows the load"));
    lines.add(
        new Line(
            "    behavior: currentReplicasIfHigher",
            "and never fewer than run: no value is no reason to shrink (KEDA 2.17)"));
  }

  /// @param target as KEDA reads it
  private record Aim(Signal signal, String target, String why) {}

  private static void triggers(List<Line> lines, Wish wish, Triggers triggers, String type) {
    for (Aim aim : aims(wish, triggers.signal())) {
      trigger(lines, wish, triggers, type, aim);
    }
  }

  private static List<Aim> aims(Wish wish, @Nullable Signal only) {
    List<Aim> aims = new ArrayList<>();
    if (only == null || only == Signal.TOKENS_IN_FLIGHT) {
      aims.add(
          new Aim(
              Signal.TOKENS_IN_FLIGHT,
              String.valueOf(wish.tokensPerReplica()),
              "a sum, so per replica; " + wish.origin()));
    }
    Duration objective = wish.timeToFirstToken();
    boolean latency = only == null ? wish.traffic() != Traffic.BATCH : only == Signal.QUEUE_WAIT;
    if (latency && objective != null) {
      aims.add(
          new Aim(
              Signal.QUEUE_WAIT,
              Math.max(1, objective.toMillis() / 2) + "m",
              "half of the objective "
                  + objective.toMillis() / 1e3
                  + " s, so that a replica is asked for before it is missed"));
    }
    if (aims.isEmpty() && only != null) {
      aims.add(
          new Aim(
              only,
              plain(only.defaultTarget()),
              "the signal's default: measure yours, and set it"));
    }
    return aims;
  }

  private static void trigger(
      List<Line> lines, Wish wish, Triggers triggers, String type, Aim aim) {
    boolean sum = aim.signal().target() == Signal.Target.AVERAGE_VALUE;
    lines.add(Line.plain("  - type: " + type));
    // A ScaledJob knows no such key, and the API server refuses one.
    if (type.equals("external-push")) {
      lines.add(
          new Line(
              "    metricType: " + (sum ? "AverageValue" : "Value"),
              sum ? "a sum over the pool is divided by its replicas" : "already true of the pool"));
    }
    lines.add(Line.plain("    metadata:"));
    lines.add(Line.plain("      scalerAddress: " + triggers.address()));
    lines.add(Line.plain("      pool: " + wish.pool().name()));
    lines.add(Line.plain("      signal: " + aim.signal().wireName()));
    lines.add(new Line("      target: \"" + aim.target() + "\"", aim.why()));
    lines.add(
        new Line("      activationThreshold: \"0\"", "anything at all is reason for a first pod"));
    if (triggers.authentication() != null) {
      lines.add(
          new Line(
              "    authenticationRef: {name: %s, kind: ClusterTriggerAuthentication}"
                  .formatted(triggers.authentication()),
              "the certificate by which the plane knows KEDA"));
    }
  }

  private static String plain(double number) {
    return number == Math.rint(number) ? Long.toString((long) number) : Double.toString(number);
  }
}
