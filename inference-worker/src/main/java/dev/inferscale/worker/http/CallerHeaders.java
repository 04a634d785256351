package dev.inferscale.worker.http;

import io.undertow.server.HttpServerExchange;
import java.security.SecureRandom;
import java.util.HexFormat;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/// What a request's headers say about its caller: request id, trace and tenant. All of it is text
/// from outside, so only plain characters and short values are taken.
final class CallerHeaders {
  private static final Pattern PLAIN = Pattern.compile("[A-Za-z0-9._:@/+=-]{1,128}");

  /// W3C Trace Context; of an unknown version the first four fields are read.
  private static final Pattern TRACEPARENT =
      Pattern.compile("(?!ff)[0-9a-f]{2}-([0-9a-f]{32})-[0-9a-f]{16}-[0-9a-f]{2}(-.*)?");

  private static final String NO_TRACE = "0".repeat(32);
  private static final SecureRandom RANDOM = new SecureRandom();

  private CallerHeaders() {}

  /// The caller's `x-request-id`, or a new one.
  static String requestId(HttpServerExchange exchange) {
    return plain(exchange.getRequestHeaders().getFirst("x-request-id"))
        .orElseGet(CallerHeaders::newId);
  }

  static String newId() {
    byte[] bytes = new byte[12];
    RANDOM.nextBytes(bytes);
    return HexFormat.of().formatHex(bytes);
  }

  /// The trace id of a valid `traceparent`, or an empty text.
  static String traceId(HttpServerExchange exchange) {
    String header = exchange.getRequestHeaders().getFirst("traceparent");
    if (header == null || header.length() > 256) {
      return "";
    }
    Matcher parts = TRACEPARENT.matcher(header);
    return parts.matches() && !parts.group(1).equals(NO_TRACE) ? parts.group(1) : "";
  }

  static Optional<String> plain(@Nullable String value) {
    return Optional.ofNullable(value).filter(text -> PLAIN.matcher(text).matches());
  }
}
