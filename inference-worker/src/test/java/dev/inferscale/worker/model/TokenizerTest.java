package dev.inferscale.worker.model;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import dev.inferscale.worker.Goldens;
import java.nio.file.Path;
import java.util.Base64;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class TokenizerTest {
  private static final List<JsonNode> CORPUS = Goldens.lines("tokenizers/corpus.jsonl");

  @ParameterizedTest
  @ValueSource(strings = {"gpt2", "llama3", "qwen2"})
  void idsAndTextsAreTheReferences(String name) {
    Tokenizer tokenizer = load(name);
    List<JsonNode> expected = Goldens.lines("tokenizers/" + name + "/expected.jsonl");

    assertThat(expected).hasSameSizeAs(CORPUS);
    for (int i = 0; i < CORPUS.size(); i++) {
      check(tokenizer, CORPUS.get(i).path("text").asText(), expected.get(i));
    }
  }

  private static void check(Tokenizer tokenizer, String text, JsonNode expected) {
    int[] ids = Goldens.ints(expected.path("ids"));
    String decoded = expected.path("decoded").asText();

    assertThat(tokenizer.encode(text, false)).as("ids of %s", expected.path("id")).isEqualTo(ids);
    assertThat(tokenizer.encode(text, true)).isEqualTo(Goldens.ints(expected.path("ids_special")));
    assertThat(tokenizer.decode(ids, false)).isEqualTo(decoded);
    assertThat(tokenizer.decode(ids, true))
        .isEqualTo(expected.path("decoded_skip_special").asText(decoded));
  }

  @ParameterizedTest
  @ValueSource(strings = {"gpt2", "llama3", "qwen2"})
  void piecesOfAStreamNeverHoldAPartOfACharacter(String name) {
    Tokenizer tokenizer = load(name);
    List<JsonNode> cases = Goldens.lines("tokenizers/" + name + "/streaming.jsonl");

    assertThat(cases).hasSizeGreaterThan(20);
    for (JsonNode expected : cases) {
      Tokenizer.Stream stream = tokenizer.stream(expected.path("skip_special").asBoolean());
      int[] ids = Goldens.ints(expected.path("ids"));
      for (int i = 0; i < ids.length; i++) {
        assertThat(stream.next(ids[i]))
            .as("%s, piece %d", expected.path("case").asText(), i)
            .isEqualTo(expected.path("pieces").get(i).asText());
      }
      assertThat(stream.end()).isEqualTo(expected.path("end").asText());
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"demo", "llama", "llama3-rope", "llama-old-config", "llama-sharded"})
  void promptsOfTheGoldenModelsHaveTheReferencesIds(String model) {
    Tokenizer tokenizer = Tokenizer.load(Goldens.model(model));

    for (var prompt : Goldens.golden(model).path("prompts").properties()) {
      boolean addsBos = !prompt.getKey().equals("chat");
      assertThat(tokenizer.encode(prompt.getValue().path("text").asText(), addsBos))
          .as(prompt.getKey())
          .isEqualTo(Goldens.ints(prompt.getValue().path("ids")));
    }
  }

  @Test
  void malformedBytesDecodeAsTheCorpusSays() {
    List<JsonNode> malformed =
        CORPUS.stream().filter(line -> line.path("kind").asText().equals("bytes")).toList();

    assertThat(malformed).isNotEmpty();
    for (JsonNode line : malformed) {
      byte[] bytes = Base64.getDecoder().decode(line.path("bytes").asText());
      var decoded = new StringBuilder();
      var utf8 = new Utf8Stream();
      utf8.accept(bytes, decoded);
      utf8.end(decoded);
      assertThat(decoded.toString()).isEqualTo(line.path("text").asText());
    }
  }

  @Test
  void idsThatNoTokenHasDecodeToNothing() {
    Tokenizer tokenizer = load("llama3");

    assertThat(tokenizer.decode(new int[] {-1, tokenizer.size(), 1 << 30}, false)).isEmpty();
  }

  @Test
  void aWordOfAMegabyteIsNotQuadratic() {
    String text = "ab".repeat(500_000);
    Tokenizer tokenizer = load("llama3");

    int[] ids = tokenizer.encode(text, false);

    assertThat(tokenizer.decode(ids, false)).isEqualTo(text);
  }

  private static Tokenizer load(String name) {
    Path directory = Goldens.path("tokenizers/" + name);
    return Tokenizer.load(directory);
  }
}
