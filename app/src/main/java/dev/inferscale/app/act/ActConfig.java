package dev.inferscale.app.act;

import dev.inferscale.launch.ConfigReader.Describe;

/// What the plane may write to Kubernetes; nothing unless it says so.
public record ActConfig(
    @Describe(
            "write the status of ModelPool resources; needs manifests/base/rbac/status-writer.yaml"
                + " and lease.yaml")
        boolean status,
    @Describe(
            "write events about ModelPool resources when they stop or begin to work; needs"
                + " manifests/base/rbac/event-writer.yaml and lease.yaml")
        boolean events,
    @Describe(
            "keep caBundle of our own APIServices in step with adapter.selfSigned; needs"
                + " manifests/base/rbac/ca-bundle-writer.yaml and lease.yaml")
        boolean caBundle,
    @Describe(
            "print what would be written on standard output, one JSON document a line, and write"
                + " nothing; needs no lease")
        boolean dryRun,
    @Describe("the Lease that lets one replica write") Lease lease) {

  /// Which Lease. It must exist, so that no right to create one is needed.
  public record Lease(
      @Describe("namespace of the Lease") String namespace,
      @Describe("name of the Lease") String name) {}

  /// Nothing is written.
  public static ActConfig defaults() {
    return new ActConfig(false, false, false, false, new Lease("inferscale", "inferscale-writer"));
  }

  /// True where something is written about pools.
  boolean writesOfPools() {
    return status || events;
  }

  /// True where some writer is on.
  public boolean writes() {
    return writesOfPools() || caBundle;
  }
}
