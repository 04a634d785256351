package dev.inferscale.worker.model;

import com.fasterxml.jackson.databind.JsonNode;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashSet;
import java.util.OptionalDouble;
import java.util.OptionalLong;
import java.util.Set;

/// What `config.json` and `generation_config.json` of a Hugging Face directory say about a Llama.
///
/// @param hiddenSize width of the residual stream
/// @param feedForwardSize width of the gated feed-forward layer
/// @param heads query heads; each group of `heads / kvHeads` shares one key and value head
/// @param headDim dimensions of one head
/// @param vocabulary rows of the embedding, which may be more than the tokenizer's tokens
/// @param contextTokens longest sequence the model was made for
/// @param tiedEmbeddings whether the output projection is the embedding itself
/// @param endTokens ids that end an answer
public record ModelConfig(
    int hiddenSize,
    int feedForwardSize,
    int layers,
    int heads,
    int kvHeads,
    int headDim,
    int vocabulary,
    int contextTokens,
    float normEpsilon,
    double ropeTheta,
    RopeScaling ropeScaling,
    boolean tiedEmbeddings,
    Set<Integer> endTokens) {

  private static final long MAX_FILE_BYTES = 1 << 20;
  private static final String ARCHITECTURE = "LlamaForCausalLM";

  public ModelConfig {
    endTokens = Set.copyOf(endTokens);
  }

  /// Reads both spellings: `rope_parameters` and `dtype` of transformers 5, `rope_theta` and
  /// `rope_scaling` of earlier ones.
  ///
  /// @throws ModelFault if a file is missing or malformed, or the architecture is not supported
  public static ModelConfig read(Path directory) {
    JsonFile config = JsonFile.read(directory.resolve("config.json"), MAX_FILE_BYTES);
    checkArchitecture(config);
    int hiddenSize = config.positive("hidden_size", 1 << 17);
    int heads = config.positive("num_attention_heads", 1 << 12);
    if (heads > hiddenSize) {
      throw config.fault(
          "num_attention_heads", "is " + heads, "at most hidden_size, which is " + hiddenSize);
    }
    return checked(
        config,
        new ModelConfig(
            hiddenSize,
            config.positive("intermediate_size", 1 << 20),
            config.positive("num_hidden_layers", 1 << 10),
            heads,
            config.positive("num_key_value_heads", 1 << 12, OptionalLong.of(heads)),
            config.positive("head_dim", 1 << 10, OptionalLong.of(hiddenSize / heads)),
            config.positive("vocab_size", 1 << 24),
            config.positive("max_position_embeddings", 1 << 24),
            (float) config.positive("rms_norm_eps", OptionalDouble.of(1e-6)),
            ropeTheta(config),
            ropeScaling(config),
            config.flag("tie_word_embeddings", false),
            endTokens(directory, config)));
  }

  private static void checkArchitecture(JsonFile config) {
    JsonNode names = config.root().path("architectures");
    String found =
        names.isArray() && !names.isEmpty()
            ? names.get(0).asText()
            : config.text("model_type", "").equals("llama") ? ARCHITECTURE : "";
    if (!found.equals(ARCHITECTURE)) {
      throw config.fault(
          "architectures",
          found.isEmpty() ? "is missing" : "names " + brief(found),
          ARCHITECTURE + ", the one architecture that is supported");
    }
    refuse(config, "attention_bias");
    refuse(config, "mlp_bias");
    String activation = config.text("hidden_act", "silu");
    if (!activation.equals("silu")) {
      throw config.fault("hidden_act", "is " + brief(activation), "silu");
    }
    if (config.has("quantization_config")) {
      throw config.fault("quantization_config", "is set", "unquantized BF16, F16 or F32 weights");
    }
  }

  private static void refuse(JsonFile config, String bias) {
    if (config.flag(bias, false)) {
      throw config.fault(bias, "is true", "false: biases are not supported");
    }
  }

  private static ModelConfig checked(JsonFile file, ModelConfig config) {
    if (config.heads % config.kvHeads != 0) {
      throw file.fault(
          "num_key_value_heads",
          "is " + config.kvHeads,
          "a divisor of num_attention_heads, which is " + config.heads);
    }
    checkMultiple(file, "hidden_size", config.hiddenSize, 4);
    checkMultiple(file, "head_dim", config.headDim, 4);
    checkMultiple(file, "intermediate_size", config.feedForwardSize, 2);
    return config;
  }

  /// What the kernels' loops ask for; real models have multiples of 32.
  private static void checkMultiple(JsonFile file, String key, int value, int factor) {
    if (value % factor != 0) {
      throw file.fault(key, "is " + value, "a multiple of " + factor);
    }
  }

  private static double ropeTheta(JsonFile config) {
    JsonFile parameters = config.object("rope_parameters");
    JsonFile holder = parameters.has("rope_theta") ? parameters : config;
    return holder.positive("rope_theta", OptionalDouble.of(10_000));
  }

  private static RopeScaling ropeScaling(JsonFile config) {
    String key = config.has("rope_parameters") ? "rope_parameters" : "rope_scaling";
    if (config.has("rope_parameters") && config.has("rope_scaling")) {
      throw config.fault("rope_scaling", "is given beside rope_parameters", "one of the two");
    }
    JsonFile rope = config.object(key);
    String type = rope.text("rope_type", rope.text("type", "default"));
    return switch (type) {
      case "default" -> new RopeScaling.None();
      case "llama3" ->
          new RopeScaling.Llama3(
              rope.positive("factor", OptionalDouble.empty()),
              rope.positive("low_freq_factor", OptionalDouble.empty()),
              rope.positive("high_freq_factor", OptionalDouble.empty()),
              rope.positive("original_max_position_embeddings", 1 << 24));
      default -> throw config.fault(key + ".rope_type", "is " + brief(type), "default or llama3");
    };
  }

  /// `generation_config.json` wins over `config.json`: that is where instruct models list all of
  /// their end tokens.
  private static Set<Integer> endTokens(Path directory, JsonFile config) {
    Path generation = directory.resolve("generation_config.json");
    JsonFile holder = Files.exists(generation) ? JsonFile.read(generation, MAX_FILE_BYTES) : config;
    return endTokens(holder.has("eos_token_id") ? holder : config);
  }

  private static Set<Integer> endTokens(JsonFile holder) {
    JsonNode value = holder.root().path("eos_token_id");
    Set<Integer> ids = new LinkedHashSet<>();
    for (JsonNode id : value.isArray() ? value : Set.of(value)) {
      if (id.isInt() && id.asInt() >= 0) {
        ids.add(id.asInt());
      } else if (!id.isMissingNode() && !id.isNull()) {
        throw holder.fault(
            "eos_token_id", "is " + JsonFile.brief(value), "a token id or a list of token ids");
      }
    }
    return ids;
  }

  private static String brief(String name) {
    return name.length() <= 60 ? name : name.substring(0, 60) + "…";
  }
}
