package dev.inferscale.keda;

import dev.inferscale.keda.KedaConfig.Client;
import dev.inferscale.keda.KedaConfig.MutualTls;
import dev.inferscale.signals.document.Quoted;
import io.grpc.Context;
import io.grpc.Contexts;
import io.grpc.Grpc;
import io.grpc.Metadata;
import io.grpc.ServerCall;
import io.grpc.ServerCallHandler;
import io.grpc.ServerInterceptor;
import io.grpc.Status;
import io.grpc.StatusException;
import java.security.cert.Certificate;
import java.security.cert.CertificateException;
import java.security.cert.CertificateParsingException;
import java.security.cert.X509Certificate;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collection;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;
import javax.naming.InvalidNameException;
import javax.naming.ldap.LdapName;
import javax.net.ssl.SSLPeerUnverifiedException;
import javax.net.ssl.SSLSession;
import org.jspecify.annotations.Nullable;

/// Who calls, and which namespaces they may ask for.
///
/// The authorities were asked at the handshake already. They are asked again with each call: a
/// connection lives for half an hour and may resume a session of an earlier one, and must not
/// outlive the trust in its authority.
final class Callers implements ServerInterceptor {
  /// Kinds of a certificate's other names, of RFC 5280.
  private static final Set<Integer> NAMES = Set.of(2, 6);

  /// Who calls, of those that are listed; nothing where nobody is.
  private static final Context.Key<Listed> CALLER = Context.key("caller");

  private static final String LISTED = "inferscale.listed";

  private final Optional<MutualTls> tls;

  /// @param tls empty for everybody
  Callers(Optional<MutualTls> tls) {
    this.tls = tls;
  }

  /// @param entries of the caller; one at least
  private record Listed(String name, List<Client> entries) {}

  @Override
  public <Q, A> ServerCall.Listener<Q> interceptCall(
      ServerCall<Q, A> call, Metadata headers, ServerCallHandler<Q, A> next) {
    if (tls.isEmpty()) {
      return next.startCall(call, headers);
    }
    try {
      SSLSession session = trusted(call.getAttributes().get(Grpc.TRANSPORT_ATTR_SSL_SESSION));
      return tls.get().clients().isEmpty()
          ? next.startCall(call, headers)
          : Contexts.interceptCall(
              Context.current().withValue(CALLER, listed(session)), call, headers, next);
    } catch (StatusException refusal) {
      call.close(refusal.getStatus(), new Metadata());
      return new ServerCall.Listener<>() {};
    }
  }

  /// Lets the caller of the current call ask for what is in a namespace.
  ///
  /// @throws StatusException where it may not
  static void requireMayAskFor(String namespace) throws StatusException {
    Listed caller = CALLER.get();
    if (caller == null || caller.entries().stream().anyMatch(each -> each.mayAskFor(namespace))) {
      return;
    }
    String allowed =
        caller.entries().stream()
            .flatMap(each -> each.namespaces().stream().flatMap(List::stream))
            .distinct()
            .collect(Collectors.joining(", "));
    throw denied(
        "%s may not ask for namespace %s; keda.clients lets it ask for %s"
            .formatted(Quoted.text(caller.name()), Quoted.text(namespace), Quoted.text(allowed)));
  }

  private SSLSession trusted(@Nullable SSLSession session) throws StatusException {
    try {
      if (session != null) {
        X509Certificate[] chain = chain(session);
        tls.orElseThrow()
            .callers()
            .checkClientTrusted(chain, chain[0].getPublicKey().getAlgorithm());
        return session;
      }
    } catch (SSLPeerUnverifiedException | CertificateException untrusted) {
      // Answered below.
    }
    throw Status.UNAUTHENTICATED
        .withDescription(
            "the client certificate is not, or no longer, of an authority in keda.clientCa; a new"
                + " connection with a certificate of one is answered")
        .asException();
  }

  /// @throws SSLPeerUnverifiedException where the caller showed none
  private static X509Certificate[] chain(SSLSession session) throws SSLPeerUnverifiedException {
    Certificate[] shown = session.getPeerCertificates();
    return Arrays.copyOf(shown, shown.length, X509Certificate[].class);
  }

  /// Found once for each session, since names take a while to read.
  private Listed listed(SSLSession session) throws StatusException {
    if (session.getValue(LISTED) instanceof Listed known) {
      return known;
    }
    List<String> names = names(session);
    List<Client> entries =
        tls.orElseThrow().clients().stream().filter(each -> names.contains(each.name())).toList();
    if (entries.isEmpty()) {
      throw denied(
          "the client certificate is of "
              + (names.isEmpty() ? "nobody" : Quoted.text(names.getFirst()))
              + ", which keda.clients does not list");
    }
    Listed found = new Listed(entries.getFirst().name(), entries);
    session.putValue(LISTED, found);
    return found;
  }

  private static StatusException denied(String sentence) {
    return Status.PERMISSION_DENIED.withDescription(sentence).asException();
  }

  /// The common name of a certificate, its DNS names and URIs; none where it cannot be read.
  private static List<String> names(SSLSession session) {
    List<String> names = new ArrayList<>();
    try {
      X509Certificate certificate = chain(session)[0];
      new LdapName(certificate.getSubjectX500Principal().getName())
          .getRdns().stream()
              .filter(part -> part.getType().equalsIgnoreCase("CN"))
              .forEach(part -> names.add(String.valueOf(part.getValue())));
      Collection<List<?>> alternatives = certificate.getSubjectAlternativeNames();
      if (alternatives != null) {
        alternatives.stream()
            .filter(each -> each.get(0) instanceof Integer kind && NAMES.contains(kind))
            .forEach(each -> names.add(String.valueOf(each.get(1))));
      }
      return names;
    } catch (InvalidNameException
        | CertificateParsingException
        | SSLPeerUnverifiedException unreadable) {
      return List.of();
    }
  }
}
