package dev.inferscale.worker.telemetry;

/// What does not change while the worker runs: labels and limits of its metrics.
///
/// @param model name under which the model is served
/// @param device kind of device: `cpu` or `paced`
/// @param kvCapacityTokens tokens that the KV cache can hold
/// @param usdPerHour price of this replica; 0 is unknown, and then there is no cost series
/// @param maxTenants tenants with series of their own; the rest share `other`
public record Identity(
    String model,
    String device,
    String version,
    int blockTokens,
    long kvCapacityTokens,
    int maxRunning,
    int maxQueue,
    double usdPerHour,
    int maxTenants) {}
