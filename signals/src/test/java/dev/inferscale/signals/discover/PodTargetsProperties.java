package dev.inferscale.signals.discover;

import static org.assertj.core.api.Assertions.assertThat;

import dev.inferscale.signals.pool.ModelPool;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.Combinators;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;

class PodTargetsProperties {
  private static final ModelPool POOL = PodDocuments.pool("ports: [8000]");

  /// What happens to one pod, in this order.
  record Life(int pod, List<Pod> states, boolean removed) {}

  @Provide
  Arbitrary<List<Life>> lives() {
    Arbitrary<String> phases =
        Arbitraries.of("Pending", "Running", "Running", "Succeeded", "Failed", "Unknown");
    Arbitrary<Boolean> flag = Arbitraries.of(true, false);
    Arbitrary<List<List<Object>>> states =
        Combinators.combine(phases, flag, flag, Arbitraries.integers().between(0, 2))
            .as((phase, ready, deleting, uid) -> List.<Object>of(phase, ready, deleting, uid))
            .list()
            .ofMinSize(1)
            .ofMaxSize(5);
    return Combinators.combine(states, flag)
        .as((life, removed) -> Map.entry(life, removed))
        .list()
        .ofMaxSize(6)
        .map(PodTargetsProperties::lives);
  }

  private static List<Life> lives(List<Map.Entry<List<List<Object>>, Boolean>> drawn) {
    List<Life> lives = new ArrayList<>();
    for (int i = 0; i < drawn.size(); i++) {
      List<Pod> states = new ArrayList<>();
      for (List<Object> state : drawn.get(i).getKey()) {
        states.add(
            new Pod(
                "serving",
                "chat-" + i,
                "uid-" + state.get(3),
                Map.of("app", "chat"),
                "node",
                "10.0.0." + i,
                state.get(0).equals("Running"),
                state.get(0).equals("Succeeded") || state.get(0).equals("Failed"),
                (Boolean) state.get(1),
                (Boolean) state.get(2)));
      }
      lives.add(new Life(i, states, drawn.get(i).getValue()));
    }
    return lives;
  }

  /// However the events of several pods interleave, and whether they come as events or as a list.
  @Property(tries = 300)
  void anyOrderOfEventsGivesTheSameTargets(@ForAll("lives") List<Life> lives, @ForAll long seed) {
    PodBoard inOrder = new PodBoard(() -> {});
    lives.forEach(life -> {
      life.states().forEach(inOrder::put);
      if (life.removed()) {
        inOrder.remove(life.states().getLast());
      }
    });
    PodBoard mixed = new PodBoard(() -> {});
    Map<Integer, Integer> next = new HashMap<>();
    for (Life life : interleaved(lives, new Random(seed))) {
      int step = next.merge(life.pod(), 1, Integer::sum) - 1;
      if (step < life.states().size()) {
        mixed.put(life.states().get(step));
      } else if (life.removed()) {
        mixed.remove(life.states().getLast());
      }
    }
    PodBoard relisted = new PodBoard(() -> {});
    lives.forEach(life -> relisted.put(life.states().getFirst()));
    relisted.replace(
        "", lives.stream().filter(l -> !l.removed()).map(l -> l.states().getLast()).toList());

    assertThat(targets(mixed)).isEqualTo(targets(inOrder));
    assertThat(targets(relisted)).isEqualTo(targets(inOrder));
  }

  private static List<Life> interleaved(List<Life> lives, Random random) {
    List<Life> turns = new ArrayList<>();
    lives.forEach(life -> turns.addAll(Collections.nCopies(life.states().size() + 1, life)));
    Collections.shuffle(turns, random);
    return turns;
  }

  private static PodTargets targets(PodBoard board) {
    return PodTargets.of(POOL, "source", PodDocuments.source(POOL), board.in("serving"));
  }
}
