package dev.inferscale.worker.backend;

import java.util.List;

/// One step's work: slices of different sequences, prefill chunks and decode steps mixed.
public record Batch(List<Slice> slices) {

  /// Consecutive new tokens of one sequence.
  ///
  /// @param tokens the token ids to compute, at positions `start`, `start + 1`, ...
  /// @param start position of the first of them = number of tokens already in the KV cache
  /// @param blocks the sequence's block table; block `p / blockTokens` holds position `p`; covers
  ///   `start + tokens.length`
  /// @param sampling how to pick the next token
  /// @param wantsToken false for a prefill chunk that is not the last of its prompt
  public record Slice(
      int[] tokens, int start, int[] blocks, Sampling sampling, boolean wantsToken) {}

  /// How the next token is picked; the draw is a function of `seed` and the position alone.
  ///
  /// @param temperature 0 is greedy
  /// @param topP 0 < p <= 1
  /// @param topK 0 is all
  public record Sampling(float temperature, float topP, int topK, long seed) {
    public static final Sampling GREEDY = new Sampling(0, 1, 0, 0);
  }
}
