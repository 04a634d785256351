package dev.inferscale.adapter.metricsapi.selector;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Map;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;

class LabelSelectorProperties {

  /// Text made of the pieces of the grammar, so that about every second one parses.
  @Provide
  Arbitrary<String> pieces() {
    return Arbitraries.of(
            "a", "b", "pool", "=", "==", "!=", "!", " in ", " notin ", "(", ")", ",", ">", "<", "7",
            " ", "é", "x/y")
        .list()
        .ofMaxSize(9)
        .map(parts -> String.join("", parts));
  }

  @Property
  void anyTextIsReadOrRefused(@ForAll String text) {
    parsesToItself(text);
  }

  @Property
  void canonicalTextMeansTheSame(@ForAll("pieces") String text) {
    parsesToItself(text);
  }

  @Property
  void anAliasIsALegalValue(@ForAll String text) {
    assertThat(LabelText.isValue(LabelText.aliased(text))).isTrue();
  }

  private static void parsesToItself(String text) {
    LabelSelector read;
    try {
      read = LabelSelector.parse(text);
    } catch (BadSelector refused) {
      assertThat(refused.sentence()).isNotBlank();
      return;
    }
    Map<String, String> labels = Map.of("a", "b", "pool", "7");
    try {
      LabelSelector again = LabelSelector.parse(read.toString());
      assertThat(again).isEqualTo(read);
      assertThat(again.matches(labels::get)).isEqualTo(read.matches(labels::get));
    } catch (BadSelector broken) {
      throw new AssertionError("'" + text + "' is printed as '" + read + "'", broken);
    }
  }
}
