package dev.inferscale.signals.snapshot;

import dev.inferscale.signals.profile.Reading.Counter;
import dev.inferscale.signals.profile.Signal;
import dev.inferscale.signals.window.Measured;
import java.time.Duration;
import java.util.EnumSet;
import java.util.List;
import java.util.Set;
import java.util.function.ToDoubleFunction;

/// What a pool costs, from the price of a replica in its configuration.
final class Costs {
  private static final double SECONDS_PER_HOUR = 3600;
  private static final double MILLION = 1e6;

  private Costs() {}

  /// Price times the targets that answer.
  static Answer perHour(Sight sight) {
    Double price = sight.pool().capacity().usdPerReplicaHour();
    if (price == null) {
      return withoutPrice(sight);
    }
    List<Measured> counting = sight.fresh();
    if (sight.tooFew(counting)) {
      return sight.tooFewFor(Signal.COST_USD_PER_HOUR, counting);
    }
    Quality quality = sight.orPartial(Quality.DERIVED, counting);
    String note = "price of a replica x targets that answer";
    return sight.value(price * counting.size(), counting, null, quality, Set.of(), note);
  }

  /// Price over the prompt and generation tokens of the same targets.
  static Answer perMillionTokens(Sight sight) {
    Double price = sight.pool().capacity().usdPerReplicaHour();
    if (price == null) {
      return withoutPrice(sight);
    }
    ToDoubleFunction<Measured> tokens =
        m -> m.rate(Counter.PROMPT_TOKENS) + m.rate(Counter.GENERATION_TOKENS);
    List<Measured> counting = sight.having(tokens);
    if (sight.tooFew(counting)) {
      return sight.tooFewFor(Signal.GENERATION_TOKENS_PER_SECOND, counting);
    }
    Duration rates = sight.pool().windows().rates();
    double tokensPerHour = Sums.sum(counting, tokens) * SECONDS_PER_HOUR;
    double cost = price * counting.size() / tokensPerHour * MILLION;
    if (tokensPerHour == 0) {
      return sight.missing(
          Absence.NOT_YET, "no token was served in the last " + Explanation.seconds(rates));
    }
    return sight.value(
        cost,
        counting,
        sight.covered(counting, rates),
        sight.orPartial(Quality.DERIVED, counting),
        EnumSet.of(Signal.PROMPT_TOKENS_PER_SECOND, Signal.GENERATION_TOKENS_PER_SECOND),
        "price of a replica / tokens served");
  }

  private static Answer withoutPrice(Sight sight) {
    return sight.missing(
        Absence.CONFIG, "the pool has no price; set spec.capacity.usdPerReplicaHour");
  }
}
