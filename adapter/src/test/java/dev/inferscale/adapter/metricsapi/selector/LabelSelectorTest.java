package dev.inferscale.adapter.metricsapi.selector;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.inferscale.adapter.metricsapi.Vectors;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

class LabelSelectorTest {

  static List<List<String>> selectors() {
    return Vectors.read("selectors.tsv");
  }

  static List<List<String>> matches() {
    return Vectors.read("matches.tsv");
  }

  @ParameterizedTest
  @MethodSource("selectors")
  void readsTextAsKubernetesDoes(List<String> vector) throws BadSelector {
    if (vector.get(1).equals("yes")) {
      assertThat(LabelSelector.parse(vector.getFirst())).hasToString(vector.get(2));
    } else {
      assertThatThrownBy(() -> LabelSelector.parse(vector.getFirst()))
          .isInstanceOf(BadSelector.class)
          .hasMessageStartingWith(vector.get(2));
    }
  }

  @ParameterizedTest
  @MethodSource("matches")
  void matchesAsKubernetesDoes(List<String> vector) throws BadSelector {
    Map<String, String> labels = Map.of("a", "b", "n", "5", "e", "");

    assertThat(LabelSelector.parse(vector.getFirst()).matches(labels::get))
        .isEqualTo(Boolean.parseBoolean(vector.get(1)));
  }

  @Test
  void namesTheIllegalValueAndItsKey() {
    assertThatThrownBy(() -> LabelSelector.parse("model=acme/chat-9b"))
        .isInstanceOfSatisfying(
            BadSelector.class,
            bad -> {
              assertThat(bad.key()).isEqualTo("model");
              assertThat(bad.illegalValue()).isEqualTo("acme/chat-9b");
            });
  }

  @Test
  void refusesASelectorThatIsTooLong() {
    assertThatThrownBy(() -> LabelSelector.parse("a,".repeat(3_000) + "a"))
        .hasMessageContaining("6001 characters");
  }

  @Test
  void aliasesAnIllegalValueToALegalOne() {
    assertThat(LabelText.aliased("meta-llama/Llama-3.1:8b")).isEqualTo("meta-llama_Llama-3.1_8b");
    assertThat(LabelText.aliased("/x/")).isEqualTo("x");
    assertThat(LabelText.aliased("a".repeat(100))).hasSize(63);
    assertThat(LabelText.aliased("///")).isEmpty();
  }
}
