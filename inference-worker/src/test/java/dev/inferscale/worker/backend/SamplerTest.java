package dev.inferscale.worker.backend;

import static org.assertj.core.api.Assertions.assertThat;

import dev.inferscale.worker.backend.Batch.Sampling;
import java.util.Arrays;
import org.assertj.core.data.Offset;
import org.junit.jupiter.api.Test;

class SamplerTest {
  private static final int DRAWS = 20_000;

  /// Logits of the probabilities 0.1, 0.4, 0.2 and 0.3, after one that belongs to another row.
  private final float[] logits = {99, log(0.1), log(0.4), log(0.2), log(0.3)};

  private final Sampler sampler = new Sampler(4);

  @Test
  void greedyPicksTheHighestAndOfEqualsTheFirst() {
    assertThat(sampler.pick(logits, 1, Sampling.GREEDY, 0)).isEqualTo(1);
    assertThat(sampler.pick(new float[] {2, 5, 5, 1}, 0, Sampling.GREEDY, 0)).isEqualTo(1);
  }

  @Test
  void nothingIsPickedByWhatIsNoNumber() {
    float[] nan = {Float.NaN, Float.NaN, Float.NaN, Float.NaN};
    float[] some = {1, Float.NaN, 0, 0};
    float[] infinite = {0, Float.POSITIVE_INFINITY, 0, 0};

    for (Sampling sampling : new Sampling[] {Sampling.GREEDY, new Sampling(1, 0.5f, 0, 42)}) {
      assertThat(sampler.pick(nan, 0, sampling, 0)).isEqualTo(Backend.NO_TOKEN);
      assertThat(sampler.pick(infinite, 0, sampling, 0)).isEqualTo(Backend.NO_TOKEN);
    }
    assertThat(sampler.pick(some, 0, new Sampling(1, 0.5f, 0, 42), 0)).isEqualTo(Backend.NO_TOKEN);
  }

  @Test
  void drawsFollowTheProbabilities() {
    assertShares(new Sampling(1, 1, 0, 42), 0.1, 0.4, 0.2, 0.3);
  }

  @Test
  void temperatureSharpens() {
    assertShares(new Sampling(0.5f, 1, 0, 42), 0.01 / 0.3, 0.16 / 0.3, 0.04 / 0.3, 0.09 / 0.3);
  }

  @Test
  void topKKeepsTheLikeliest() {
    assertShares(new Sampling(1, 1, 2, 42), 0, 0.4 / 0.7, 0, 0.3 / 0.7);
    assertShares(new Sampling(1, 1, 1, 42), 0, 1, 0, 0);
    assertShares(new Sampling(1, 1, 100, 42), 0.1, 0.4, 0.2, 0.3);
  }

  @Test
  void topPKeepsTheFewestThatReachIt() {
    assertShares(new Sampling(1, 0.65f, 0, 42), 0, 0.4 / 0.7, 0, 0.3 / 0.7);
    assertShares(new Sampling(1, 0.75f, 0, 42), 0, 0.4 / 0.9, 0.2 / 0.9, 0.3 / 0.9);
    assertShares(new Sampling(1, 0.0001f, 0, 42), 0, 1, 0, 0);
  }

  @Test
  void topPCountsWithinTopK() {
    assertShares(new Sampling(1, 0.55f, 2, 42), 0, 1, 0, 0);
    assertShares(new Sampling(1, 0.65f, 3, 42), 0, 0.4 / 0.7, 0, 0.3 / 0.7);
  }

  @Test
  void aDrawDependsOnSeedAndPositionAlone() {
    var sampling = new Sampling(1, 0.95f, 0, 7);
    int[] first = draw(sampling, 100);

    assertThat(draw(sampling, 100)).isEqualTo(first);
    assertThat(draw(new Sampling(1, 0.95f, 0, 8), 100)).isNotEqualTo(first);
    assertThat(Arrays.stream(first).distinct().count()).isGreaterThan(1);
  }

  @Test
  void hopelessTokensAreNeverDrawn() {
    float[] steep = {0, -200, -200, -200};

    assertThat(sampler.pick(steep, 0, new Sampling(1, 1, 0, 1), 3)).isZero();
    assertThat(sampler.pick(steep, 0, new Sampling(1, 0.9f, 3, 1), 3)).isZero();
  }

  private void assertShares(Sampling sampling, double... shares) {
    int[] counts = new int[4];
    for (int token : draw(sampling, DRAWS)) {
      counts[token]++;
    }
    for (int token = 0; token < 4; token++) {
      assertThat(counts[token] / (double) DRAWS)
          .as("share of token %d", token)
          .isCloseTo(shares[token], Offset.offset(shares[token] == 0 ? 0 : 0.015));
    }
  }

  private int[] draw(Sampling sampling, int count) {
    int[] tokens = new int[count];
    Arrays.setAll(tokens, position -> sampler.pick(logits, 1, sampling, position));
    return tokens;
  }

  private static float log(double probability) {
    return (float) Math.log(probability);
  }
}
