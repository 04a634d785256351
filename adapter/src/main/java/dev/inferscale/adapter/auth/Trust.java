package dev.inferscale.adapter.auth;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.inferscale.adapter.certificate.Authority;
import java.security.GeneralSecurityException;
import java.security.cert.X509Certificate;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;

/// Whose certificates the cluster believes: the content of its ConfigMap
/// `kube-system/extension-apiserver-authentication`.
///
/// @param frontProxy the aggregator; empty where there is none
/// @param clients the authority of users with certificates; some managed clusters have none
record Trust(Optional<FrontProxy> frontProxy, Optional<Authority> clients) {
  static final Trust NOBODY = new Trust(Optional.empty(), Optional.empty());

  private static final ObjectMapper JSON = new ObjectMapper();
  private static final int MAX_NAMES = 100;

  /// @param data of the ConfigMap
  /// @throws GeneralSecurityException with a sentence that names the key, where it cannot be used
  static Trust read(JsonNode data) throws GeneralSecurityException {
    Optional<Authority> proxies = authority(data, "requestheader-client-ca-file");
    if (proxies.isEmpty()) {
      return new Trust(Optional.empty(), authority(data, "client-ca-file"));
    }
    FrontProxy frontProxy =
        new FrontProxy(
            proxies.get(),
            names(data, "requestheader-allowed-names"),
            names(data, "requestheader-username-headers"),
            names(data, "requestheader-group-headers"),
            names(data, "requestheader-uid-headers"),
            names(data, "requestheader-extra-headers-prefix"));
    return new Trust(Optional.of(frontProxy), authority(data, "client-ca-file"));
  }

  /// Front proxy first, then the client's own certificate, as every extension server does. A good
  /// one outweighs a bad one: a certificate has one authority of the two at most.
  ///
  /// @param now on the wall clock
  Opinion identify(Caller caller, Instant now) {
    if (caller.chain().isEmpty()) {
      return Opinion.NONE;
    }
    Opinion proxied = frontProxy.map(each -> each.identify(caller, now)).orElse(Opinion.NONE);
    if (proxied instanceof Opinion.Known) {
      return proxied;
    }
    Opinion own = clients.map(each -> client(each, caller, now)).orElse(Opinion.NONE);
    return own instanceof Opinion.None ? proxied : own;
  }

  /// The subjects of these are what a handshake says it accepts: Go's clients send no certificate
  /// that is of none of them.
  X509Certificate[] issuers() {
    return Stream.concat(frontProxy.stream().map(FrontProxy::authority), clients.stream())
        .flatMap(authority -> authority.certificates().stream())
        .distinct()
        .toArray(X509Certificate[]::new);
  }

  private static Opinion client(Authority authority, Caller caller, Instant now) {
    try {
      authority.verify(caller.chain(), now);
    } catch (GeneralSecurityException untrusted) {
      return new Opinion.Wrong("not a certificate of the clients' authority");
    }
    Subject subject = Subject.of(caller.chain().getFirst());
    return subject.commonName().isEmpty()
        ? Opinion.NONE
        : new Opinion.Known(new User(subject.commonName(), subject.organizations()));
  }

  private static Optional<Authority> authority(JsonNode data, String key)
      throws GeneralSecurityException {
    String pem = data.path(key).asText("");
    try {
      return pem.isBlank() ? Optional.empty() : Optional.of(Authority.parse(pem));
    } catch (GeneralSecurityException unreadable) {
      throw new GeneralSecurityException(key + " cannot be read: it must hold PEM certificates");
    }
  }

  /// A JSON array in a text.
  private static List<String> names(JsonNode data, String key) throws GeneralSecurityException {
    String text = data.path(key).asText("");
    if (text.isBlank()) {
      return List.of();
    }
    List<String> names = new ArrayList<>();
    try {
      JsonNode array = JSON.readTree(text);
      array.forEach(each -> names.add(each.asText("")));
      if (array.isArray() && names.size() <= MAX_NAMES && !names.contains("")) {
        return List.copyOf(names);
      }
    } catch (JsonProcessingException notJson) {
      // Says the same as any other text that is no such list.
    }
    throw new GeneralSecurityException(
        key + " must be a JSON array of at most " + MAX_NAMES + " names");
  }
}
