package dev.inferscale.worker.backend.paced;

import dev.inferscale.worker.backend.Batch;
import dev.inferscale.worker.backend.Batch.Slice;

/// What the time of a step depends on: B, K and P of the engine model.
///
/// @param sequences B: sequences that decode, those that prefill left out
/// @param residentTokens K: tokens of the decoding sequences, prompt and output, before the step;
///   the token that the step computes is the last of them
/// @param prefillTokens P: prompt tokens that the step computes; after a preemption also the output
///   that is computed again
record StepWork(int sequences, long residentTokens, int prefillTokens) {

  /// Counts a batch. A slice of a single token that ends what its sequence has so far is a decoding
  /// step; the last token of a prompt that was cut just before it looks the same, here and to a
  /// real device, and counts as one too.
  static StepWork of(Batch batch) {
    int sequences = 0;
    long residentTokens = 0;
    int prefillTokens = 0;
    for (Slice slice : batch.slices()) {
      if (decodes(slice)) {
        sequences++;
        residentTokens += slice.start() + 1L;
      } else {
        prefillTokens += slice.tokens().length;
      }
    }
    return new StepWork(sequences, residentTokens, prefillTokens);
  }

  private static boolean decodes(Slice slice) {
    return slice.tokens().length == 1 && slice.start() > 0 && slice.wantsToken();
  }
}
