package dev.inferscale.app.act;

import dev.inferscale.signals.pool.PoolId;

/// The resource that something is written about.
///
/// @param uid differs from that of an earlier resource of the same name
record Subject(PoolId id, String uid) {
  static final String API_VERSION = "inferscale.dev/v1alpha1";
  static final String KIND = "ModelPool";
}
