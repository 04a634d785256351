package dev.inferscale.keda;

import dev.inferscale.signals.document.Quoted;
import io.grpc.Grpc;
import io.grpc.Metadata;
import io.grpc.ServerCall;
import io.grpc.ServerCallHandler;
import io.grpc.ServerInterceptor;
import io.grpc.Status;
import java.security.cert.Certificate;
import java.security.cert.CertificateParsingException;
import java.security.cert.X509Certificate;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import javax.naming.InvalidNameException;
import javax.naming.ldap.LdapName;
import javax.net.ssl.SSLPeerUnverifiedException;
import javax.net.ssl.SSLSession;
import org.jspecify.annotations.Nullable;

/// Lets only callers of certain names through, where any are listed. The authorities have been
/// checked by then.
final class Callers implements ServerInterceptor {
  private static final int DNS_NAME = 2;

  private final List<String> allowed;

  /// @param allowed empty for everybody
  Callers(List<String> allowed) {
    this.allowed = List.copyOf(allowed);
  }

  @Override
  public <Q, A> ServerCall.Listener<Q> interceptCall(
      ServerCall<Q, A> call, Metadata headers, ServerCallHandler<Q, A> next) {
    if (allowed.isEmpty()) {
      return next.startCall(call, headers);
    }
    List<String> names = names(call.getAttributes().get(Grpc.TRANSPORT_ATTR_SSL_SESSION));
    if (names.stream().anyMatch(allowed::contains)) {
      return next.startCall(call, headers);
    }
    call.close(
        Status.PERMISSION_DENIED.withDescription(
            "the client certificate is of "
                + (names.isEmpty() ? "nobody" : Quoted.text(names.getFirst()))
                + ", which keda.clients does not list"),
        new Metadata());
    return new ServerCall.Listener<>() {};
  }

  /// The common name and the DNS names of the caller's certificate.
  private static List<String> names(@Nullable SSLSession session) {
    if (session == null) {
      return List.of();
    }
    try {
      Certificate first = session.getPeerCertificates()[0];
      return first instanceof X509Certificate certificate ? names(certificate) : List.of();
    } catch (SSLPeerUnverifiedException | InvalidNameException | CertificateParsingException none) {
      return List.of();
    }
  }

  private static List<String> names(X509Certificate certificate)
      throws InvalidNameException, CertificateParsingException {
    List<String> names = new ArrayList<>();
    new LdapName(certificate.getSubjectX500Principal().getName())
        .getRdns().stream()
            .filter(part -> part.getType().equalsIgnoreCase("CN"))
            .forEach(part -> names.add(String.valueOf(part.getValue())));
    Collection<List<?>> alternatives = certificate.getSubjectAlternativeNames();
    if (alternatives != null) {
      for (List<?> alternative : alternatives) {
        if (Integer.valueOf(DNS_NAME).equals(alternative.get(0))) {
          names.add(String.valueOf(alternative.get(1)));
        }
      }
    }
    return names;
  }
}
