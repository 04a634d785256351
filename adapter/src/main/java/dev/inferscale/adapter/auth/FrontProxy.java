package dev.inferscale.adapter.auth;

import dev.inferscale.adapter.certificate.Authority;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/// The aggregator's word about who it calls for: headers, believed from whoever has a certificate
/// of its own authority. The rules are those of Kubernetes' request-header authenticator.
///
/// @param allowedNames common names of such certificates; empty for any
/// @param uidHeaders usually empty: an older API server lets clients set what a newer one sends
record FrontProxy(
    Authority authority,
    List<String> allowedNames,
    List<String> usernameHeaders,
    List<String> groupHeaders,
    List<String> uidHeaders,
    List<String> extraPrefixes) {

  /// @param now on the wall clock
  Opinion identify(Caller caller, Instant now) {
    if (caller.chain().isEmpty()) {
      return Opinion.NONE;
    }
    try {
      authority.verify(caller.chain(), now);
    } catch (GeneralSecurityException untrusted) {
      return new Opinion.Wrong("not a certificate of the front proxy's authority");
    }
    String proxy = Subject.of(caller.chain().getFirst()).commonName();
    if (!allowedNames.isEmpty() && !allowedNames.contains(proxy)) {
      return new Opinion.Wrong("subject with cn=" + proxy + " is not in the allowed list");
    }
    Caller.Headers headers = caller.headers();
    String name = first(headers, usernameHeaders);
    if (name.isEmpty()) {
      return Opinion.NONE;
    }
    List<String> groups =
        groupHeaders.stream().flatMap(header -> headers.all(header).stream()).toList();
    return new Opinion.Known(new User(name, first(headers, uidHeaders), groups, extra(headers)));
  }

  private static String first(Caller.Headers headers, List<String> names) {
    return names.stream()
        .map(headers::first)
        .filter(value -> !value.isEmpty())
        .findFirst()
        .orElse("");
  }

  private Map<String, List<String>> extra(Caller.Headers headers) {
    Map<String, List<String>> extra = new LinkedHashMap<>();
    for (String prefix : extraPrefixes) {
      for (String name : headers.names()) {
        if (name.regionMatches(true, 0, prefix, 0, prefix.length())) {
          String key = decode(name.substring(prefix.length()).toLowerCase(Locale.ROOT));
          extra.computeIfAbsent(key, _ -> new ArrayList<>()).addAll(headers.all(name));
        }
      }
    }
    return extra;
  }

  /// Percent-decoded, or as it is where it cannot be.
  private static String decode(String key) {
    if (key.indexOf('%') < 0) {
      return key;
    }
    ByteBuffer bytes = ByteBuffer.allocate(key.length());
    for (int i = 0; i < key.length(); i++) {
      char c = key.charAt(i);
      int high = c == '%' && i + 2 < key.length() ? Character.digit(key.charAt(i + 1), 16) : -1;
      int low = high >= 0 ? Character.digit(key.charAt(i + 2), 16) : -1;
      if ((c == '%' && low < 0) || c > 0x7f) {
        return key;
      }
      bytes.put((byte) (c == '%' ? 16 * high + low : c));
      i += c == '%' ? 2 : 0;
    }
    try {
      return StandardCharsets.UTF_8.newDecoder().decode(bytes.flip()).toString();
    } catch (CharacterCodingException notText) {
      return key;
    }
  }
}
