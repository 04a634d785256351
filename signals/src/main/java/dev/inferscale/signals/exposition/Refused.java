package dev.inferscale.signals.exposition;

/// A page that is no metrics text at all, or beyond what is read of one.
///
/// @param why one sentence of at most 200 characters for people
public record Refused(String why) implements Page {}
