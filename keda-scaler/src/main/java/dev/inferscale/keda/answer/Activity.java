package dev.inferscale.keda.answer;

import dev.inferscale.signals.profile.Signal;
import dev.inferscale.signals.snapshot.Answer;
import dev.inferscale.signals.snapshot.Pool;
import dev.inferscale.signals.snapshot.Pool.TargetState.State;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.OptionalDouble;
import org.jspecify.annotations.Nullable;

/// What is remembered of one pool so that it is not taken for idle too early: KEDA goes to zero in
/// one step, and would take a pod that still generates, or one that still loads its model. It is a
/// function of what was seen of the pool alone, so that two replicas of ours agree.
///
/// @param busy when it last had anything in flight, null where never seen
/// @param loading since when replicas are wanted and none serves, null where one does or none is
///   wanted
/// @param serving since when a replica serves, null where none does
public record Activity(
    @Nullable Instant busy, @Nullable Instant loading, @Nullable Instant serving) {

  /// Nothing seen yet.
  public static final Activity UNSEEN = new Activity(null, null, null);

  private static final Duration SHORTEST_PATIENCE = Duration.ofMinutes(10);
  private static final int COLD_STARTS = 3;

  private static final List<Signal> IN_FLIGHT =
      List.of(Signal.REQUESTS_IN_FLIGHT, Signal.TOKENS_IN_FLIGHT, Signal.REQUESTS_WAITING);

  /// The same with what is seen now.
  public Activity next(Pool pool, Instant now) {
    boolean up = pool.hasTarget(State.UP, now);
    boolean toCome =
        !up && (isPositive(pool, Signal.REPLICAS, now) || pool.hasTarget(State.STARTING, now));
    return new Activity(
        isBusy(pool, now) ? now : busy,
        toCome ? first(loading, now) : null,
        up ? first(serving, now) : null);
  }

  private static Instant first(@Nullable Instant since, Instant now) {
    return since == null ? now : since;
  }

  private static boolean isBusy(Pool pool, Instant now) {
    return IN_FLIGHT.stream().anyMatch(signal -> isPositive(pool, signal, now));
  }

  private static boolean isPositive(Pool pool, Signal signal, Instant now) {
    return pool.answer(signal, OptionalDouble.empty(), now) instanceof Answer.Value value
        && value.number() > 0;
  }

  /// Whether a pool that has been active must stay so: while its replicas load, for as long as
  /// three cold starts and ten minutes at least; and while it serves, until nothing has been in
  /// flight for the grace.
  public boolean holds(@Nullable Duration coldStart, Duration grace, Instant now) {
    if (loading != null) {
      return within(loading, patience(coldStart), now);
    }
    if (serving == null) {
      return false;
    }
    return within(serving, grace, now) || (busy != null && within(busy, grace, now));
  }

  private static Duration patience(@Nullable Duration coldStart) {
    Duration several = coldStart == null ? SHORTEST_PATIENCE : coldStart.multipliedBy(COLD_STARTS);
    return several.compareTo(SHORTEST_PATIENCE) > 0 ? several : SHORTEST_PATIENCE;
  }

  private static boolean within(Instant since, Duration limit, Instant now) {
    return Duration.between(since, now).compareTo(limit) <= 0;
  }
}
