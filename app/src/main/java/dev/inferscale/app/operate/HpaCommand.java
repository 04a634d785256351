package dev.inferscale.app.operate;

import com.fasterxml.jackson.databind.JsonNode;
import dev.inferscale.app.hpa.Hpa.Workload;
import dev.inferscale.app.hpa.HpaReader;
import dev.inferscale.app.hpa.HpaTemplate;
import dev.inferscale.app.hpa.Measured;
import dev.inferscale.app.hpa.ScaledObjectTemplate;
import dev.inferscale.signals.pool.ModelPool.Traffic;
import dev.inferscale.signals.pool.PoolId;
import dev.inferscale.signals.profile.Signal;
import java.time.Duration;
import java.util.Locale;
import java.util.Objects;
import java.util.OptionalDouble;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/// `inferscale hpa`.
@Command(
    name = "hpa",
    description =
        "Print a HorizontalPodAutoscaler, or KEDA's ScaledObject, for a pool, each line with its"
            + " reason.",
    mixinStandardHelpOptions = true,
    footer = {"", "inferscale hpa --pool serving/chat-8b --keda | kubectl apply -f -"})
public final class HpaCommand implements Callable<Integer> {
  private static final String CAPACITY = Signal.KV_CACHE_CAPACITY_TOKENS.wireName();

  @Mixin private final PlaneClient plane = new PlaneClient();

  @Option(
      names = "--pool",
      required = true,
      paramLabel = "NAMESPACE/POOL",
      converter = PoolName.Converter.class,
      description = "The pool to scale.")
  private PoolName pool = new PoolName("", "");

  @Option(names = "--traffic", description = "steady, bursty or batch (default: as the pool says).")
  private @Nullable String traffic;

  @Option(
      names = "--tokens",
      paramLabel = "NUMBER",
      description =
          "Tokens in flight per replica to aim at (default: a share of the KV cache that was"
              + " measured).")
  private @Nullable Long tokens;

  @Option(names = "--keda", description = "Print a ScaledObject for KEDA's external scaler.")
  private boolean keda;

  @Option(names = "--job", description = "With --keda, print a ScaledJob.")
  private boolean job;

  @Option(
      names = "--signal",
      paramLabel = "SIGNAL",
      description = "With --keda, the only trigger (default: those that suit the pool).")
  private @Nullable String signal;

  @Option(
      names = "--scaler-address",
      paramLabel = "HOST:PORT",
      description = "With --keda, where KEDA finds the plane (default: ${DEFAULT-VALUE}).")
  private String address = "inferscale-keda.inferscale.svc:6000";

  @Option(
      names = "--authentication",
      paramLabel = "NAME",
      description =
          "With --keda, the ClusterTriggerAuthentication with KEDA's certificate (default: none, for a"
              + " plane without TLS).")
  private @Nullable String authentication;

  @Spec private @Nullable CommandSpec spec;

  @Override
  public Integer call() throws InterruptedException {
    CommandSpec known = Objects.requireNonNull(spec);
    Long aim = tokens;
    if (aim != null && (aim < 1 || aim > 1_000_000_000L)) {
      throw new ParameterException(
          known.commandLine(), "--tokens " + aim + " must be 1 to 1000000000");
    }
    if (!keda && (job || signal != null || authentication != null)) {
      String option = job ? "--job" : signal != null ? "--signal" : "--authentication";
      throw new ParameterException(known.commandLine(), option + " goes together with --keda");
    }
    ScaledObjectTemplate.Triggers triggers =
        new ScaledObjectTemplate.Triggers(address, signal(known), authentication(known));
    try {
      JsonNode answer = plane.pool(pool);
      HpaTemplate.Wish wish = wish(answer, traffic(known, answer));
      known.commandLine().getOut().print(document(wish, triggers));
      known.commandLine().getOut().flush();
      return 0;
    } catch (CommandFault e) {
      known.commandLine().getErr().println("inferscale hpa: " + e.sentence());
      return 1;
    }
  }

