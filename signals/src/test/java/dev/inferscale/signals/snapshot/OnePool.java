package dev.inferscale.signals.snapshot;

import static dev.inferscale.signals.ManualTime.second;
import static dev.inferscale.signals.Readings.reading;
import static org.assertj.core.api.Assertions.assertThat;

import dev.inferscale.signals.Pools;
import dev.inferscale.signals.Readings;
import dev.inferscale.signals.pool.PoolTargets;
import dev.inferscale.signals.profile.Reading.Distribution;
import dev.inferscale.signals.profile.Signal;
import dev.inferscale.signals.window.FetchFault;
import dev.inferscale.signals.window.Outcome;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.OptionalDouble;

/// One pool that a test lists, reads and folds as it likes.
abstract class OnePool {
  static final double[] BOUNDS = {0.3, 1, 2};

  private final Windows windows = new Windows();
  PoolTargets listed = Pools.targets(Pools.pool("chat"), 3);
  Pool pool = fold(0);

  void use(int targets, String... lines) {
    listed = Pools.targets(Pools.pool("chat", lines), targets);
    fold(0);
  }

  Pool fold(double second, Outcome... outcomes) {
    Snapshot snapshot = windows.fold(List.of(outcomes), List.of(listed), second(second));
    pool = Objects.requireNonNull(snapshot.pools().get(listed.pool().id()));
    return pool;
  }

  /// Every target from `first` on reads the same.
  void readAll(double second, int first, Readings reading) {
    List<Outcome> outcomes = new ArrayList<>();
    for (int i = first; i < listed.targets().size(); i++) {
      outcomes.add(reading.read(listed.targets().get(i), second(second)));
    }
    fold(second, outcomes.toArray(Outcome[]::new));
  }

  void failAll(double second, FetchFault fault, String detail) {
    fold(
        second,
        listed.targets().stream()
            .map(target -> new Outcome.Failed(target, fault, detail, second(second)))
            .toArray(Outcome[]::new));
  }

  Answer answer(Signal signal, double second) {
    return pool.answer(signal, OptionalDouble.empty(), second(second));
  }

  Answer.Value value(Signal signal, double second) {
    assertThat(answer(signal, second)).isInstanceOf(Answer.Value.class);
    return (Answer.Value) answer(signal, second);
  }

  Answer.Missing missing(Signal signal, double second) {
    assertThat(answer(signal, second)).isInstanceOf(Answer.Missing.class);
    return (Answer.Missing) answer(signal, second);
  }

  static Readings latency(double sum, double... cumulative) {
    return reading().with(Distribution.LATENCY, BOUNDS, sum, cumulative);
  }
}
