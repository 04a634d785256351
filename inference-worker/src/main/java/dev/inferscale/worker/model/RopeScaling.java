package dev.inferscale.worker.model;

/// How rotary frequencies are stretched beyond the length a model was first trained at.
public sealed interface RopeScaling {

  /// Frequencies as they are.
  record None() implements RopeScaling {}

  /// Llama 3.1's rule: wavelengths above `originalContextTokens / lowFrequencyFactor` are slowed by
  /// `factor`, those below `originalContextTokens / highFrequencyFactor` are kept, those between
  /// are blended.
  record Llama3(
      double factor,
      double lowFrequencyFactor,
      double highFrequencyFactor,
      int originalContextTokens)
      implements RopeScaling {}

  /// Angle per position of each pair of a head's dimensions, in radians: `theta^(-2i / headDim)`,
  /// scaled. Rounded to float at the same places as transformers' `_compute_llama3_parameters`, so
  /// that angles at far positions agree.
  default float[] frequencies(double theta, int headDim) {
    float[] frequencies = new float[headDim / 2];
    for (int i = 0; i < frequencies.length; i++) {
      float exponent = (float) (2 * i) / headDim;
      frequencies[i] = scaled(1.0f / (float) Math.pow(theta, exponent));
    }
    return frequencies;
  }

  private float scaled(float frequency) {
    return switch (this) {
      case None() -> frequency;
      case Llama3 rule -> {
        double waveLength = 2 * Math.PI / frequency;
        if (waveLength > rule.originalContextTokens / rule.lowFrequencyFactor) {
          yield (float) (frequency / rule.factor);
        }
        if (waveLength < rule.originalContextTokens / rule.highFrequencyFactor) {
          yield frequency;
        }
        double smooth =
            (rule.originalContextTokens / waveLength - rule.lowFrequencyFactor)
                / (rule.highFrequencyFactor - rule.lowFrequencyFactor);
        yield (float) ((1 - smooth) * (frequency / rule.factor) + smooth * frequency);
      }
    };
  }
}
