package dev.inferscale.adapter.tally;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class HistogramTest {

  @Test
  void aBoundBelongsToTheBucketBelowItAndWhatIsBeyondHasItsOwn() {
    Histogram histogram = new Histogram(0.5, 1);
    for (double value : new double[] {-1, 0.5, 0.6, 1, 1.1, 7}) {
      histogram.add(value);
    }

    assertThat(histogram.now().counts()).containsExactly(2L, 2L, 2L);
    assertThat(histogram.now().sum()).isEqualTo(9.2);
    assertThat(histogram.now().count()).isEqualTo(6);
  }

  @Test
  void whatIsNoNumberIsLeftOut() {
    Histogram histogram = new Histogram(1);
    histogram.add(Double.NaN);

    assertThat(histogram.now().count()).isZero();
    assertThat(histogram.now().sum()).isZero();
  }
}
