package dev.inferscale.worker.engine;

import static org.assertj.core.api.Assertions.assertThat;

import dev.inferscale.worker.engine.Scheduler.Demand;
import dev.inferscale.worker.engine.Scheduler.Limits;
import dev.inferscale.worker.engine.Scheduler.Plan;
import dev.inferscale.worker.engine.Scheduler.Share;
import java.util.List;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.Combinators;
import net.jqwik.api.ForAll;
import net.jqwik.api.From;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import net.jqwik.api.constraints.IntRange;
import net.jqwik.api.constraints.Size;

class SchedulerProperties {
  private static final int BLOCK = 4;

  @Property
  void budgetsAreNeverExceeded(
      @ForAll @Size(max = 8) List<@From("running") Demand> running,
      @ForAll @Size(max = 8) List<@From("waiting") Demand> waiting,
      @ForAll @IntRange(min = 0, max = 40) int free,
      @ForAll @IntRange(min = 8, max = 64) int budget) {
    Limits limits = new Limits(8, budget, BLOCK);

    Plan plan = Scheduler.plan(running, waiting, free, limits);

    int surrendered =
        running.subList(running.size() - plan.preempted(), running.size()).stream()
            .mapToInt(Demand::blocks)
            .sum();
    assertThat(tokens(plan)).isLessThanOrEqualTo(budget);
    assertThat(blocks(plan)).isLessThanOrEqualTo(free + surrendered);
    assertThat(running.size() - plan.preempted() + plan.admitted().size()).isLessThanOrEqualTo(8);
  }

  @Property
  void sharesFitTheirSequences(
      @ForAll @Size(max = 8) List<@From("running") Demand> running,
      @ForAll @Size(max = 8) List<@From("waiting") Demand> waiting,
      @ForAll @IntRange(min = 0, max = 40) int free) {
    Plan plan = Scheduler.plan(running, waiting, free, new Limits(8, 20, BLOCK));

    assertThat(plan.running().size()).isLessThanOrEqualTo(running.size() - plan.preempted());
    check(plan.running(), running);
    check(plan.admitted(), waiting);
  }

  @Property
  void theOldestAlwaysMovesOn(
      @ForAll @Size(min = 1, max = 8) List<@From("running") Demand> running) {
    int all = running.stream().mapToInt(Demand::blocks).sum();
    // One sequence alone always fits: the engine accepts no longer ones.
    int free = Math.max(0, Scheduler.blocksFor(running.getFirst().length(), BLOCK) - all);

    Plan plan = Scheduler.plan(running, List.of(), free, new Limits(8, 20, BLOCK));

    assertThat(plan.running()).isNotEmpty();
  }

  @Provide
  Arbitrary<Demand> running() {
    return Combinators.combine(
            Arbitraries.integers().between(1, 60), Arbitraries.integers().between(0, 59))
        .as((length, computed) -> {
          int known = Math.min(computed, length - 1);
          return new Demand(length, known, Scheduler.blocksFor(known, BLOCK));
        });
  }

  @Provide
  Arbitrary<Demand> waiting() {
    return Arbitraries.integers().between(1, 60).map(length -> new Demand(length, 0, 0));
  }

  private static void check(List<Share> shares, List<Demand> demands) {
    for (int i = 0; i < shares.size(); i++) {
      Share share = shares.get(i);
      Demand demand = demands.get(i);
      int after = demand.computed() + share.tokens();
      assertThat(share.tokens()).isBetween(1, demand.length() - demand.computed());
      assertThat((demand.blocks() + share.newBlocks()) * BLOCK).isGreaterThanOrEqualTo(after);
    }
  }

  private static int tokens(Plan plan) {
    return plan.running().stream().mapToInt(Share::tokens).sum()
        + plan.admitted().stream().mapToInt(Share::tokens).sum();
  }

  private static int blocks(Plan plan) {
    return plan.running().stream().mapToInt(Share::newBlocks).sum()
        + plan.admitted().stream().mapToInt(Share::newBlocks).sum();
  }
}
