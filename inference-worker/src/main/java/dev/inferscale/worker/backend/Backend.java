package dev.inferscale.worker.backend;

/// A device that holds one model's weights and a paged KV cache, and computes one step of a batch
/// at a time.
///
/// Only the engine thread calls it, one call at a time, so implementations need no locks.
public interface Backend extends AutoCloseable {
  /// In place of a token: none was wanted, or the model's output for that sequence is no number.
  int NO_TOKEN = -1;

  /// What the device offers; fixed after construction.
  Capacity capacity();

  /// Computes one step: writes keys and values of every slice's tokens into its blocks and picks
  /// one next token for each slice with [Slice#wantsToken]. Deterministic: the same sequence gives
  /// the same tokens whatever else is in the batch.
  ///
  /// @return by slice index the next token, or [#NO_TOKEN]
  int[] step(Batch batch);

  @Override
  void close();

  /// What a device offers.
  ///
  /// @param blockTokens tokens per KV block
  /// @param blocks KV blocks in all
  /// @param contextTokens longest sequence the model was made for
  /// @param vocabulary number of logits
  /// @param device for people: `cpu (Vector API, 512 bit)`
  record Capacity(int blockTokens, int blocks, int contextTokens, int vocabulary, String device) {
    public long tokens() {
      return (long) blocks * blockTokens;
    }
  }
}
