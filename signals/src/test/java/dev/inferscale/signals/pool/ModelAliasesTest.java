package dev.inferscale.signals.pool;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.Collections;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import net.jqwik.api.Example;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.StringLength;

class ModelAliasesTest {

  @Example
  void illegalCharactersBecomeUnderscores() {
    assertThat(ModelAliases.of(List.of("meta-llama/Llama-3.1-8B-Instruct")))
        .containsEntry("meta-llama/Llama-3.1-8B-Instruct", "meta-llama_Llama-3.1-8B-Instruct");
  }

  @Example
  void modelsThatWouldShareAnAliasGetAHash() {
    Map<String, String> aliases = ModelAliases.of(List.of("acme/chat:9b", "acme/chat_9b"));

    assertThat(aliases.get("acme/chat:9b")).matches("acme_chat_9b-[0-9a-f]{8}");
    assertThat(aliases.get("acme/chat_9b")).matches("acme_chat_9b-[0-9a-f]{8}");
    assertThat(new HashSet<>(aliases.values())).hasSize(2);
  }

  @Example
  void aNameThatIsLegalKeepsItself() {
    assertThat(ModelAliases.of(List.of("acme_chat", "acme/chat")))
        .containsEntry("acme_chat", "acme_chat");
  }

  @Property
  void everyAliasIsALegalLabelValueAndBelongsToOneModel(
      @ForAll List<@StringLength(min = 1, max = 90) String> models) {
    Map<String, String> aliases = ModelAliases.of(models);

    assertThat(aliases.keySet()).containsExactlyInAnyOrderElementsOf(new HashSet<>(models));
    assertThat(aliases.values())
        .doesNotHaveDuplicates()
        .allMatch(alias -> alias.matches("[A-Za-z0-9]([-A-Za-z0-9_.]{0,61}[A-Za-z0-9])?"));
  }

  @Property
  void aliasesDoNotDependOnTheOrder(@ForAll List<@StringLength(max = 5) String> models) {
    List<String> reversed = new ArrayList<>(models);
    Collections.reverse(reversed);

    assertThat(ModelAliases.of(reversed)).isEqualTo(ModelAliases.of(models));
  }
}
