package dev.inferscale.adapter.auth;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Optional;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.AlphaChars;
import net.jqwik.api.constraints.StringLength;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class BearerTokenTest {
  @ParameterizedTest
  @CsvSource({
    "'Bearer abc', abc",
    "'bEARER abc', abc",
    "' Bearer abc ', abc",
    "'Bearer abc def', abc",
    "'Bearer ', ''",
    "'Bearer', ''",
    "'Bearerabc', ''",
    "'Basic abc', ''",
    "'', ''",
  })
  void isReadAsKubernetesReadsIt(String header, String token) {
    assertThat(BearerToken.of(ShownHeaders.of("authorization", header)).map(BearerToken::text))
        .isEqualTo(token.isEmpty() ? Optional.empty() : Optional.of(token));
  }

  @Test
  void whatNobodyCanHaveIsNotAskedAbout() {
    assertThat(new BearerToken("a.b-c_~+/=").isPlausible()).isTrue();
    assertThat(new BearerToken("a".repeat(16 * 1024)).isPlausible()).isTrue();
    assertThat(new BearerToken("a".repeat(16 * 1024 + 1)).isPlausible()).isFalse();
    assertThat(new BearerToken("a\u0001").isPlausible()).isFalse();
    assertThat(new BearerToken("ü").isPlausible()).isFalse();
  }

  @Property
  void neitherItsTextNorItsNameGivesItAway(
      @ForAll @AlphaChars @StringLength(min = 4, max = 40) String text) {
    BearerToken token = new BearerToken(text);
    BearerToken.Names names = new BearerToken.Names();

    assertThat(token.toString()).isEqualTo("a token");
    assertThat(names.of(token)).hasSize(64).isEqualTo(names.of(new BearerToken(text)));
    assertThat(new BearerToken.Names().of(token)).isNotEqualTo(names.of(token));
    assertThat(names.of(new BearerToken(text + "x"))).isNotEqualTo(names.of(token));
  }
}
