package dev.inferscale.app.act.certificate;

import dev.inferscale.adapter.certificate.Keytool;
import dev.inferscale.adapter.certificate.ServingKey;
import java.security.GeneralSecurityException;
import java.security.cert.X509Certificate;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/// What all replicas serve with, and what callers trust meanwhile.
///
/// @param authority signs the next certificate
/// @param trusted authorities that callers are to trust, the newest first: this one, and those
///   before it that have not ended
/// @param serving signed by one of the trusted
record Credentials(ServingKey authority, List<X509Certificate> trusted, ServingKey serving) {
  /// How long an authority lives. From the time that two server certificates fit in no more, the
  /// next one is there.
  static final Duration AUTHORITY_LIFE = Duration.ofDays(3650);

  static final Duration LIFE = Duration.ofDays(365);

  /// Renewed when so much is left.
  static final Duration RENEWED_BEFORE = LIFE.dividedBy(3);

  /// Certificates begin in the past, for callers whose clock is behind ours.
  static final Duration SKEW = Duration.ofMinutes(10);

  /// An authority signs nothing before callers have had so much time to learn of it.
  static final Duration KNOWN_AFTER = Duration.ofHours(1);

  /// Beyond this the oldest are forgotten.
  private static final int MOST_TRUSTED = 5;

  Credentials {
    trusted = List.copyOf(trusted);
  }

  /// New ones.
  ///
  /// @param names of the server
  /// @throws GeneralSecurityException where they cannot be made
  static Credentials make(List<String> names, Instant now) throws GeneralSecurityException {
    ServingKey authority = Keytool.authority(now.minus(SKEW), AUTHORITY_LIFE);
    ServingKey serving = Keytool.signedBy(authority, names, now.minus(SKEW), LIFE);
    return new Credentials(authority, List.of(authority.certificate()), serving);
  }

  /// The authority that signed what is served; empty where none of the trusted did.
  Optional<X509Certificate> signer() {
    return trusted.stream().filter(this::signs).findFirst();
  }

  private boolean signs(X509Certificate candidate) {
    try {
      serving.certificate().verify(candidate.getPublicKey());
      return true;
    } catch (GeneralSecurityException e) {
      return false;
    }
  }

  /// The next step of their renewal, where one is due: first a new authority, which signs nothing
  /// yet, and after a while a certificate that it signs.
  ///
  /// @param names that the server must have
  /// @throws GeneralSecurityException where it cannot be made
  Optional<Credentials> renewed(List<String> names, Instant now) throws GeneralSecurityException {
    if (isDue(authority.certificate(), LIFE.multipliedBy(2), now)) {
      ServingKey next = Keytool.authority(now.minus(SKEW), AUTHORITY_LIFE);
      List<X509Certificate> known = valid(Stream.of(next.certificate()), trusted.stream(), now);
      return Optional.of(new Credentials(next, known, serving));
    }
    if (isLeafDue(names, now) && mayAuthoritySign(now)) {
      ServingKey next = Keytool.signedBy(authority, names, now.minus(SKEW), LIFE);
      return Optional.of(new Credentials(authority, trusted, next));
    }
    List<X509Certificate> valid = valid(trusted.stream(), Stream.of(), now);
    return valid.equals(trusted)
        ? Optional.empty()
        : Optional.of(new Credentials(authority, valid, serving));
  }

  private boolean isLeafDue(List<String> names, Instant now) throws GeneralSecurityException {
    return isDue(serving.certificate(), RENEWED_BEFORE, now)
        || !names(serving.certificate()).containsAll(names);
  }

  private boolean mayAuthoritySign(Instant now) {
    Instant known = authority.certificate().getNotBefore().toInstant().plus(SKEW).plus(KNOWN_AFTER);
    boolean signedBefore = signer().filter(authority.certificate()::equals).isPresent();
    return signedBefore || !now.isBefore(known) || isDue(serving.certificate(), Duration.ZERO, now);
  }

  private static boolean isDue(X509Certificate certificate, Duration before, Instant now) {
    return !now.isBefore(certificate.getNotAfter().toInstant().minus(before));
  }

  private static Set<String> names(X509Certificate certificate) throws GeneralSecurityException {
    var names = certificate.getSubjectAlternativeNames();
    return names == null
        ? Set.of()
        : names.stream().map(name -> String.valueOf(name.get(1))).collect(Collectors.toSet());
  }

  /// The same, while callers also trust others.
  Credentials trusting(List<X509Certificate> others, Instant now) {
    return new Credentials(authority, valid(trusted.stream(), others.stream(), now), serving);
  }

  private static List<X509Certificate> valid(
      Stream<X509Certificate> first, Stream<X509Certificate> then, Instant now) {
    Set<X509Certificate> all =
        Stream.concat(first, then)
            .filter(each -> !isDue(each, Duration.ZERO, now))
            .collect(Collectors.toCollection(LinkedHashSet::new));
    return new ArrayList<>(all).subList(0, Math.min(all.size(), MOST_TRUSTED));
  }
}
