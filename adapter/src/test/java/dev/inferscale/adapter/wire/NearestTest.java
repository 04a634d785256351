package dev.inferscale.adapter.wire;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import org.junit.jupiter.api.Test;

class NearestTest {
  private static final List<String> KNOWN = List.of("labelSelector", "limit", "timeout", "watch");

  @Test
  void findsWhatWasProbablyMeant() {
    assertThat(Nearest.to("lableSelector", KNOWN, 1)).containsExactly("labelSelector");
    assertThat(Nearest.to("LIMITS", KNOWN, 3)).containsExactly("limit");
    assertThat(Nearest.to("label", KNOWN, 3)).containsExactly("labelSelector");
  }

  @Test
  void findsNothingForWhatResemblesNothing() {
    assertThat(Nearest.to("zzzzzzzzzz", KNOWN, 3)).isEmpty();
    assertThat(Nearest.to("", KNOWN, 3)).isEmpty();
    assertThat(Nearest.to("labelSelector".repeat(20), KNOWN, 3)).isEmpty();
  }
}
