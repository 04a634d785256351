package dev.inferscale.adapter.metricsapi.selector;

import java.util.regex.Pattern;

/// What Kubernetes allows as a label's key and value.
public final class LabelText {
  private static final int MAX_NAME = 63;
  private static final int MAX_PREFIX = 253;
  private static final Pattern DNS_SUBDOMAIN =
      Pattern.compile("[a-z0-9]([-a-z0-9]*+(?<!-))?(\\.[a-z0-9]([-a-z0-9]*+(?<!-))?)*+");

  private LabelText() {}

  /// A name, or a DNS subdomain, `/` and a name.
  static boolean isKey(String text) {
    int slash = text.indexOf('/');
    if (slash < 0) {
      return isName(text);
    }
    String prefix = text.substring(0, slash);
    return prefix.length() <= MAX_PREFIX
        && DNS_SUBDOMAIN.matcher(prefix).matches()
        && isName(text.substring(slash + 1));
  }

  /// Empty or a name.
  static boolean isValue(String text) {
    return text.isEmpty() || isName(text);
  }

  /// What an illegal value looks like as an alias: illegal characters become `_`, at most 63
  /// characters, letters or digits at both ends.
  public static String aliased(String text) {
    StringBuilder out = new StringBuilder(MAX_NAME);
    for (int i = 0; i < text.length() && out.length() < MAX_NAME; i++) {
      char c = text.charAt(i);
      boolean legal = isInner(c) && (!out.isEmpty() || isAlphanumeric(c));
      if (legal || !out.isEmpty()) {
        out.append(legal ? c : '_');
      }
    }
    while (!out.isEmpty() && !isAlphanumeric(out.charAt(out.length() - 1))) {
      out.setLength(out.length() - 1);
    }
    return out.toString();
  }

  private static boolean isName(String text) {
    int length = text.length();
    if (length == 0 || length > MAX_NAME) {
      return false;
    }
    for (int i = 1; i < length - 1; i++) {
      if (!isInner(text.charAt(i))) {
        return false;
      }
    }
    return isAlphanumeric(text.charAt(0)) && isAlphanumeric(text.charAt(length - 1));
  }

  private static boolean isInner(char c) {
    return isAlphanumeric(c) || c == '-' || c == '_' || c == '.';
  }

  private static boolean isAlphanumeric(char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
  }
}
