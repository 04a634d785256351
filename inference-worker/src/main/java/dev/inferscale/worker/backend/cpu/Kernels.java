package dev.inferscale.worker.backend.cpu;

import java.lang.foreign.MemorySegment;

/// The arithmetic that dominates: products with packed weights, attention over one KV block, and
/// exponentials. Both implementations do the same operations in the same order on every element,
/// fused multiply-adds included, so they agree bit by bit.
interface Kernels {

  /// The Vector API's where its module is present (`--add-modules jdk.incubator.vector`), else
  /// plain Java.
  static Kernels best() {
    return ModuleLayer.boot().findModule("jdk.incubator.vector").isPresent()
        ? new VectorKernels()
        : new ScalarKernels();
  }

  /// For people: `Vector API, 512 bit`.
  String name();

  /// Floats of one vector: what [Panels] are packed for.
  int lanes();

  /// Panels that are best multiplied by one call.
  int PANELS_PER_CALL = 2;

  /// Multiplies rows of activations with panels `from` to `to`, exclusive, of weights: for each row
  /// the outputs of each panel, written at `out[row * outStride + panel * panelRows]`.
  ///
  /// Rows are computed four at a time: both arrays must hold whole fours of rows, and what the
  /// surplus rows hold is of no account.
  void multiply(
      Panels weights,
      int from,
      int to,
      float[] in,
      int inStride,
      int rows,
      float[] out,
      int outStride);

  /// Dot products of one query head with all keys of a block: `out[outAt + t]` for every token `t`
  /// of the block.
  ///
  /// @param at byte offset of the block's keys, stored as `[headDim][blockTokens]`
  /// @param headDim a multiple of 4
  void scores(
      MemorySegment keys,
      long at,
      int blockTokens,
      float[] query,
      int queryAt,
      int headDim,
      float[] out,
      int outAt);

  /// Adds the first `tokens` values of a block, each times its weight, to `out`.
  ///
  /// @param at byte offset of the block's values, stored as `[blockTokens][headDim]`
  void mix(
      MemorySegment values,
      long at,
      int headDim,
      float[] weights,
      int weightsAt,
      int tokens,
      float[] out,
      int outAt);

  /// `x[i] = exp(x[i] - shift)` for `count` elements, within two units in the last place; below
  /// about -87 the result is that of -87.
  void exponentials(float[] x, int count, float shift);

  /// `out[outAt + i] = silu(x[at + i]) * x[at + count + i]`: the gated activation of a row that
  /// holds gate and up projections side by side.
  void gate(float[] x, int at, int count, float[] out, int outAt);
}
