package dev.inferscale.signals.kube;

import java.io.IOException;

/// A request that the Kubernetes API did not answer as it should.
public final class ApiFault extends IOException {
  private static final long serialVersionUID = 1;

  /// No answer at all.
  public static final int NONE = 0;

  /// What was asked for is too old; list again.
  public static final int GONE = 410;

  private final int code;

  /// @param code the HTTP status, or [#NONE]
  /// @param sentence for people, without secrets
  public ApiFault(int code, String sentence) {
    super(sentence);
    this.code = code;
  }

  public int code() {
    return code;
  }

  public String sentence() {
    return String.valueOf(getMessage());
  }

  /// What an HTTP status of the API means for somebody who may mend it.
  public static ApiFault of(int code) {
    String hint =
        switch (code) {
          case 401 -> "; are the credentials still good?";
          case 403 -> "; does its Role allow get, list and watch?";
          case 404 -> "; does the API server know this resource?";
          case GONE -> "; listing again";
          default -> "";
        };
    return new ApiFault(code, "the API server answers " + code + hint);
  }
}
