package dev.inferscale.worker.backend.cpu;

import dev.inferscale.worker.model.ModelConfig;
import java.util.Arrays;

/// Grouped-query attention with rotary positions over the paged cache.
final class Attention {
  private final ModelConfig config;
  private final KvCache cache;
  private final Kernels kernels;
  private final Team team;
  private final int queryWidth;
  private final int keyWidth;
  private final float scale;
  private final float[] frequencies;
  private final float[] cosines;
  private final float[] sines;

  /// Scores of one query against a whole sequence, one array per thread of the team.
  private final float[][] scores;

  Attention(ModelConfig config, KvCache cache, Kernels kernels, Team team) {
    this.config = config;
    this.cache = cache;
    this.kernels = kernels;
    this.team = team;
    queryWidth = config.heads() * config.headDim();
    keyWidth = config.kvHeads() * config.headDim();
    scale = (float) (1 / Math.sqrt(config.headDim()));
    frequencies = config.ropeScaling().frequencies(config.ropeTheta(), config.headDim());
    cosines = new float[Llama.MAX_ROWS * frequencies.length];
    sines = new float[Llama.MAX_ROWS * frequencies.length];
    int blockTokens = cache.blockTokens();
    int longest = Math.ceilDiv(config.contextTokens(), blockTokens) * blockTokens;
    scores = new float[team.size()][longest];
  }

  /// Computes the rotations of a pass, which all its layers share.
  void begin(Rows rows) {
    for (int row = 0; row < rows.count(); row++) {
      for (int i = 0; i < frequencies.length; i++) {
        float angle = rows.position(row) * frequencies[i];
        cosines[row * frequencies.length + i] = (float) Math.cos(angle);
        sines[row * frequencies.length + i] = (float) Math.sin(angle);
      }
    }
  }

  /// Stores the pass's keys and values and computes every head's output.
  ///
  /// @param projected rows of queries, keys and values side by side; queries and keys are rotated
  ///   in place
  /// @param out rows of heads side by side
  void compute(Rows rows, int layer, float[] projected, int stride, float[] out) {
    for (int row = 0; row < rows.count(); row++) {
      rotate(row, projected, row * stride, config.heads() + config.kvHeads());
      store(rows, row, layer, projected, row * stride + queryWidth);
    }
    int heads = config.heads();
    team.run(
        rows.count() * heads,
        work(rows),
        (task, worker) -> {
          int row = task / heads;
          int head = task % heads;
          int queryAt = row * stride + head * config.headDim();
          int outAt = row * queryWidth + head * config.headDim();
          attend(rows, row, layer, head, projected, queryAt, scores[worker], out, outAt);
        });
  }

  private long work(Rows rows) {
    long tokens = 0;
    for (int row = 0; row < rows.count(); row++) {
      tokens += rows.position(row) + 1;
    }
    return 2 * tokens * queryWidth;
  }

  /// Turns the halves of each head against each other, as Hugging Face's Llama does.
  private void rotate(int row, float[] vectors, int at, int heads) {
    int half = frequencies.length;
    for (int head = at; head < at + heads * 2 * half; head += 2 * half) {
      for (int i = 0; i < half; i++) {
        float cosine = cosines[row * half + i];
        float sine = sines[row * half + i];
        float x = vectors[head + i];
        float y = vectors[head + half + i];
        vectors[head + i] = x * cosine - y * sine;
        vectors[head + half + i] = y * cosine + x * sine;
      }
    }
  }

  private void store(Rows rows, int row, int layer, float[] projected, int keyAt) {
    int position = rows.position(row);
    int block = rows.blocks(row)[position / cache.blockTokens()];
    int slot = position % cache.blockTokens();
    cache.putKey(layer, block, slot, projected, keyAt);
    cache.putValue(layer, block, slot, projected, keyAt + keyWidth);
  }

  private void attend(
      Rows rows,
      int row,
      int layer,
      int head,
      float[] query,
      int queryAt,
      float[] score,
      float[] out,
      int outAt) {
    int length = rows.position(row) + 1;
    int[] blocks = rows.blocks(row);
    int kvHead = head / (config.heads() / config.kvHeads());
    int headDim = config.headDim();
    int blockTokens = cache.blockTokens();
    for (int i = 0; i < headDim; i++) {
      query[queryAt + i] *= scale;
    }
    for (int first = 0; first < length; first += blockTokens) {
      long at = cache.at(layer, blocks[first / blockTokens], kvHead);
      kernels.scores(cache.keys(), at, blockTokens, query, queryAt, headDim, score, first);
    }
    float sum = softmax(score, length);
    Arrays.fill(out, outAt, outAt + headDim, 0);
    for (int first = 0; first < length; first += blockTokens) {
      long at = cache.at(layer, blocks[first / blockTokens], kvHead);
      int tokens = Math.min(blockTokens, length - first);
      kernels.mix(cache.values(), at, headDim, score, first, tokens, out, outAt);
    }
    for (int i = 0; i < headDim; i++) {
      out[outAt + i] /= sum;
    }
  }

  /// Turns scores into weights and gives their sum, which is divided by at the end.
  private float softmax(float[] score, int length) {
    float highest = score[0];
    for (int i = 1; i < length; i++) {
      highest = Math.max(highest, score[i]);
    }
    kernels.exponentials(score, length, highest);
    float sum = 0;
    for (int i = 0; i < length; i++) {
      sum += score[i];
    }
    return sum;
  }
}
