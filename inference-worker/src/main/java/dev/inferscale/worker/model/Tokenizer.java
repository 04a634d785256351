package dev.inferscale.worker.model;

/// SKELETON of the face the engine and HTTP use; the real class reads `tokenizer.json` (byte-level
/// BPE).
public interface Tokenizer {
  /// @param special whether the tokenizer's own BOS is added
  int[] encode(String text, boolean special);

  String decode(int[] tokens, boolean skipSpecial);

  /// A decoder for one stream of tokens: never sends a part of a character.
  Stream stream(boolean skipSpecial);

  /// Pieces of text as tokens arrive. Not thread-safe.
  interface Stream {
    /// All text that is decided after this token; may be empty.
    String next(int token);

    /// What is left when the sequence ends here.
    String end();
  }
}
