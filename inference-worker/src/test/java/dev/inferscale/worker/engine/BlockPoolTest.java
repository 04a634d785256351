package dev.inferscale.worker.engine;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.api.Test;

class BlockPoolTest {
  @Test
  void blocksComeBackToBeTakenAgain() {
    BlockPool pool = new BlockPool(3);

    int[] first = pool.take(2);
    pool.release(first);

    assertThat(pool.free()).isEqualTo(3);
    assertThat(pool.take(3)).containsExactlyInAnyOrder(0, 1, 2);
    pool.checkInvariants();
  }

  @Test
  void moreThanThereAreCannotBeTaken() {
    BlockPool pool = new BlockPool(3);

    assertThatThrownBy(() -> pool.take(4)).hasMessage("asked for 4 blocks but 3 are free");
  }

  @Test
  void aBlockIsNotReleasedTwice() {
    BlockPool pool = new BlockPool(3);
    int[] block = pool.take(1);
    pool.release(block);

    assertThatThrownBy(() -> pool.release(block)).isInstanceOf(IllegalStateException.class);
    pool.checkInvariants();
  }
}