  private String document(HpaTemplate.Wish wish, ScaledObjectTemplate.Triggers triggers) {
    if (!keda) {
      return HpaTemplate.yaml(wish);
    }
    return job
        ? ScaledObjectTemplate.scaledJob(wish, triggers)
        : ScaledObjectTemplate.scaledObject(wish, triggers);
  }

  private @Nullable String authentication(CommandSpec known) {
    String name = authentication;
    if (name != null && !name.matches("[a-z0-9]([-a-z0-9.]{0,251}[a-z0-9])?")) {
      throw new ParameterException(
          known.commandLine(),
          "--authentication " + name + " must be the name of a ClusterTriggerAuthentication");
    }
    return name;
  }

  private @Nullable Signal signal(CommandSpec known) {
    String name = signal;
    if (name == null) {
      return null;
    }
    return Signal.named(name)
        .filter(each -> each.target() != Signal.Target.NONE)
        .orElseThrow(() ->
            new ParameterException(
                known.commandLine(),
                "--signal "
                    + name
                    + " must be a signal by which a pool can be scaled, such as "
                    + Signal.TOKENS_IN_FLIGHT.wireName()));
  }

  private Traffic traffic(CommandSpec known, JsonNode answer) {
    String word = traffic == null ? answer.path("spec").path("traffic").asText("steady") : traffic;
    try {
      return Traffic.valueOf(word.toUpperCase(Locale.ROOT));
    } catch (IllegalArgumentException _) {
      throw new ParameterException(
          known.commandLine(), "--traffic " + word + " must be steady, bursty or batch");
    }
  }

  private HpaTemplate.Wish wish(JsonNode answer, Traffic kind) throws CommandFault {
    JsonNode said = answer.path("spec");
    if (!said.has("scaleTargetRef")) {
      throw new CommandFault(
          "pool " + pool + " does not say what is scaled: add spec.scaleTargetRef to it");
    }
    Workload target = HpaReader.workload(said.path("scaleTargetRef"));
    JsonNode capacity = said.path("capacity");
    JsonNode most = capacity.path("maxReplicas");
    Long aim = tokens;
    return new HpaTemplate.Wish(
        new PoolId(pool.namespace(), pool.name()),
        target,
        kind,
        seconds(capacity.path("coldStartSeconds")),
        capacity.path("minReplicas").asInt(1),
        most.isInt() ? most.asInt() : null,
        seconds(said.path("objectives").path("timeToFirstTokenSeconds")),
        aim == null ? share(answer, kind) : aim,
        aim == null
            ? Math.round(100 * HpaTemplate.share(kind)) + " % of the KV cache measured per replica"
            : "as you said");
  }

  private long share(JsonNode answer, Traffic kind) throws CommandFault {
    OptionalDouble each = measured(answer).capacityPerTarget();
    if (each.isEmpty()) {
      String why = answer.path("signals").path(CAPACITY).path("explanation").asText("");
      throw new CommandFault(
          "the KV cache of pool "
              + pool
              + " is not known"
              + (why.isEmpty() ? "" : " (" + why + ")")
              + ": say --tokens NUMBER, what one replica should hold in flight");
    }
    return Math.max(1, Math.round(HpaTemplate.share(kind) * each.getAsDouble()));
  }

  /// What the plane's answer says of the engine's bounds.
  static Measured measured(JsonNode answer) {
    JsonNode capacity = answer.path("signals").path(CAPACITY);
    return capacity.has("value")
        ? new Measured(
            capacity.path("targets").path("covered").asInt(),
            OptionalDouble.of(capacity.path("value").asDouble()))
        : Measured.UNKNOWN;
  }

  private static @Nullable Duration seconds(JsonNode number) {
    return number.isNumber() ? Duration.ofMillis(Math.round(1e3 * number.asDouble())) : null;
  }
}
