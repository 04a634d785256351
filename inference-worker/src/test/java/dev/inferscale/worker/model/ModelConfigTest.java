package dev.inferscale.worker.model;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.inferscale.worker.Goldens;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class ModelConfigTest {
  private static final String LLAMA =
      """
      {"architectures": ["LlamaForCausalLM"], "hidden_size": 64, "intermediate_size": 176,
       "num_hidden_layers": 2, "num_attention_heads": 4, "vocab_size": 512,
       "max_position_embeddings": 512, "eos_token_id": 5}
      """;

  @TempDir private Path directory;

  @Test
  void theNewerSpellingIsRead() {
    ModelConfig config = ModelConfig.read(Goldens.model("llama3-rope"));

    assertThat(config.headDim()).isEqualTo(16);
    assertThat(config.ropeTheta()).isEqualTo(50_000);
    assertThat(config.ropeScaling()).isEqualTo(new RopeScaling.Llama3(8, 1, 4, 64));
    assertThat(config.tiedEmbeddings()).isTrue();
    assertThat(config.endTokens()).containsExactly(767);
  }

  @Test
  void theOlderSpellingIsRead() {
    ModelConfig config = ModelConfig.read(Goldens.model("llama-old-config"));

    assertThat(config.headDim()).isEqualTo(32);
    assertThat(config.ropeTheta()).isEqualTo(50_000);
    assertThat(config.ropeScaling()).isEqualTo(new RopeScaling.Llama3(8, 1, 4, 64));
    assertThat(config.kvHeads()).isEqualTo(1);
  }

  @Test
  void whatIsAbsentHasLlamasDefaults() throws IOException {
    config(LLAMA);

    ModelConfig config = ModelConfig.read(directory);

    assertThat(config.kvHeads()).isEqualTo(4);
    assertThat(config.headDim()).isEqualTo(16);
    assertThat(config.ropeTheta()).isEqualTo(10_000);
    assertThat(config.ropeScaling()).isEqualTo(new RopeScaling.None());
    assertThat(config.normEpsilon()).isEqualTo(1e-6f);
    assertThat(config.tiedEmbeddings()).isFalse();
    assertThat(config.endTokens()).containsExactly(5);
  }

  @Test
  void endTokensOfTheGenerationConfigWin() throws IOException {
    config(LLAMA);
    Files.writeString(directory.resolve("generation_config.json"), "{\"eos_token_id\": [7, 9, 7]}");

    assertThat(ModelConfig.read(directory).endTokens()).containsExactlyInAnyOrder(7, 9);
  }

  @Test
  void aMissingOrMalformedFileIsNamed() throws IOException {
    assertFault("config.json does not exist");
    config("{\"hidden_size\": 64,");
    assertFault("config.json is not JSON: ");
    config("[]");
    assertFault("config.json must hold a JSON object");
    config(" ".repeat((1 << 20) + 1));
    assertFault("config.json is 1048577 bytes long; at most 1048576 are read");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      textBlock =
          """
          "LlamaForCausalLM"             | "Qwen2ForCausalLM"  | architectures names Qwen2ForCausalLM; expected LlamaForCausalLM, the one architecture that is supported
          "hidden_size": 64              | "x": 1              | hidden_size is missing; expected a whole number
          "hidden_size": 64              | "hidden_size": "64" | hidden_size is "64"; expected a whole number from 1 to 131072
          "hidden_size": 64              | "hidden_size": 66   | hidden_size is 66; expected a multiple of 4
          "intermediate_size": 176       | "intermediate_size": 177 | intermediate_size is 177; expected a multiple of 2
          "vocab_size": 512              | "vocab_size": 0     | vocab_size is 0; expected
          "num_attention_heads": 4       | "num_attention_heads": 4, "num_key_value_heads": 3 | num_key_value_heads is 3; expected a divisor of num_attention_heads, which is 4
          "num_attention_heads": 4       | "num_attention_heads": 4, "head_dim": 6 | head_dim is 6; expected a multiple of 4
          "num_attention_heads": 4       | "num_attention_heads": 80 | num_attention_heads is 80; expected at most hidden_size, which is 64
          "vocab_size": 512              | "vocab_size": 512, "rms_norm_eps": -1 | rms_norm_eps is -1; expected a number above 0
          "vocab_size": 512              | "vocab_size": 512, "tie_word_embeddings": "yes" | tie_word_embeddings is "yes"; expected true or false
          "vocab_size": 512              | "vocab_size": 512, "rope_scaling": {"type": "yarn", "factor": 4} | rope_scaling.rope_type is yarn; expected default or llama3
          "vocab_size": 512              | "vocab_size": 512, "rope_parameters": {"rope_type": "default"}, "rope_scaling": {"type": "yarn"} | rope_scaling is given beside rope_parameters; expected one of the two
          "vocab_size": 512              | "vocab_size": 512, "hidden_act": "gelu" | hidden_act is gelu; expected silu
          "vocab_size": 512              | "vocab_size": 512, "attention_bias": true | attention_bias is true; expected false
          "vocab_size": 512              | "vocab_size": 512, "quantization_config": {"bits": 4} | quantization_config is set; expected unquantized
          "eos_token_id": 5              | "eos_token_id": "</s>" | eos_token_id is "</s>"; expected a token id or a list of token ids
          """)
  void whatCannotBeServedIsRefusedInOneSentence(String was, String is, String sentence)
      throws IOException {
    config(LLAMA.replace(was, is));

    assertFault(sentence);
  }

  private void assertFault(String part) {
    assertThatThrownBy(() -> ModelConfig.read(directory))
        .isInstanceOf(ModelFault.class)
        .hasMessageContaining(part);
  }

  private void config(String json) throws IOException {
    Files.writeString(directory.resolve("config.json"), json);
  }
}
