package dev.inferscale.worker.model;

/// A model directory that cannot be served. The message is one sentence for the person who chose
/// it: the file, what is wrong and what would be right.
public final class ModelFault extends RuntimeException {
  private static final long serialVersionUID = 1L;

  public ModelFault(String sentence) {
    super(sentence);
  }

  public ModelFault(String sentence, Throwable cause) {
    super(sentence, cause);
  }
}
