package dev.inferscale.worker.backend.cpu;

import dev.inferscale.worker.model.ModelConfig;
import dev.inferscale.worker.model.ModelFault;
import dev.inferscale.worker.model.Safetensors;
import dev.inferscale.worker.model.Tensor;
import java.lang.foreign.Arena;
import java.util.ArrayList;
import java.util.List;

/// All weights of a Llama, packed for the kernels.
///
/// @param embedding one row per token
/// @param finalNorm scale of the last normalization
/// @param output rows give logits; the embedding itself where the two are tied
record Weights(Panels embedding, List<Layer> layers, float[] finalNorm, Panels output) {

  /// The weights of one layer.
  ///
  /// @param attentionNorm scale of the normalization before attention
  /// @param queryKeyValue the three projections, one above the other
  /// @param attentionOutput from the heads back to the residual stream
  /// @param gateUp gate and up projection, one above the other
  record Layer(
      float[] attentionNorm,
      Panels queryKeyValue,
      Panels attentionOutput,
      float[] feedForwardNorm,
      Panels gateUp,
      Panels down) {}

  /// Packs everything into memory of the arena; the files are not needed afterwards.
  static Weights load(Safetensors files, ModelConfig config, int lanes, Arena arena, Team team) {
    return new Loader(files, config, lanes, arena, team).load();
  }

  private record Loader(Safetensors files, ModelConfig config, int lanes, Arena arena, Team team) {

    Weights load() {
      int vocabulary = config.vocabulary();
      int hidden = config.hiddenSize();
      Panels embedding = pack(files.tensor("model.embed_tokens.weight", vocabulary, hidden));
      var layers = new ArrayList<Layer>();
      for (int i = 0; i < config.layers(); i++) {
        layers.add(layer("model.layers." + i + "."));
      }
      return new Weights(
          embedding,
          List.copyOf(layers),
          files.tensor("model.norm.weight", hidden).toArray(),
          config.tiedEmbeddings()
              ? embedding
              : pack(files.tensor("lm_head.weight", vocabulary, hidden)));
    }

    private Layer layer(String prefix) {
      int hidden = config.hiddenSize();
      int queries = config.heads() * config.headDim();
      int keys = config.kvHeads() * config.headDim();
      int inner = config.feedForwardSize();
      return new Layer(
          files.tensor(prefix + "input_layernorm.weight", hidden).toArray(),
          pack(
              files.tensor(prefix + "self_attn.q_proj.weight", queries, hidden),
              files.tensor(prefix + "self_attn.k_proj.weight", keys, hidden),
              files.tensor(prefix + "self_attn.v_proj.weight", keys, hidden)),
          pack(files.tensor(prefix + "self_attn.o_proj.weight", hidden, queries)),
          files.tensor(prefix + "post_attention_layernorm.weight", hidden).toArray(),
          pack(
              files.tensor(prefix + "mlp.gate_proj.weight", inner, hidden),
              files.tensor(prefix + "mlp.up_proj.weight", inner, hidden)),
          pack(files.tensor(prefix + "mlp.down_proj.weight", hidden, inner)));
    }

    private Panels pack(Tensor... parts) {
      for (Tensor part : parts) {
        if (part.dtype() != parts[0].dtype()) {
          throw new ModelFault(
              "weights of one layer are stored as both %s and %s; expected one dtype for all"
                  .formatted(parts[0].dtype(), part.dtype()));
        }
      }
      return Panels.pack(List.of(parts), lanes, arena, team);
    }
  }
}
