package dev.inferscale.signals.discover;

import com.fasterxml.jackson.databind.JsonNode;
import dev.inferscale.signals.kube.ApiFault;
import dev.inferscale.signals.pool.Credentials;
import dev.inferscale.signals.pool.Credentials.Token;
import dev.inferscale.signals.pool.Credentials.Trust;
import dev.inferscale.signals.pool.ModelPool.Pods;
import dev.inferscale.signals.pool.ModelPool.SecretKey;
import dev.inferscale.signals.pool.PoolTargets.Gap;
import java.security.cert.X509Certificate;
import java.util.Base64;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/// Which Secrets a pool names, and with which credentials its pods are asked once these are read.
/// Pure. Nothing is ever asked with less than the pool says: a token that cannot be had is no
/// reason to ask without one.
///
/// @param gap why there are no credentials, null where there are
record PoolSecrets(Credentials credentials, @Nullable Gap gap) {
  static final PoolSecrets NONE = new PoolSecrets(Credentials.NONE, null);
  private static final String MANIFEST = "manifests/base/rbac/namespaced/secret-reader.yaml";
  static final Found NOT_READ =
      new Found.Nothing(new Gap(Gap.Kind.NOT_YET, "its Secrets have not been read yet"));

  /// What a key of a Secret is for.
  enum Use {
    AUTHORITIES("pods.tls.caSecretRef"),
    TOKEN("pods.bearerTokenSecretRef");

    private final String path;

    Use(String path) {
      this.path = path;
    }
  }

  /// What a reference leads to.
  sealed interface Found {
    record Authorities(Set<X509Certificate> certificates) implements Found {}

    record BearerToken(Token token) implements Found {}

    record Nothing(Gap gap) implements Found {}
  }

  /// One key of one Secret. Its sentences say what is wrong first, since long names are cut.
  ///
  /// @param under the key of the document that names it: `source` or `front`
  record Reference(String namespace, SecretKey at, Use use, String under) {
    /// @param value as the API server has it, in base64; may be missing
    Found in(JsonNode value) {
      if (!value.isTextual()) {
        return config("there is no key " + at.key() + " in " + shown());
      }
      byte[] bytes;
      try {
        bytes = Base64.getDecoder().decode(value.textValue());
      } catch (IllegalArgumentException _) {
        return config("no base64 in " + place());
      }
      return switch (use) {
        case AUTHORITIES ->
            SecretContent.authorities(bytes)
                .<Found>map(Found.Authorities::new)
                .orElseGet(() -> config("no PEM certificates in " + place()));
        case TOKEN ->
            SecretContent.token(bytes)
                .<Found>map(Found.BearerToken::new)
                .orElseGet(() -> config("no token, one line of ASCII, in " + place()));
      };
    }

    Found missing() {
      return config("there is no " + shown());
    }

    Found forbidden() {
      return config("the plane may not get " + shown() + "; " + MANIFEST + " grants it");
    }

    Found unread(@Nullable ApiFault fault) {
      String why = fault == null ? "" : ": " + fault.sentence();
      return new Found.Nothing(new Gap(Gap.Kind.NOT_YET, "not read yet, " + shown() + why));
    }

    private Found config(String problem) {
      return new Found.Nothing(
          new Gap(Gap.Kind.CONFIG, problem + " (" + under + "." + use.path + ")"));
    }

    private String place() {
      return "key " + at.key() + " of " + shown();
    }

    private String shown() {
      return "Secret " + namespace + "/" + at.name();
    }
  }

  /// What a pool names under a key, two references at most.
  ///
  /// @param key `source` or `front`
  static Set<Reference> references(String namespace, String key, Pods source) {
    Set<Reference> references = new HashSet<>();
    SecretKey ca = source.tls().ca();
    if (ca != null) {
      references.add(new Reference(namespace, ca, Use.AUTHORITIES, key));
    }
    SecretKey token = source.bearerToken();
    if (token != null) {
      references.add(new Reference(namespace, token, Use.TOKEN, key));
    }
    return references;
  }

  /// What the pods under a key are asked with.
  ///
  /// @param key `source` or `front`
  /// @param known what references lead to, as far as they have been read
  static PoolSecrets of(String namespace, String key, Pods source, Map<Reference, Found> known) {
    Trust trust =
        source.tls().insecureSkipVerify() ? new Trust.Anybody() : Credentials.NONE.trust();
    Token token = null;
    for (Reference reference : references(namespace, key, source)) {
      switch (known.getOrDefault(reference, NOT_READ)) {
        case Found.Authorities(Set<X509Certificate> certificates) ->
            trust = new Trust.Authorities(certificates);
        case Found.BearerToken(Token read) -> token = read;
        case Found.Nothing(Gap gap) -> {
          return new PoolSecrets(Credentials.NONE, gap);
        }
      }
    }
    return new PoolSecrets(new Credentials(trust, token), null);
  }
}
