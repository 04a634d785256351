package dev.inferscale.adapter.certificate;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.security.GeneralSecurityException;
import java.security.cert.CertPathValidator;
import java.security.cert.CertPathValidatorException;
import java.security.cert.CertificateFactory;
import java.security.cert.PKIXParameters;
import java.security.cert.TrustAnchor;
import java.security.cert.X509Certificate;
import java.time.Duration;
import java.time.Instant;
import java.util.Date;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;

final class KeytoolTest {
  private static final Instant FROM = Instant.parse("2031-03-30T01:30:00Z");
  private static final Duration YEAR = Duration.ofDays(365);

  @Test
  void aServersCertificateIsTrustedThroughItsAuthorityForAsLongAsItLives() throws Exception {
    ServingKey authority = Keytool.authority(FROM, YEAR.multipliedBy(10));
    ServingKey server = Keytool.signedBy(authority, List.of("a.b.svc", "a.b"), FROM, YEAR);

    assertThat(server.chain()).hasSize(2).last().isEqualTo(authority.certificate());
    assertThat(server.certificate().getNotBefore().toInstant()).isEqualTo(FROM);
    assertThat(server.expires()).isEqualTo(FROM.plus(YEAR));
    assertThat(server.certificate().getSubjectAlternativeNames())
        .extracting(name -> String.valueOf(name.get(1)))
        .containsExactly("a.b.svc", "a.b");
    validate(server, authority, FROM.plusSeconds(1));
    assertThatThrownBy(() -> validate(server, authority, FROM.plus(YEAR).plusSeconds(1)))
        .isInstanceOf(CertPathValidatorException.class);
    assertThatThrownBy(() -> validate(server, authority, FROM.minusSeconds(1)))
        .isInstanceOf(CertPathValidatorException.class);
  }

  @Test
  void authoritiesOfOneMomentAreNotMistakenForOneAnother() throws Exception {
    ServingKey one = Keytool.authority(FROM, YEAR);
    ServingKey other = Keytool.authority(FROM, YEAR);
    ServingKey server = Keytool.signedBy(one, List.of("a.b.svc"), FROM, YEAR);

    assertThat(one.certificate().getSubjectX500Principal())
        .isNotEqualTo(other.certificate().getSubjectX500Principal());
    assertThatThrownBy(() -> validate(server, other, FROM.plusSeconds(1)))
        .isInstanceOf(CertPathValidatorException.class);
  }

  @Test
  void whatIsWrittenAsPemIsReadAsTheSame() throws Exception {
    ServingKey authority = Keytool.authority(FROM, YEAR);
    ServingKey server = Keytool.signedBy(authority, List.of("a.b.svc"), FROM, YEAR);

    assertThat(Pem.pair(Pem.of(server.chain()), Pem.of(server.key()))).isEqualTo(server);
    assertThat(server.toString()).doesNotContain("Private");
  }

  private static void validate(ServingKey server, ServingKey authority, Instant at)
      throws GeneralSecurityException {
    X509Certificate root = authority.certificate();
    PKIXParameters trusting = new PKIXParameters(Set.of(new TrustAnchor(root, null)));
    trusting.setRevocationEnabled(false);
    trusting.setDate(Date.from(at));
    CertPathValidator.getInstance("PKIX")
        .validate(
            CertificateFactory.getInstance("X.509").generateCertPath(List.of(server.certificate())),
            trusting);
  }
}
