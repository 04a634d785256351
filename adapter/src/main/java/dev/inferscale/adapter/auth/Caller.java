package dev.inferscale.adapter.auth;

import java.net.InetAddress;
import java.security.cert.X509Certificate;
import java.util.Collection;
import java.util.List;

/// What a request shows of who sends it; nothing of it is believed yet.
///
/// @param chain the client's certificate first, as the handshake brought it; empty without one
/// @param source the peer of the connection
public record Caller(List<X509Certificate> chain, Headers headers, InetAddress source) {

  /// The headers of a request. Names are compared without regard to case.
  public interface Headers {
    /// All values of one header, in order; empty where it is absent.
    List<String> all(String name);

    /// The names that there are, each once.
    Collection<String> names();

    /// The first value that says something, or empty.
    default String first(String name) {
      return all(name).stream().filter(value -> !value.isEmpty()).findFirst().orElse("");
    }
  }
}
