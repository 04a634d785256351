package dev.inferscale.worker.engine;

import static org.assertj.core.api.Assertions.assertThat;

import dev.inferscale.worker.engine.Scheduler.Demand;
import dev.inferscale.worker.engine.Scheduler.Limits;
import dev.inferscale.worker.engine.Scheduler.Plan;
import dev.inferscale.worker.engine.Scheduler.Share;
import java.util.List;
import org.junit.jupiter.api.Test;

class SchedulerTest {
  private static final Limits LIMITS = new Limits(4, 32, 16);

  @Test
  void nothingToDoIsAnEmptyPlan() {
    assertThat(Scheduler.plan(List.of(), List.of(), 10, LIMITS).isEmpty()).isTrue();
  }

  @Test
  void aLongPromptIsComputedInChunks() {
    Plan first = Scheduler.plan(List.of(), List.of(new Demand(70, 0, 0)), 10, LIMITS);
    Plan last = Scheduler.plan(List.of(new Demand(70, 64, 4)), List.of(), 6, LIMITS);

    assertThat(first.admitted()).containsExactly(new Share(32, 2));
    assertThat(last.running()).containsExactly(new Share(6, 1));
  }

  @Test
  void decodingGoesOnBesideAPrompt() {
    Plan plan =
        Scheduler.plan(
            List.of(new Demand(20, 19, 2), new Demand(100, 0, 0)), List.of(), 10, LIMITS);

    assertThat(plan.running()).containsExactly(new Share(1, 0), new Share(31, 2));
  }

  @Test
  void aNewBlockIsGivenWhenTheLastOneIsFull() {
    Plan plan = Scheduler.plan(List.of(new Demand(17, 16, 1)), List.of(), 1, LIMITS);

    assertThat(plan.running()).containsExactly(new Share(1, 1));
  }

  @Test
  void theYoungestGivesWayWhenBlocksRunOut() {
    List<Demand> running = List.of(new Demand(17, 16, 1), new Demand(5, 4, 1), new Demand(9, 8, 1));

    Plan plan = Scheduler.plan(running, List.of(), 0, LIMITS);

    assertThat(plan.preempted()).isEqualTo(1);
    assertThat(plan.running()).containsExactly(new Share(1, 1), new Share(1, 0));
  }

  @Test
  void aSequenceGivesWayItselfWhenItIsTheYoungest() {
    List<Demand> running = List.of(new Demand(5, 4, 1), new Demand(17, 16, 1));

    Plan plan = Scheduler.plan(running, List.of(new Demand(1, 0, 0)), 0, LIMITS);

    assertThat(plan.preempted()).isEqualTo(1);
    assertThat(plan.running()).containsExactly(new Share(1, 0));
    assertThat(plan.admitted()).as("nobody starts in the blocks just given up").isEmpty();
  }

  @Test
  void aLongPromptIsNotOvertakenByAShortOne() {
    List<Demand> waiting = List.of(new Demand(100, 0, 0), new Demand(2, 0, 0));

    Plan plan = Scheduler.plan(List.of(new Demand(5, 4, 1)), waiting, 3, LIMITS);

    assertThat(plan.admitted()).isEmpty();
  }

  @Test
  void blocksPromisedToARunningPromptAreNotGivenAway() {
    List<Demand> running = List.of(new Demand(64, 16, 1));

    Plan plan = Scheduler.plan(running, List.of(new Demand(10, 0, 0)), 3, new Limits(4, 20, 16));

    assertThat(plan.running()).containsExactly(new Share(20, 2));
    assertThat(plan.admitted()).isEmpty();
  }

  @Test
  void noMoreRunThanAllowed() {
    List<Demand> waiting = List.of(new Demand(1, 0, 0), new Demand(1, 0, 0));

    Plan plan = Scheduler.plan(List.of(new Demand(5, 4, 1)), waiting, 10, new Limits(2, 32, 16));

    assertThat(plan.admitted()).hasSize(1);
  }
}
