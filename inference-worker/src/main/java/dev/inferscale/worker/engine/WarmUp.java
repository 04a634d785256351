package dev.inferscale.worker.engine;

import dev.inferscale.worker.backend.Backend;
import dev.inferscale.worker.backend.Batch;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/// Computes for nobody before the worker serves, so that the first requests do not pay for the
/// compilation of the code they run: cold, one step of a small model takes a second.
public final class WarmUp {
  private static final int SEQUENCES = 8;
  private static final int PROMPT_TOKENS = 16;
  private static final int DECODE_STEPS = 16;

  private WarmUp() {}

  /// Runs prompts and decoding of a small batch, again and again, until the time is over. To be
  /// called before the engine has the backend; what it leaves in the KV cache is overwritten.
  ///
  /// @param limit zero does nothing; a round that has begun is finished
  /// @return false where the model's output was no number, as with damaged weights
  public static boolean run(Backend backend, Duration limit, InstantSource time) {
    Backend.Capacity capacity = backend.capacity();
    int longest = PROMPT_TOKENS + DECODE_STEPS;
    int blocksEach = Scheduler.blocksFor(longest, capacity.blockTokens());
    int sequences = Math.min(SEQUENCES, capacity.blocks() / blocksEach);
    Instant end = time.instant().plus(limit);
    boolean numbers = true;
    while (sequences > 0 && capacity.contextTokens() >= longest && time.instant().isBefore(end)) {
      int[] first = backend.step(batch(sequences, blocksEach, 0, PROMPT_TOKENS));
      numbers &= Arrays.stream(first).noneMatch(token -> token == Backend.NO_TOKEN);
      for (int i = 0; i < DECODE_STEPS && time.instant().isBefore(end); i++) {
        backend.step(batch(sequences, blocksEach, PROMPT_TOKENS + i, 1));
      }
    }
    return numbers;
  }

  private static Batch batch(int sequences, int blocksEach, int start, int tokens) {
    List<Batch.Slice> slices = new ArrayList<>(sequences);
    for (int i = 0; i < sequences; i++) {
      int[] blocks = new int[blocksEach];
      for (int b = 0; b < blocksEach; b++) {
        blocks[b] = i * blocksEach + b;
      }
      // Half of them draw, so that the sampler is warm too.
      Batch.Sampling sampling =
          i % 2 == 0 ? Batch.Sampling.GREEDY : new Batch.Sampling(1, 0.9f, 0, i);
      slices.add(new Batch.Slice(new int[tokens], start, blocks, sampling, true));
    }
    return new Batch(slices);
  }
}
