package dev.inferscale.signals.document;

import java.util.function.Predicate;

/// What must hold between the keys of one mapping, in the two languages that judge it: ours, and
/// CEL for the API server. One test holds both to the same documents.
///
/// @param key the key that is reported
/// @param holds our judgement; true where a key that it needs has the wrong type
/// @param cel the API server's, over `self`, in which defaults are filled in
/// @param sentence the problem; `{key}` stands for that key's value
public record Rule(String key, Predicate<Section> holds, String cel, String sentence) {}
