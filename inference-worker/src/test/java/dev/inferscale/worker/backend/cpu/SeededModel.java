package dev.inferscale.worker.backend.cpu;

import dev.inferscale.worker.model.Dtype;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.stream.Collectors;

/// Writes a Llama of any shape with random weights as Hugging Face would, the same for the same
/// seed. It has no tokenizer.
record SeededModel(
    int hidden,
    int inner,
    int layers,
    int heads,
    int kvHeads,
    int headDim,
    int vocabulary,
    boolean tied,
    Dtype dtype) {
  private static final int CHUNK_BYTES = 1 << 16;

  void write(Path directory, long seed) throws IOException {
    Files.writeString(directory.resolve("config.json"), config());
    Map<String, long[]> shapes = shapes();
    Path file = directory.resolve("model.safetensors");
    try (var channel =
        FileChannel.open(file, StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE)) {
      byte[] header = header(shapes).getBytes(StandardCharsets.UTF_8);
      channel.write(little(8).putLong(header.length).flip());
      channel.write(ByteBuffer.wrap(header));
      var random = new SplittableRandom(seed);
      for (long[] shape : shapes.values()) {
        writeTensor(channel, size(shape), shape.length == 1, random);
      }
    }
  }

  long parameters() {
    return shapes().values().stream().mapToLong(SeededModel::size).sum();
  }

  private String config() {
    return """
    {"architectures": ["LlamaForCausalLM"], "hidden_size": %d, "intermediate_size": %d,
     "num_hidden_layers": %d, "num_attention_heads": %d, "num_key_value_heads": %d,
     "head_dim": %d, "vocab_size": %d, "max_position_embeddings": 512, "rms_norm_eps": 1e-5,
     "tie_word_embeddings": %b, "eos_token_id": 0}
    """
        .formatted(hidden, inner, layers, heads, kvHeads, headDim, vocabulary, tied);
  }

  private Map<String, long[]> shapes() {
    var shapes = new LinkedHashMap<String, long[]>();
    long queries = (long) heads * headDim;
    long keys = (long) kvHeads * headDim;
    shapes.put("model.embed_tokens.weight", new long[] {vocabulary, hidden});
    for (int i = 0; i < layers; i++) {
      String layer = "model.layers." + i + ".";
      shapes.put(layer + "input_layernorm.weight", new long[] {hidden});
      shapes.put(layer + "self_attn.q_proj.weight", new long[] {queries, hidden});
      shapes.put(layer + "self_attn.k_proj.weight", new long[] {keys, hidden});
      shapes.put(layer + "self_attn.v_proj.weight", new long[] {keys, hidden});
      shapes.put(layer + "self_attn.o_proj.weight", new long[] {hidden, queries});
      shapes.put(layer + "post_attention_layernorm.weight", new long[] {hidden});
      shapes.put(layer + "mlp.gate_proj.weight", new long[] {inner, hidden});
      shapes.put(layer + "mlp.up_proj.weight", new long[] {inner, hidden});
      shapes.put(layer + "mlp.down_proj.weight", new long[] {hidden, inner});
    }
    shapes.put("model.norm.weight", new long[] {hidden});
    if (!tied) {
      shapes.put("lm_head.weight", new long[] {vocabulary, hidden});
    }
    return shapes;
  }

  private String header(Map<String, long[]> shapes) {
    var header = new LinkedHashMap<String, String>();
    long at = 0;
    for (var tensor : shapes.entrySet()) {
      long end = at + size(tensor.getValue()) * dtype.bytes();
      String shape =
          Arrays.stream(tensor.getValue())
              .mapToObj(Long::toString)
              .collect(Collectors.joining(","));
      header.put(
          tensor.getKey(),
          "{\"dtype\":\"%s\",\"shape\":[%s],\"data_offsets\":[%d,%d]}"
              .formatted(dtype, shape, at, end));
      at = end;
    }
    return header.entrySet().stream()
        .map(tensor -> "\"" + tensor.getKey() + "\":" + tensor.getValue())
        .collect(Collectors.joining(",", "{", "}"));
  }

  private void writeTensor(FileChannel out, long size, boolean norm, SplittableRandom random)
      throws IOException {
    ByteBuffer buffer = little(CHUNK_BYTES);
    for (long i = 0; i < size; i++) {
      float spread = (random.nextInt() >> 8) * 0x1p-23f * (norm ? 0.2f : 0.1f);
      put(buffer, norm ? 1 + spread : spread);
      if (!buffer.hasRemaining() || i == size - 1) {
        out.write(buffer.flip());
        buffer.clear();
      }
    }
  }

  private void put(ByteBuffer buffer, float value) {
    switch (dtype) {
      case BF16 -> buffer.putShort((short) (Float.floatToRawIntBits(value) >>> 16));
      case F16 -> buffer.putShort(Float.floatToFloat16(value));
      case F32 -> buffer.putFloat(value);
    }
  }

  private static long size(long[] shape) {
    long size = 1;
    for (long extent : shape) {
      size *= extent;
    }
    return size;
  }

  private static ByteBuffer little(int bytes) {
    return ByteBuffer.allocate(bytes).order(ByteOrder.LITTLE_ENDIAN);
  }
}
