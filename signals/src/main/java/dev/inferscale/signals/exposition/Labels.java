package dev.inferscale.signals.exposition;

import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/// Walks the labels of one series after another, in the order of the page. The parser checks a page
/// with it and readers read with it. One thread at a time.
public final class Labels {
  private static final int QUOTED = 32;

  private final byte[] body;
  private final Decimal decimal = new Decimal();
  private int at;
  private boolean open;
  private int nameFrom;
  private int nameTo;
  private int valueFrom;
  private int valueTo;
  private boolean escaped;
  private int metricFrom;
  private int metricTo;
  private @Nullable String fault;

  Labels(byte[] body) {
    this.body = body;
  }

  /// Starts at the byte after a metric name: a brace, or anything else where the series has no
  /// labels.
  void start(int nameEnd) {
    int brace = Ascii.skipBlanks(body, nameEnd);
    open = brace < body.length && body[brace] == '{';
    at = open ? brace + 1 : nameEnd;
    fault = null;
    metricFrom = 0;
    metricTo = 0;
  }

  /// Steps to the next label.
  ///
  /// @return false after the last one
  public boolean next() {
    if (!open) {
      return false;
    }
    at = Ascii.skipBlanks(body, at);
    byte first = at < body.length ? body[at] : (byte) '\n';
    if (first == '}') {
      at++;
      open = false;
      return false;
    }
    if (first == '"') {
      return quotedName();
    }
    nameFrom = at;
    nameTo = Ascii.nameEnd(body, at);
    if (nameTo == nameFrom) {
      return failed("a label name is missing");
    }
    at = nameTo;
    return readValue();
  }

  /// The UTF-8 syntax: `{"metric.name","label.name"="value"}`.
  private boolean quotedName() {
    nameFrom = at + 1;
    nameTo = Ascii.quotedStop(body, nameFrom);
    if (nameTo >= body.length || body[nameTo] != '"') {
      return failed("a quoted name is not closed");
    }
    at = Ascii.skipBlanks(body, nameTo + 1);
    if (at < body.length && body[at] == '=') {
      return readValue();
    }
    if (metricTo != 0) {
      return failed("a second quoted metric name");
    }
    metricFrom = nameFrom;
    metricTo = nameTo;
    return separator() && next();
  }

  private boolean readValue() {
    at = Ascii.skipBlanks(body, at);
    if (at >= body.length || body[at] != '=') {
      return failed("no '=' after a label name");
    }
    at = Ascii.skipBlanks(body, at + 1);
    if (at >= body.length || body[at] != '"') {
      return failed(valueOf() + " does not start with a quote");
    }
    valueFrom = at + 1;
    escaped = false;
    valueTo = Ascii.quotedStop(body, valueFrom);
    while (valueTo < body.length && body[valueTo] == '\\') {
      escaped = true;
      int next = valueTo + 1;
      valueTo =
          next < body.length && body[next] == '\n' ? next : Ascii.quotedStop(body, valueTo + 2);
    }
    if (valueTo >= body.length || body[valueTo] != '"') {
      valueTo = Math.min(valueTo, body.length);
      return failed(valueOf() + " is not closed");
    }
    at = valueTo + 1;
    return separator();
  }

  private boolean separator() {
    at = Ascii.skipBlanks(body, at);
    byte next = at < body.length ? body[at] : (byte) '\n';
    if (next == ',') {
      at++;
      return true;
    }
    if (next == '}') {
      return true;
    }
    return failed("no ',' or '}' after " + valueOf() + " (a quote inside must be written \\\")");
  }

  private String valueOf() {
    return "the value of label " + Ascii.quote(body, nameFrom, nameTo, QUOTED);
  }

  private boolean failed(String why) {
    fault = why;
    open = false;
    return false;
  }

  /// What broke the walk, null where it ended well.
  @Nullable String fault() {
    return fault;
  }

  /// After the walk: the byte after the closing brace.
  int end() {
    return at;
  }

  /// The name that stands in quotes inside the braces, empty where the page writes it before them.
  int metricFrom() {
    return metricFrom;
  }

  int metricTo() {
    return metricTo;
  }

  /// A hash of the present label's name and value. Added up over the labels of a series, it tells
  /// label sets apart whatever their order.
  public long hash() {
    return 31 * Ascii.hash(body, nameFrom, nameTo) + Ascii.hash(body, valueFrom, valueTo);
  }

  /// True where the present label has this name.
  public boolean named(byte[] name) {
    return Arrays.equals(body, nameFrom, nameTo, name, 0, name.length);
  }

  /// True where the present label's value, escapes undone, is this text in UTF-8.
  public boolean valued(byte[] text) {
    if (escaped) {
      return Arrays.equals(value().getBytes(StandardCharsets.UTF_8), text);
    }
    return Arrays.equals(body, valueFrom, valueTo, text, 0, text.length);
  }

  /// True where the present label's value starts with this text, in UTF-8.
  public boolean valueStarts(byte[] prefix) {
    int to = valueFrom + prefix.length;
    return to <= valueTo && Arrays.equals(body, valueFrom, to, prefix, 0, prefix.length);
  }

  /// The present label's value, escapes undone.
  public String value() {
    String raw = new String(body, valueFrom, valueTo - valueFrom, StandardCharsets.UTF_8);
    if (!escaped) {
      return raw;
    }
    StringBuilder text = new StringBuilder(raw.length());
    for (int i = 0; i < raw.length(); i++) {
      char c = raw.charAt(i);
      boolean escape = c == '\\' && i + 1 < raw.length();
      text.append(escape ? unescaped(raw.charAt(++i)) : c);
    }
    return text.toString();
  }

  private static char unescaped(char c) {
    return c == 'n' ? '\n' : c;
  }

  /// The present label's value as a number (a bucket's `le`), NaN where it is none.
  public double number() {
    return decimal.parse(body, valueFrom, valueTo) == valueTo ? decimal.value() : Double.NaN;
  }

  /// The present label's name.
  public String name() {
    return new String(body, nameFrom, nameTo - nameFrom, StandardCharsets.UTF_8);
  }

  /// True where the other walker stands at a label of the same name and, as written, value.
  boolean sameAs(Labels other) {
    return Arrays.equals(body, nameFrom, nameTo, other.body, other.nameFrom, other.nameTo)
        && Arrays.equals(body, valueFrom, valueTo, other.body, other.valueFrom, other.valueTo);
  }
}
