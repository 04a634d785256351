package dev.inferscale.worker.http;

import dev.inferscale.worker.model.Tokenizer;

/// The model as clients see it.
///
/// @param name that requests ask for
/// @param contextTokens longest sequence, prompt and output
/// @param vocabulary one more than the largest token id
/// @param device what computes, for people
/// @param maxConcurrent most completions being read, waiting, running or written
/// @param created seconds since the epoch, for the list of models
public record ServedModel(
    String name,
    Tokenizer tokenizer,
    int contextTokens,
    int vocabulary,
    String device,
    int maxConcurrent,
    long created) {}
