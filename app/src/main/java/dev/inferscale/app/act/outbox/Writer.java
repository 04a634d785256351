package dev.inferscale.app.act.outbox;

import java.util.Locale;

/// Who writes; each has a Role of its own.
public enum Writer {
  STATUS("patch the status of modelpools", "status-writer.yaml"),
  EVENTS("create and patch events", "event-writer.yaml"),
  CA_BUNDLE("get and patch its apiservices", "ca-bundle-writer.yaml"),
  CERTIFICATE("get, create and update its serving secret", "serving-certificate.yaml"),
  LEASE("get and update its lease", "lease.yaml");

  private final String deed;
  private final String manifest;

  Writer(String deed, String manifest) {
    this.deed = deed;
    this.manifest = manifest;
  }

  /// As metrics print it.
  public String word() {
    return name().toLowerCase(Locale.ROOT);
  }

  /// One sentence for somebody who may grant it.
  ///
  /// @param namespace where it was refused; empty for what lies in none
  public String forbidden(String namespace) {
    return "the plane may not "
        + deed
        + (namespace.isEmpty() ? "" : " in namespace " + namespace)
        + "; manifests/base/rbac/"
        + manifest
        + " grants it";
  }
}
