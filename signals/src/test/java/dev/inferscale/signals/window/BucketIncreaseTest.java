package dev.inferscale.signals.window;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.inferscale.signals.window.BucketIncrease.Quantile;
import java.util.List;
import org.junit.jupiter.api.Test;

class BucketIncreaseTest {

  @Test
  void aQuantileIsLinearInItsBucket() {
    BucketIncrease increase = new BucketIncrease(new double[] {1, 2}, new double[] {5, 10, 0}, 20);

    assertThat(increase.quantile(0.5)).isEqualTo(new Quantile(1.25, Quantile.Place.INSIDE));
  }

  @Test
  void theFirstBucketBeginsAtZero() {
    BucketIncrease increase = new BucketIncrease(new double[] {0.3}, new double[] {10, 0}, 0.1);

    assertThat(increase.quantile(0.5)).isEqualTo(new Quantile(0.15, Quantile.Place.FIRST_BUCKET));
    assertThat(increase.mean()).isCloseTo(0.01, within(1e-12));
  }

  @Test
  void aFirstBoundOfZeroIsAPoint() {
    BucketIncrease increase = new BucketIncrease(new double[] {0, 1}, new double[] {9, 1, 0}, 0.5);

    assertThat(increase.quantile(0.5).value()).isZero();
    assertThat(increase.quantile(0.95).value()).isCloseTo(0.5, within(1e-9));
  }

  @Test
  void whatLiesBeyondTheLastBoundCountsAsTheLastBound() {
    BucketIncrease increase = new BucketIncrease(new double[] {1, 2}, new double[] {1, 0, 9}, 90);

    assertThat(increase.quantile(0.9)).isEqualTo(new Quantile(2, Quantile.Place.BEYOND_LAST_BOUND));
  }

  @Test
  void emptyBucketsBeforeTheFirstObservationAreSkipped() {
    BucketIncrease increase =
        new BucketIncrease(new double[] {1, 2, 4}, new double[] {0, 0, 4, 0}, 12);

    assertThat(increase.quantile(0.25).value()).isCloseTo(2.5, within(1e-12));
  }

  @Test
  void differentBoundsAreInterpolatedOnTheirUnion() {
    BucketIncrease coarse = new BucketIncrease(new double[] {2, 4}, new double[] {8, 4, 1}, 30);
    BucketIncrease fine = new BucketIncrease(new double[] {1, 2}, new double[] {3, 0, 2}, 9);

    BucketIncrease merged = BucketIncrease.merge(List.of(coarse, fine));

    assertThat(merged.bounds()).containsExactly(1, 2, 4);
    assertThat(merged.counts()).containsExactly(4 + 3, 4, 4, 1 + 2);
    assertThat(merged.sum()).isEqualTo(39);
  }
}
