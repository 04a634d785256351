package dev.inferscale.e2e.bed;

/// The time since a test did something, for the figures that it prints.
final class Elapsed {
  private final long began = System.nanoTime();

  /// Prints it in seconds behind what it led to.
  void says(String what) {
    System.out.printf("%s: %.2f s%n", what, seconds());
  }

  double seconds() {
    return (System.nanoTime() - began) / 1e9;
  }
}
