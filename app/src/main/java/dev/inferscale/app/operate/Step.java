package dev.inferscale.app.operate;

/// One thing that was looked at.
///
/// @param subject such as `apiservice/v1beta1.external.metrics.k8s.io`
/// @param text what was found; where it is not fine, also what to do
record Step(Verdict verdict, String subject, String text) {
  enum Verdict {
    FINE,
    /// Advice, or something that could not be looked at.
    NOTE,
    /// Does harm; the command ends with 1.
    WRONG
  }

  static Step fine(String subject, String text) {
    return new Step(Verdict.FINE, subject, text);
  }

  static Step note(String subject, String text) {
    return new Step(Verdict.NOTE, subject, text);
  }

  static Step wrong(String subject, String text) {
    return new Step(Verdict.WRONG, subject, text);
  }
}
