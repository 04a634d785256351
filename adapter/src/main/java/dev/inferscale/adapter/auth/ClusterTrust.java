package dev.inferscale.adapter.auth;

import com.fasterxml.jackson.databind.JsonNode;
import dev.inferscale.signals.kube.ApiServer;
import dev.inferscale.signals.kube.Reflector;
import dev.inferscale.signals.kube.WatchState;
import java.security.GeneralSecurityException;
import java.time.InstantSource;
import java.util.List;
import java.util.Optional;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// Keeps the cluster's [Trust] in step with its ConfigMap. What cannot be used, or is gone, leaves
/// the last good one.
final class ClusterTrust implements Reflector.Store<JsonNode>, Runnable {
  static final String NAMESPACE = "kube-system";
  static final String NAME = "extension-apiserver-authentication";

  private static final Logger LOG = LoggerFactory.getLogger(ClusterTrust.class);

  private final Reflector<JsonNode> reflector;

  /// Written by the watch, read by everybody.
  private volatile Optional<Trust> trust = Optional.empty();

  /// Only the watch's: what was last complained about, so that it is logged once.
  private String complaint = "";

  ClusterTrust(ApiServer server, InstantSource time) {
    // The right to read it is bound to its name, so that it has to be asked for by name.
    Reflector.Collection one =
        new Reflector.Collection(
            "configmaps",
            "/api/v1/namespaces/" + NAMESPACE + "/configmaps",
            NAMESPACE,
            "fieldSelector=metadata.name%3D" + NAME);
    reflector =
        new Reflector<>(
            server, one, document -> document.path("data"), this, time, Reflector.Timing.USUAL);
  }

  /// Watches until it is interrupted.
  @Override
  public void run() {
    reflector.run();
  }

  /// Empty until it has been read once.
  Optional<Trust> now() {
    return trust;
  }

  WatchState state() {
    return reflector.state();
  }

  @Override
  public void replace(String namespace, List<JsonNode> items) {
    if (items.isEmpty()) {
      complain("there is no ConfigMap " + NAMESPACE + "/" + NAME);
    }
    items.forEach(this::put);
  }

  @Override
  public void put(JsonNode data) {
    try {
      trust = Optional.of(Trust.read(data));
      complaint = "";
      LOG.atInfo().log("the authorities of clients and front proxy were read");
    } catch (GeneralSecurityException unusable) {
      complain(String.valueOf(unusable.getMessage()));
    }
  }

  @Override
  public void remove(JsonNode data) {
    complain("ConfigMap " + NAMESPACE + "/" + NAME + " was deleted");
  }

  private void complain(String why) {
    if (!why.equals(complaint)) {
      LOG.atWarn()
          .addKeyValue("why", why)
          .log(
              "the authorities of clients and front proxy cannot be read; the last good ones stay");
      complaint = why;
    }
  }
}
