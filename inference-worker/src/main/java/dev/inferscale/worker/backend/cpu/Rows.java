package dev.inferscale.worker.backend.cpu;

/// The tokens of one pass through the model: some of some sequences, in order of position within
/// each. Reused from pass to pass.
final class Rows {
  private final int[] tokens;
  private final int[] positions;
  private final int[][] blocks;
  private final int[] wanted;
  private int count;
  private int wantedCount;

  Rows(int capacity) {
    tokens = new int[capacity];
    positions = new int[capacity];
    blocks = new int[capacity][];
    wanted = new int[capacity];
  }

  void clear() {
    count = 0;
    wantedCount = 0;
  }

  /// @param blockTable of the token's sequence; covers its position
  /// @param wantsLogits whether logits after this token are needed
  void add(int token, int position, int[] blockTable, boolean wantsLogits) {
    if (wantsLogits) {
      wanted[wantedCount++] = count;
    }
    tokens[count] = token;
    positions[count] = position;
    blocks[count] = blockTable;
    count++;
  }

  int count() {
    return count;
  }

  boolean isFull() {
    return count == tokens.length;
  }

  int token(int row) {
    return tokens[row];
  }

  int position(int row) {
    return positions[row];
  }

  int[] blocks(int row) {
    return blocks[row];
  }

  /// Number of rows whose logits are needed.
  int wantedCount() {
    return wantedCount;
  }

  /// The row of the i-th logits.
  int wanted(int i) {
    return wanted[i];
  }
}
