package dev.inferscale.worker.backend.cpu;

import dev.inferscale.worker.model.ModelConfig;

/// The forward pass: embedding, layers of attention and gated feed-forward, logits. All rows of a
/// pass go through each weight matrix together, so weights are read once for all of them.
///
/// Run by one thread, which the team helps. Nothing in a row's result depends on other rows but
/// through the keys and values of its own sequence.
final class Llama {
  /// Most rows of one pass; a multiple of four, as the kernels ask.
  static final int MAX_ROWS = 128;

  private final ModelConfig config;
  private final Weights weights;
  private final Kernels kernels;
  private final Team team;
  private final Attention attention;
  private final int queryKeyValueStride;
  private final int gateUpStride;
  private final int hiddenStride;
  private final float[] states;
  private final float[] normed;
  private final float[] queryKeyValue;
  private final float[] heads;
  private final float[] delta;
  private final float[] gateUp;
  private final float[] gated;
  private float[] logits = {};

  /// Sees the residual stream on its way; for tests.
  interface Trace {
    Trace NONE = states -> {};

    /// Called after the embedding, after each layer and after the final norm.
    ///
    /// @param states `[row][hiddenSize]` for [#MAX_ROWS] rows; only until the call returns
    void seen(float[] states);
  }

  Llama(ModelConfig config, Weights weights, KvCache cache, Kernels kernels, Team team) {
    this.config = config;
    this.weights = weights;
    this.kernels = kernels;
    this.team = team;
    attention = new Attention(config, cache, kernels, team);
    Weights.Layer layer = weights.layers().getFirst();
    queryKeyValueStride = layer.queryKeyValue().paddedRows();
    gateUpStride = layer.gateUp().paddedRows();
    hiddenStride = layer.down().paddedRows();
    states = new float[MAX_ROWS * config.hiddenSize()];
    normed = new float[MAX_ROWS * config.hiddenSize()];
    queryKeyValue = new float[MAX_ROWS * queryKeyValueStride];
    heads = new float[MAX_ROWS * config.heads() * config.headDim()];
    delta = new float[MAX_ROWS * hiddenStride];
    gateUp = new float[MAX_ROWS * gateUpStride];
    gated = new float[MAX_ROWS * config.feedForwardSize()];
  }

  /// Computes a pass: writes keys and values, and the logits of the rows that want them.
  void compute(Rows rows, Trace trace) {
    for (int row = 0; row < rows.count(); row++) {
      weights.embedding().unpackRow(rows.token(row), states, row * config.hiddenSize());
    }
    trace.seen(states);
    attention.begin(rows);
    for (int i = 0; i < config.layers(); i++) {
      Weights.Layer layer = weights.layers().get(i);
      attend(rows, i, layer);
      feedForward(rows.count(), layer);
      trace.seen(states);
    }
    project(rows, trace);
  }

  /// Logits of the i-th wanted row start at this index of [#logits].
  int logitsAt(int i) {
    return i * weights.output().paddedRows();
  }

  float[] logits() {
    return logits;
  }

  private void attend(Rows rows, int index, Weights.Layer layer) {
    int count = rows.count();
    int width = config.heads() * config.headDim();
    for (int row = 0; row < count; row++) {
      normalize(row, row, layer.attentionNorm());
    }
    multiply(layer.queryKeyValue(), normed, config.hiddenSize(), count, queryKeyValue);
    attention.compute(rows, index, queryKeyValue, queryKeyValueStride, heads);
    multiply(layer.attentionOutput(), heads, width, count, delta);
    addDelta(count);
  }

  private void feedForward(int count, Weights.Layer layer) {
    int inner = config.feedForwardSize();
    for (int row = 0; row < count; row++) {
      normalize(row, row, layer.feedForwardNorm());
    }
    multiply(layer.gateUp(), normed, config.hiddenSize(), count, gateUp);
    for (int row = 0; row < count; row++) {
      kernels.gate(gateUp, row * gateUpStride, inner, gated, row * inner);
    }
    multiply(layer.down(), gated, inner, count, delta);
    addDelta(count);
  }

  private void project(Rows rows, Trace trace) {
    int count = rows.wantedCount();
    if (count == 0) {
      return;
    }
    for (int i = 0; i < count; i++) {
      normalize(rows.wanted(i), i, weights.finalNorm());
    }
    trace.seen(normed);
    int needed = logitsAt(Math.ceilDiv(count, 4) * 4);
    if (logits.length < needed) {
      logits = new float[needed];
    }
    multiply(weights.output(), normed, config.hiddenSize(), count, logits);
  }

  private void multiply(Panels matrix, float[] in, int inStride, int count, float[] out) {
    long work = (long) matrix.rows() * matrix.columns() * Math.ceilDiv(count, 2);
    int outStride = matrix.paddedRows();
    int panels = matrix.panels();
    int tasks = Math.ceilDiv(panels, Kernels.PANELS_PER_CALL);
    team.run(
        tasks,
        work,
        (task, worker) -> {
          int from = task * Kernels.PANELS_PER_CALL;
          int to = Math.min(from + Kernels.PANELS_PER_CALL, panels);
          kernels.multiply(matrix, from, to, in, inStride, count, out, outStride);
        });
  }

  private void addDelta(int count) {
    int hidden = config.hiddenSize();
    for (int row = 0; row < count; row++) {
      for (int i = 0; i < hidden; i++) {
        states[row * hidden + i] += delta[row * hiddenStride + i];
      }
    }
  }

  /// RMSNorm: x / sqrt(mean(x²) + ε) · scale, from a row of states to a row of normed.
  private void normalize(int from, int to, float[] scale) {
    int hidden = config.hiddenSize();
    int at = from * hidden;
    float factor = (float) (1 / Math.sqrt(meanSquare(at, hidden) + config.normEpsilon()));
    for (int i = 0; i < hidden; i++) {
      normed[to * hidden + i] = states[at + i] * factor * scale[i];
    }
  }

  /// In four chains, so that additions need not wait for each other.
  private float meanSquare(int at, int count) {
    float a = 0;
    float b = 0;
    float c = 0;
    float d = 0;
    for (int i = at; i < at + count; i += 4) {
      a += states[i] * states[i];
      b += states[i + 1] * states[i + 1];
      c += states[i + 2] * states[i + 2];
      d += states[i + 3] * states[i + 3];
    }
    return ((a + b) + (c + d)) / count;
  }
}
