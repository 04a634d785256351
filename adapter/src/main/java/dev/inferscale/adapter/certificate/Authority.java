package dev.inferscale.adapter.certificate;

import com.github.benmanes.caffeine.cache.Cache;
import com.github.benmanes.caffeine.cache.Caffeine;
import java.io.ByteArrayInputStream;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.security.cert.CertPathBuilder;
import java.security.cert.CertStore;
import java.security.cert.Certificate;
import java.security.cert.CertificateFactory;
import java.security.cert.CertificateParsingException;
import java.security.cert.CollectionCertStoreParameters;
import java.security.cert.PKIXBuilderParameters;
import java.security.cert.PKIXCertPathBuilderResult;
import java.security.cert.TrustAnchor;
import java.security.cert.X509CertSelector;
import java.security.cert.X509Certificate;
import java.time.Instant;
import java.util.Date;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/// A bundle of certificate authorities, and whose certificates they have signed.
///
/// A chain that was found good is remembered until the first of its certificates ends: the same
/// connection asks again with every request.
public final class Authority {
  private static final int MAX_CERTIFICATES = 100;
  private static final int MAX_REMEMBERED = 1_000;

  /// Longer chains are not looked at; nobody's are.
  private static final int MAX_CHAIN = 10;

  private static final String CLIENT_AUTH = "1.3.6.1.5.5.7.3.2";
  private static final String ANY_USAGE = "2.5.29.37.0";

  private final List<X509Certificate> certificates;
  private final Set<TrustAnchor> anchors;
  private final Cache<List<X509Certificate>, Span> good =
      Caffeine.newBuilder().maximumSize(MAX_REMEMBERED).executor(Runnable::run).build();

  /// When all certificates of a chain are valid.
  private record Span(Instant from, Instant to) {
    boolean holds(Instant now) {
      return !now.isBefore(from) && !now.isAfter(to);
    }
  }

  private Authority(List<X509Certificate> certificates) {
    this.certificates = certificates;
    this.anchors =
        certificates.stream()
            .map(each -> new TrustAnchor(each, null))
            .collect(Collectors.toUnmodifiableSet());
  }

  /// The authorities of a text.
  ///
  /// @param pem one or more certificates
  /// @throws GeneralSecurityException with a sentence, where there is none or one cannot be read
  public static Authority parse(String pem) throws GeneralSecurityException {
    List<X509Certificate> certificates =
        CertificateFactory.getInstance("X.509")
            .generateCertificates(new ByteArrayInputStream(pem.getBytes(StandardCharsets.US_ASCII)))
            .stream()
            .map(X509Certificate.class::cast)
            .distinct()
            .toList();
    if (certificates.isEmpty() || certificates.size() > MAX_CERTIFICATES) {
      throw new GeneralSecurityException(
          "it must hold 1 to " + MAX_CERTIFICATES + " PEM certificates");
    }
    return new Authority(certificates);
  }

  /// Those of the authorities themselves.
  public List<X509Certificate> certificates() {
    return certificates;
  }

  /// Checks that the first certificate is a client's and leads to this authority, through the
  /// others where need be.
  ///
  /// @param now on the wall clock
  /// @throws GeneralSecurityException where it is not or does not
  public void verify(List<X509Certificate> chain, Instant now) throws GeneralSecurityException {
    Span span = good.getIfPresent(chain);
    if (span != null && span.holds(now)) {
      return;
    }
    if (chain.size() > MAX_CHAIN) {
      throw new GeneralSecurityException("the chain has more than " + MAX_CHAIN + " certificates");
    }
    List<X509Certificate> path = path(chain, now);
    for (X509Certificate each : path) {
      requireClient(each);
    }
    good.put(chain, span(path));
  }

  /// From the client's certificate to one of the authority's, both included.
  private List<X509Certificate> path(List<X509Certificate> chain, Instant now)
      throws GeneralSecurityException {
    X509CertSelector client = new X509CertSelector();
    client.setCertificate(chain.getFirst());
    PKIXBuilderParameters parameters = new PKIXBuilderParameters(anchors, client);
    parameters.setRevocationEnabled(false);
    parameters.setDate(Date.from(now));
    parameters.addCertStore(
        CertStore.getInstance("Collection", new CollectionCertStoreParameters(chain)));
    PKIXCertPathBuilderResult built =
        (PKIXCertPathBuilderResult) CertPathBuilder.getInstance("PKIX").build(parameters);
    Stream<? extends Certificate> below = built.getCertPath().getCertificates().stream();
    return Stream.concat(below, Stream.of(built.getTrustAnchor().getTrustedCert()))
        .map(X509Certificate.class::cast)
        .toList();
  }

  /// Go's rule, along the whole chain: no extended usage is any usage.
  private static void requireClient(X509Certificate certificate) throws GeneralSecurityException {
    List<String> usages;
    try {
      usages = certificate.getExtendedKeyUsage();
    } catch (CertificateParsingException unreadable) {
      throw new GeneralSecurityException("its key usage cannot be read", unreadable);
    }
    if (usages != null && !usages.contains(CLIENT_AUTH) && !usages.contains(ANY_USAGE)) {
      throw new GeneralSecurityException("a certificate of the chain is not for clients");
    }
  }

  private static Span span(List<X509Certificate> path) {
    Instant from = Instant.MIN;
    Instant to = Instant.MAX;
    for (X509Certificate each : path) {
      Instant begins = each.getNotBefore().toInstant();
      Instant ends = each.getNotAfter().toInstant();
      from = begins.isAfter(from) ? begins : from;
      to = ends.isBefore(to) ? ends : to;
    }
    return new Span(from, to);
  }
}
