package dev.inferscale.signals.discover;

import static org.assertj.core.api.Assertions.assertThat;

import dev.inferscale.signals.Authority;
import dev.inferscale.signals.pool.Credentials.Token;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class SecretContentTest {
  @TempDir private static Path folder;
  private static Authority one;

  @BeforeAll
  static void found() {
    one = new Authority(folder);
  }

  private static byte[] bytes(String text) {
    return text.getBytes(StandardCharsets.UTF_8);
  }

  @Test
  void aBundleIsReadWithWhateverStandsBetweenItsCertificates() {
    Authority two = new Authority(folder);
    String bundle = "# prod\n" + one.pem().replace("\n", "\r\n") + "\nthe next – one\n" + two.pem();

    assertThat(SecretContent.authorities(bytes(bundle)).orElseThrow())
        .containsExactlyInAnyOrder(one.certificate(), two.certificate());
  }

  @Test
  void oneThatIsCutOffOrBrokenSpoilsTheBundle() throws GeneralSecurityException {
    String pem = one.pem();

    assertThat(SecretContent.authorities(bytes(pem + pem.substring(0, pem.length() / 2))))
        .isEmpty();
    assertThat(SecretContent.authorities(bytes(pem + pem.replaceFirst("M", "?")))).isEmpty();
    assertThat(SecretContent.authorities(one.certificate().getEncoded())).isEmpty();
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "ca.crt",
        "-----BEGIN CERTIFICATE-----",
        "-----BEGIN CERTIFICATE-----\n-----END CERTIFICATE-----",
        "-----BEGIN CERTIFICATE-----\nTm90IERFUg==\n-----END CERTIFICATE-----",
        "-----BEGIN PRIVATE KEY-----\nTm90IERFUg==\n-----END PRIVATE KEY-----"
      })
  void whatHoldsNoCertificateIsNone(String text) {
    assertThat(SecretContent.authorities(bytes(text))).isEmpty();
  }

  @Test
  void thereIsALimit() {
    String many = one.pem().repeat(SecretContent.MOST_CERTIFICATES);

    assertThat(SecretContent.authorities(bytes(many))).isPresent();
    assertThat(SecretContent.authorities(bytes(many + one.pem()))).isEmpty();
    assertThat(SecretContent.authorities(new byte[(1 << 20) + 1])).isEmpty();
    assertThat(SecretContent.token(bytes("t".repeat(SecretContent.LONGEST_TOKEN)))).isPresent();
    assertThat(SecretContent.token(bytes("t".repeat(SecretContent.LONGEST_TOKEN + 1)))).isEmpty();
  }

  @ParameterizedTest
  @ValueSource(strings = {"s3cret", "s3cret\n", " s3cret\r\n"})
  void theEndOfLineThatToolsAddIsNoPartOfAToken(String text) {
    assertThat(SecretContent.token(bytes(text))).contains(new Token("s3cret"));
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "\n", "two words", "a\r\nX-Other: b", "a\u0000b", "pässword", "a\tb"})
  void whatCannotStandInAHeaderIsNoToken(String text) {
    assertThat(SecretContent.token(bytes(text))).isEmpty();
  }

  @Test
  void aTokenIsNotPrinted() {
    assertThat(SecretContent.token(bytes("s3cret")).orElseThrow().toString())
        .doesNotContain("s3cret");
  }
}
