package dev.inferscale.app.act.certificate;

import dev.inferscale.launch.ConfigReader.Describe;
import java.util.List;

/// Whom a certificate of our own is for, and where replicas keep it.
public record SelfSignedConfig(
    @Describe("Service in front of the plane; its DNS names are in the certificate") String service,
    @Describe("namespace of that Service and of the Secret") String namespace,
    @Describe(
            "Secret through which replicas agree, made by the first; needs"
                + " manifests/base/rbac/serving-certificate.yaml")
        String secret) {
  private static final String LABEL = "[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?";
  private static final int LONGEST_SECRET = 253;

  public SelfSignedConfig {
    if (!service.matches(LABEL)) {
      throw new IllegalArgumentException("service must be the name of a Service");
    }
    if (!namespace.matches(LABEL)) {
      throw new IllegalArgumentException("namespace must be the name of a namespace");
    }
    if (!secret.matches(LABEL + "(\\." + LABEL + ")*") || secret.length() > LONGEST_SECRET) {
      throw new IllegalArgumentException("secret must be the name of a Secret");
    }
  }

  /// As the manifests have them.
  public static SelfSignedConfig defaults() {
    return new SelfSignedConfig("inferscale", "inferscale", "inferscale-serving");
  }

  /// `NAMESPACE/NAME` of the Service.
  public String front() {
    return namespace + "/" + service;
  }

  /// The names by which the Service is reached. The API server checks the first.
  List<String> names() {
    String base = service + "." + namespace;
    return List.of(base + ".svc", base + ".svc.cluster.local", base);
  }
}
