package dev.inferscale.signals.exposition;

/// One line that could not be believed.
///
/// @param line counted from 1
/// @param why one sentence of at most 128 characters; what it quotes of the page is printable
public record Defect(int line, String why) {
  private static final int LONGEST = 128;

  public Defect {
    why = why.length() <= LONGEST ? why : why.substring(0, LONGEST - 1) + "…";
  }
}
