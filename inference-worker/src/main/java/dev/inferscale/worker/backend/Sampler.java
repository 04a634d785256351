package dev.inferscale.worker.backend;

import dev.inferscale.worker.backend.Batch.Sampling;
import java.util.Arrays;

/// Picks the next token from logits. Not thread-safe: it keeps scratch arrays.
///
/// The draw depends on logits, seed and position alone, so a sequence that is computed again, or in
/// other company, gets the same tokens.
public final class Sampler {
  private final float[] probabilities;
  private final long[] ranked;

  public Sampler(int vocabulary) {
    probabilities = new float[vocabulary];
    ranked = new long[vocabulary];
  }

  /// Picks the token that follows.
  ///
  /// @param logits holds one logit per token of the vocabulary from index `at`
  /// @param position position that the picked token will have in its sequence
  /// @return [Backend#NO_TOKEN] where the logits are no numbers to choose by
  public int pick(float[] logits, int at, Sampling sampling, int position) {
    int best = argmax(logits, at);
    if (!Float.isFinite(logits[at + best])) {
      return Backend.NO_TOKEN;
    }
    if (sampling.temperature() <= 0 || sampling.topK() == 1) {
      return best;
    }
    double total = exponentials(logits, at, logits[at + best], sampling.temperature());
    if (!Double.isFinite(total)) {
      return Backend.NO_TOKEN;
    }
    double draw = uniform(sampling.seed(), position);
    if (sampling.topK() <= 0 && sampling.topP() >= 1) {
      return walk(draw * total, best);
    }
    return walkRanked(rank(total, sampling), draw, total, sampling);
  }

  /// The lowest id of those with the highest logit.
  private int argmax(float[] logits, int at) {
    int best = 0;
    for (int token = 1; token < probabilities.length; token++) {
      if (logits[at + token] > logits[at + best]) {
        best = token;
      }
    }
    return best;
  }

  private double exponentials(float[] logits, int at, float highest, float temperature) {
    double total = 0;
    for (int token = 0; token < probabilities.length; token++) {
      float weight = (float) Math.exp((logits[at + token] - highest) / temperature);
      probabilities[token] = weight;
      total += weight;
    }
    return total;
  }

  /// Fills the end of `ranked` with the tokens that can be in the nucleus, ascending, and gives
  /// their number. Tokens so unlikely that all of them together stay below `1 - topP` cannot be in
  /// it, which spares sorting the whole vocabulary.
  private int rank(double total, Sampling sampling) {
    int size = probabilities.length;
    double least = sampling.topK() > 0 ? 0 : (1 - sampling.topP()) * total / size;
    int count = 0;
    for (int token = 0; token < size; token++) {
      if (probabilities[token] >= least) {
        // Weights are not negative, so their bits order as they do; of equals the lower id is
        // first.
        ranked[count++] =
            (long) Float.floatToRawIntBits(probabilities[token]) << 32
                | (Integer.MAX_VALUE - token);
      }
    }
    Arrays.sort(ranked, 0, count);
    return count;
  }

  private int walkRanked(int count, double draw, double total, Sampling sampling) {
    int kept = sampling.topK() > 0 ? Math.min(sampling.topK(), count) : count;
    if (sampling.topP() < 1) {
      double mass = sampling.topK() > 0 ? mass(count, kept) : total;
      kept = nucleus(count, kept, sampling.topP() * mass);
    }
    double rest = draw * mass(count, kept);
    for (int i = 0; i < kept - 1; i++) {
      rest -= weight(count - 1 - i);
      if (rest < 0) {
        return token(count - 1 - i);
      }
    }
    return token(count - kept);
  }

  /// The fewest of the likeliest tokens that reach `mass` together.
  private int nucleus(int count, int most, double mass) {
    double sum = 0;
    for (int i = 0; i < most; i++) {
      sum += weight(count - 1 - i);
      if (sum >= mass) {
        return i + 1;
      }
    }
    return most;
  }

  private double mass(int count, int kept) {
    double sum = 0;
    for (int i = 0; i < kept; i++) {
      sum += weight(count - 1 - i);
    }
    return sum;
  }

  private float weight(int rank) {
    return Float.intBitsToFloat((int) (ranked[rank] >>> 32));
  }

  private int token(int rank) {
    return Integer.MAX_VALUE - (int) ranked[rank];
  }

  /// @param best answers where rounding leaves nothing to draw
  private int walk(double rest, int best) {
    for (int token = 0; token < probabilities.length; token++) {
      rest -= probabilities[token];
      if (rest < 0) {
        return token;
      }
    }
    return best;
  }

  /// A number in [0, 1) from a 64-bit finalizer (SplitMix64's) over seed and position.
  private static double uniform(long seed, int position) {
    long z = seed + 0x9e3779b97f4a7c15L * (position + 1L);
    z = (z ^ z >>> 30) * 0xbf58476d1ce4e5b9L;
    z = (z ^ z >>> 27) * 0x94d049bb133111ebL;
    return ((z ^ z >>> 31) >>> 11) * 0x1p-53;
  }
}
