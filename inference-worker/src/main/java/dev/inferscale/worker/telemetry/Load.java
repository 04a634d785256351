package dev.inferscale.worker.telemetry;

import java.time.Duration;

/// What the engine holds at one instant; the gauges of a scrape.
///
/// @param waiting requests accepted and not scheduled, preempted ones included
/// @param running requests in the batch
/// @param waitingTokens prompt and generated tokens of the waiting requests
/// @param runningTokens prompt and generated tokens of the running requests
/// @param kvUsedTokens tokens that the held KV blocks have room for: at capacity no block is free
/// @param oldestWait age of the request that has waited longest; zero when none waits
public record Load(
    int waiting,
    int running,
    long waitingTokens,
    long runningTokens,
    long kvUsedTokens,
    Duration oldestWait) {}
