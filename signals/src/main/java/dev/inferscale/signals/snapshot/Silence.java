package dev.inferscale.signals.snapshot;

import dev.inferscale.signals.pool.Target;
import dev.inferscale.signals.snapshot.Pool.TargetState;
import dev.inferscale.signals.snapshot.Pool.TargetState.State;
import dev.inferscale.signals.window.FetchFault;
import dev.inferscale.signals.window.Measured;
import dev.inferscale.signals.window.Outcome;
import dev.inferscale.signals.window.TargetView;
import java.time.Duration;
import java.time.Instant;

/// Says why targets do not count.
final class Silence {
  private Silence() {}

  /// Why no target of a pool counts.
  static Answer.Missing of(Sight sight) {
    if (sight.total() == 0) {
      return sight.missing(Absence.NO_TARGETS, "the pool has no targets; check its source");
    }
    if (sight.views().stream().noneMatch(TargetView::asked)) {
      return sight.missing(
          Absence.NOT_YET, "no target has answered yet; wait for the first reading");
    }
    for (TargetView view : sight.views()) {
      Outcome.Failed fault = view.fault();
      if (fault != null) {
        return sight.missing(absence(fault.fault()), firstFault(sight));
      }
    }
    String staleAfter = Explanation.seconds(sight.pool().missing().staleAfter());
    return sight.missing(
        Absence.STALE,
        "the last reading is older than staleAfter, " + staleAfter + "; is the plane overloaded?");
  }

  static Absence absence(FetchFault fault) {
    return switch (fault) {
      case UNREACHABLE, TIMED_OUT, STATUS, NO_MEMORY -> Absence.UNREACHABLE;
      case REDIRECT, TOO_LARGE, REFUSED -> Absence.REFUSED;
      case EMPTY -> Absence.NOT_YET;
    };
  }

  /// One target whose readings do not count, by name, and why.
  static String firstFault(Sight sight) {
    Duration staleAfter = sight.pool().missing().staleAfter();
    for (TargetView view : sight.views()) {
      Measured measured = view.measured();
      if (measured == null || !Sight.fresh(measured, staleAfter, sight.now())) {
        TargetState state = state(view, staleAfter, sight.now());
        return Explanation.outside(state.name()) + ": " + state.detail();
      }
    }
    return "the others do not tell it";
  }

  /// What a target is doing that does not count yet, for people.
  static TargetState starting(TargetView view) {
    Outcome.Failed fault = view.fault();
    String detail = fault == null ? "not asked yet" : Explanation.outside(fault.detail());
    return new TargetState(view.target().name(), State.STARTING, detail);
  }

  /// What a target is doing that gave no reading when it was asked last.
  static TargetState state(Target target, Outcome.Failed fault) {
    State state =
        switch (absence(fault.fault())) {
          case REFUSED -> State.REFUSED;
          case NOT_YET -> State.STARTING;
          default -> State.UNREACHABLE;
        };
    return new TargetState(target.name(), state, Explanation.outside(fault.detail()));
  }

  /// What a target is doing, for people.
  static TargetState state(TargetView view, Duration staleAfter, Instant now) {
    String name = view.target().name();
    Outcome.Failed fault = view.fault();
    Measured measured = view.measured();
    if (fault == null && measured == null) {
      return new TargetState(name, State.STARTING, "not asked yet");
    }
    if (fault != null) {
      return state(view.target(), fault);
    }
    boolean fresh = measured != null && Sight.fresh(measured, staleAfter, now);
    return fresh
        ? new TargetState(name, State.UP, "")
        : new TargetState(
            name, State.STALE, "no reading for longer than " + Explanation.seconds(staleAfter));
  }
}
