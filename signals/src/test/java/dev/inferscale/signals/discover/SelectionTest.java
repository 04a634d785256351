package dev.inferscale.signals.discover;

import static org.assertj.core.api.Assertions.assertThat;

import dev.inferscale.signals.pool.ModelPool.Expression;
import dev.inferscale.signals.pool.ModelPool.Expression.Operator;
import dev.inferscale.signals.pool.ModelPool.PodSelector;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

class SelectionTest {
  private static boolean matches(Operator operator, List<String> values, String... label) {
    Map<String, String> labels = label.length == 0 ? Map.of() : Map.of("tier", label[0]);
    PodSelector selector =
        new PodSelector(Map.of(), List.of(new Expression("tier", operator, values)));
    return Selection.matches(selector, labels);
  }

  @Test
  void operatorsMeanWhatTheyMeanInKubernetes() {
    List<String> ab = List.of("a", "b");
    assertThat(matches(Operator.IN, ab, "b")).isTrue();
    assertThat(matches(Operator.IN, ab, "c")).isFalse();
    assertThat(matches(Operator.IN, ab)).isFalse();
    assertThat(matches(Operator.NOT_IN, ab, "b")).isFalse();
    assertThat(matches(Operator.NOT_IN, ab, "c")).isTrue();
    assertThat(matches(Operator.NOT_IN, ab)).isTrue();
    assertThat(matches(Operator.EXISTS, List.of(), "")).isTrue();
    assertThat(matches(Operator.EXISTS, List.of())).isFalse();
    assertThat(matches(Operator.DOES_NOT_EXIST, List.of(), "")).isFalse();
    assertThat(matches(Operator.DOES_NOT_EXIST, List.of())).isTrue();
  }

  @Test
  void allPartsMustHold() {
    PodSelector both =
        new PodSelector(
            Map.of("app", "chat"),
            List.of(new Expression("canary", Operator.DOES_NOT_EXIST, List.of())));

    assertThat(Selection.matches(both, Map.of("app", "chat"))).isTrue();
    assertThat(Selection.matches(both, Map.of("app", "chat", "canary", "yes"))).isFalse();
    assertThat(Selection.matches(both, Map.of("app", "batch"))).isFalse();
  }
}
