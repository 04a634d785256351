package dev.inferscale.app.act.certificate;

import static java.nio.charset.StandardCharsets.US_ASCII;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.inferscale.adapter.certificate.Pem;
import dev.inferscale.adapter.certificate.ServingKey;
import java.security.GeneralSecurityException;
import java.security.cert.X509Certificate;
import java.util.Base64;
import java.util.List;

/// The Secret with our [Credentials]: of type `kubernetes.io/tls`, with `ca.crt`, the authorities
/// to trust, and `ca.key`, the newest one's key, beside `tls.crt` and `tls.key`. Pure.
final class ServingSecret {
  private static final String OWNER_LABEL = "app.kubernetes.io/managed-by";
  private static final String OWNER = "inferscale";
  private static final String CA_CERTIFICATES = "ca.crt";
  private static final String CA_KEY = "ca.key";
  private static final String CERTIFICATE = "tls.crt";
  private static final String KEY = "tls.key";
  private static final int MAX_CHARACTERS = 100_000;

  private ServingSecret() {}

  /// A new Secret.
  ///
  /// @throws GeneralSecurityException where a certificate cannot be encoded
  static ObjectNode of(SelfSignedConfig config, Credentials credentials)
      throws GeneralSecurityException {
    ObjectNode secret = JsonNodeFactory.instance.objectNode();
    secret.put("apiVersion", "v1").put("kind", "Secret").put("type", "kubernetes.io/tls");
    secret
        .putObject("metadata")
        .put("name", config.secret())
        .put("namespace", config.namespace())
        .putObject("labels")
        .put(OWNER_LABEL, OWNER);
    return put(secret, credentials);
  }

  /// A Secret that stands, with other credentials; only while nobody has changed it meanwhile.
  ///
  /// @throws GeneralSecurityException where a certificate cannot be encoded
  static ObjectNode with(JsonNode standing, Credentials credentials)
      throws GeneralSecurityException {
    return put(standing.deepCopy(), credentials);
  }

  private static ObjectNode put(ObjectNode secret, Credentials credentials)
      throws GeneralSecurityException {
    secret
        .withObject("/data")
        .put(CA_CERTIFICATES, base64(Pem.of(credentials.trusted())))
        .put(CA_KEY, base64(Pem.of(credentials.authority().key())))
        .put(CERTIFICATE, base64(Pem.of(credentials.serving().chain())))
        .put(KEY, base64(Pem.of(credentials.serving().key())));
    return secret;
  }

  /// The same without anything that is secret.
  static ObjectNode hidden(ObjectNode secret) {
    ObjectNode shown = secret.deepCopy();
    ObjectNode data = shown.withObject("/data");
    data.fieldNames()
        .forEachRemaining(name -> {
          if (!name.endsWith(".crt")) {
            data.put(name, "(secret)");
          }
        });
    return shown;
  }

  /// Whether a plane has made it: nobody else's is ever changed.
  static boolean isOurs(JsonNode secret) {
    return secret.path("metadata").path("labels").path(OWNER_LABEL).asText("").equals(OWNER);
  }

  /// What it holds.
  ///
  /// @throws GeneralSecurityException with a sentence, where that is nothing to serve with
  static Credentials read(JsonNode secret) throws GeneralSecurityException {
    JsonNode data = secret.path("data");
    byte[] authorities = bytes(data, CA_CERTIFICATES);
    List<X509Certificate> trusted = Pem.certificates(authorities);
    ServingKey first = Pem.pair(authorities, bytes(data, CA_KEY));
    ServingKey authority = new ServingKey(first.key(), List.of(first.certificate()));
    ServingKey serving = Pem.pair(bytes(data, CERTIFICATE), bytes(data, KEY));
    Credentials read = new Credentials(authority, trusted, serving);
    if (read.signer().isEmpty()) {
      throw new GeneralSecurityException(
          CERTIFICATE + " is signed by no authority of " + CA_CERTIFICATES);
    }
    return read;
  }

  private static byte[] bytes(JsonNode data, String key) throws GeneralSecurityException {
    String text = data.path(key).asText("");
    if (text.isEmpty() || text.length() > MAX_CHARACTERS) {
      throw new GeneralSecurityException(key + (text.isEmpty() ? " is empty" : " is too large"));
    }
    try {
      return Base64.getDecoder().decode(text.getBytes(US_ASCII));
    } catch (IllegalArgumentException notBase64) {
      throw new GeneralSecurityException(key + " is no base64", notBase64);
    }
  }

  private static String base64(byte[] bytes) {
    return Base64.getEncoder().encodeToString(bytes);
  }
}
