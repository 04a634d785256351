package dev.inferscale.adapter.wire;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class QuotedTest {

  @Test
  void foreignTextIsCutAndKeptOnOneLine() {
    assertThat(Quoted.of("a\nb\u0000c")).isEqualTo("'a b c'");
    assertThat(Quoted.plain("x".repeat(200))).hasSize(128).endsWith("x…");
    assertThat(Quoted.plain("x".repeat(128))).hasSize(128).endsWith("x");
  }

  @Test
  void aCharacterOfTwoHalvesIsKeptOrCutWhole() {
    assertThat(Quoted.cut("ab😀cd", 6)).isEqualTo("ab😀cd");
    assertThat(Quoted.cut("ab😀cd", 4)).isEqualTo("ab…");
    assertThat(Quoted.cut("a\ud83d", 5)).isEqualTo("a ");
  }
}
