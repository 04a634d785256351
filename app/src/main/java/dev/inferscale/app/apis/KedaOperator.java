package dev.inferscale.app.apis;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.Optional;

/// What KEDA's operator does to the APIService of the external metrics: with certificate rotation
/// it writes its own authority into it by name, whoever owns it (2.20 and later can be told not
/// to).
public final class KedaOperator {
  private static final String ROTATES = "--enable-cert-rotation";
  private static final String LEAVES_ALONE = "--enable-apiservice-patching=false";

  private KedaOperator() {}

  /// What is wrong, and what to do; empty where no operator interferes.
  ///
  /// @param deployments of KEDA's operator
  /// @param unchecked whether the APIService says `insecureSkipTLSVerify`
  public static Optional<String> fault(JsonNode deployments, Owner owner, boolean unchecked) {
    for (JsonNode deployment : deployments) {
      String flags = deployment.at("/spec/template/spec/containers").toString();
      boolean writes =
          flags.contains(ROTATES)
              && !flags.contains(ROTATES + "=false")
              && !flags.contains(LEAVES_ALONE);
      String name =
          deployment.path("metadata").path("namespace").asText("")
              + "/"
              + deployment.path("metadata").path("name").asText("");
      if (writes && (owner == Owner.OURS || owner == Owner.FOREIGN)) {
        return Optional.of(
            "KEDA's operator "
                + name
                + " writes its own caBundle into it, though it is not KEDA's"
                + (unchecked ? ", and is refused beside insecureSkipTLSVerify" : "")
                + "; run it with "
                + LEAVES_ALONE
                + " (chart: certificates.operator.apiServicePatching.enabled=false) and"
                + " metricsServer.enabled=false");
      }
      if (writes && owner == Owner.KEDA && unchecked) {
        return Optional.of(
            "says insecureSkipTLSVerify, beside which KEDA's operator "
                + name
                + " cannot write its caBundle; take insecureSkipTLSVerify out, or run the operator"
                + " with "
                + LEAVES_ALONE);
      }
    }
    return Optional.empty();
  }
}
