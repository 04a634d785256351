package dev.inferscale.adapter.certificate;

/// Why a certificate or an authority cannot be had: one sentence that names the keys to change.
public final class CertificateFault extends Exception {
  private static final long serialVersionUID = 1L;

  CertificateFault(String message) {
    super(message);
  }

  CertificateFault(String message, Throwable cause) {
    super(message, cause);
  }
}
