package dev.inferscale.worker.backend.cpu;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.concurrent.atomic.AtomicIntegerArray;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class TeamTest {
  private static final long MUCH = 1L << 40;

  @ParameterizedTest
  @ValueSource(ints = {1, 2, 5})
  void everyTaskOfEveryRoundRunsOnce(int threads) {
    try (Team team = new Team(threads)) {
      for (int round = 0; round < 2000; round++) {
        int tasks = round % 23;
        var runs = new AtomicIntegerArray(tasks + 1);

        team.run(tasks, MUCH, (index, worker) -> runs.incrementAndGet(index));

        for (int i = 0; i < tasks; i++) {
          assertThat(runs.get(i)).isEqualTo(1);
        }
      }
    }
  }

  @Test
  void aThreadRunsOneTaskAtATime() {
    try (Team team = new Team(4)) {
      int[] busy = new int[team.size()];
      var clashes = new AtomicIntegerArray(1);

      team.run(
          5000,
          MUCH,
          (index, worker) -> {
            if (++busy[worker] != 1) {
              clashes.incrementAndGet(0);
            }
            busy[worker]--;
          });

      assertThat(clashes.get(0)).isZero();
    }
  }

  @Test
  void aFailedTaskFailsItsRoundAndNotTheNext() {
    try (Team team = new Team(2)) {
      assertThatThrownBy(() ->
              team.run(
                  10,
                  MUCH,
                  (index, worker) -> {
                    if (index == 7) {
                      throw new IllegalArgumentException("seven");
                    }
                  }))
          .hasRootCauseMessage("seven");

      var runs = new AtomicIntegerArray(1);
      team.run(10, MUCH, (index, worker) -> runs.incrementAndGet(0));
      assertThat(runs.get(0)).isEqualTo(10);
    }
  }
}
