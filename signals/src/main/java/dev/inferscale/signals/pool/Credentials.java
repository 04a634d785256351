package dev.inferscale.signals.pool;

import java.security.cert.X509Certificate;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/// How the pages of a pool are asked for: whose certificates are believed, and which token goes
/// along.
///
/// @param token sent as `Authorization: Bearer`, null for none
public record Credentials(Trust trust, @Nullable Token token) {
  /// What pages need that are open to everybody.
  public static final Credentials NONE = new Credentials(new Trust.Usual(), null);

  /// Whose certificates are believed of pages that are asked for by https.
  public sealed interface Trust {

    /// The authorities that the JDK trusts, for the host that was asked and no other.
    record Usual() implements Trust {}

    /// These authorities alone, whatever names and addresses they certify.
    ///
    /// @param certificates at least one
    record Authorities(Set<X509Certificate> certificates) implements Trust {
      public Authorities {
        certificates = Set.copyOf(certificates);
      }
    }

    /// Any certificate of anybody.
    record Anybody() implements Trust {}
  }

  /// A secret; printed, it is not shown.
  ///
  /// @param text visible ASCII without blanks, as RFC 6750 2.1 has it in a header
  public record Token(String text) {
    @Override
    public String toString() {
      return "(not shown)";
    }
  }
}
