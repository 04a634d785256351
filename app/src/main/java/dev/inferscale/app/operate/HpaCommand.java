package dev.inferscale.app.operate;

import com.fasterxml.jackson.databind.JsonNode;
import dev.inferscale.app.hpa.Hpa.Workload;
import dev.inferscale.app.hpa.HpaReader;
import dev.inferscale.app.hpa.HpaTemplate;
import dev.inferscale.app.hpa.Measured;
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
    description = "Print a HorizontalPodAutoscaler for a pool, each line with its reason.",
    mixinStandardHelpOptions = true,
    footer = {"", "inferscale hpa --pool serving/chat-8b | kubectl apply -f -"})
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

  @Spec private @Nullable CommandSpec spec;

  @Override
  public Integer call() throws InterruptedException {
    CommandSpec known = Objects.requireNonNull(spec);
    Long aim = tokens;
    if (aim != null && (aim < 1 || aim > 1_000_000_000L)) {
      throw new ParameterException(
          known.commandLine(), "--tokens " + aim + " must be 1 to 1000000000");
    }
    try {
      JsonNode answer = plane.pool(pool);
      known.commandLine().getOut().print(HpaTemplate.yaml(wish(answer, traffic(known, answer))));
      known.commandLine().getOut().flush();
      return 0;
    } catch (CommandFault e) {
      known.commandLine().getErr().println("inferscale hpa: " + e.sentence());
      return 1;
    }
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
