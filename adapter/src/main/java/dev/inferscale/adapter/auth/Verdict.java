package dev.inferscale.adapter.auth;

/// What is made of a request.
public sealed interface Verdict {

  /// It is answered.
  record Admitted(User user) implements Verdict {}

  /// It is not.
  record Refused(Refusal refusal) implements Verdict {}

  /// It takes a question to the API server to know.
  ///
  /// @param stranger whether nothing speaks for the caller yet: no certificate that the cluster
  ///   believes, and no earlier answer
  record Undecided(boolean stranger) implements Verdict {}
}
