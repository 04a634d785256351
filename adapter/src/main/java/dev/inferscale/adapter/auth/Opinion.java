package dev.inferscale.adapter.auth;

/// What one way of identifying a caller says.
sealed interface Opinion {
  None NONE = new None();

  /// It is this one.
  record Known(User user) implements Opinion {}

  /// The caller shows nothing that this way looks at.
  record None() implements Opinion {}

  /// The caller shows something that is not good.
  record Wrong(String why) implements Opinion {}
}
