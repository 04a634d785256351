package dev.inferscale.adapter.metricsapi;

import java.time.Instant;

/// What a server knows of itself that decides whether it should be asked.
///
/// @param synced whether the plane knows its pools and has had their first answers
/// @param certificateExpires when its certificate ends, on the wall clock
/// @param knowsCallers whether it is able to say who calls, where it has to
/// @param draining whether it is about to stop
public record Preparedness(
    boolean synced, Instant certificateExpires, boolean knowsCallers, boolean draining) {}
