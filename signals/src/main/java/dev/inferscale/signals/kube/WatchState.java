package dev.inferscale.signals.kube;

import java.time.Duration;

/// How one watch of the Kubernetes API is doing.
///
/// @param resource such as `pods`
/// @param namespace one, or empty for all
/// @param synced it has listed at least once
/// @param up its last request succeeded
/// @param age since it last proved to be in step: by a list, an event or a bookmark; since its
///   start where it never did
/// @param restarts how often it had to connect again after a failure
/// @param fault one sentence while it is not up, else empty
public record WatchState(
    String resource,
    String namespace,
    boolean synced,
    boolean up,
    Duration age,
    long restarts,
    String fault) {}
