package dev.inferscale.signals.exposition;

/// What became of one metrics page.
public sealed interface Page permits Samples, Refused {}
