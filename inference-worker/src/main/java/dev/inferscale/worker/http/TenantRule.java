package dev.inferscale.worker.http;

import io.undertow.server.HttpServerExchange;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// Whom to believe when a request names its tenant: only peers that configuration trusts, such as
/// the gateway. Everyone else is `unknown`.
///
/// @param header that carries the tenant; empty when tenants are not used
/// @param trustedPeers addresses whose header is believed
public record TenantRule(String header, List<AddressRange> trustedPeers) {
  static final String UNKNOWN = "unknown";

  public TenantRule {
    trustedPeers = List.copyOf(trustedPeers);
  }

  String tenantOf(HttpServerExchange exchange) {
    if (header.isEmpty() || !trusts(exchange.getSourceAddress())) {
      return UNKNOWN;
    }
    return CallerHeaders.plain(exchange.getRequestHeaders().getFirst(header)).orElse(UNKNOWN);
  }

  private boolean trusts(@Nullable InetSocketAddress peer) {
    InetAddress address = peer == null ? null : peer.getAddress();
    return address != null && trustedPeers.stream().anyMatch(range -> range.contains(address));
  }
}
