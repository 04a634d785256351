package dev.inferscale.signals.exposition;

import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/// Scans one sample line after another: name, labels, value. What follows the value (a timestamp,
/// an exemplar, anything) is not looked at. One thread at a time.
final class SampleLine {
  private static final int QUOTED = 32;

  private final byte[] body;
  private final int mostLabels;
  private final Labels labels;
  private final Decimal decimal = new Decimal();
  private int nameFrom;
  private int nameTo;
  private int labelsAt;
  private int labelsHash;
  private int stopped;

  SampleLine(byte[] body, int mostLabels) {
    this.body = body;
    this.mostLabels = mostLabels;
    this.labels = new Labels(body);
  }

  /// Reads the name at `at`.
  ///
  /// @return true where it is the name of the line before, so that nobody need look it up
  boolean name(int at) {
    int length = nameTo - nameFrom;
    int to = at + length;
    if (length > 0 && to < body.length && Ascii.nameEnd(body, to) == to) {
      if (Arrays.equals(body, at, to, body, nameFrom, nameTo)) {
        nameFrom = at;
        nameTo = to;
        stopped = to;
        return true;
      }
    }
    nameFrom = at;
    nameTo = Ascii.isNameStart(body[at]) ? Ascii.nameEnd(body, at) : at;
    stopped = nameTo;
    return false;
  }

  /// Reads labels and value after the name.
  ///
  /// @param hashed whether the hash of the labels is wanted
  /// @return what is wrong with the line, null where nothing is
  @Nullable String rest(boolean hashed) {
    labelsAt = nameTo;
    labels.start(nameTo);
    long hash = 0;
    int count = 0;
    while (labels.next()) {
      count++;
      if (hashed) {
        hash += labels.hash();
      }
    }
    labelsHash = Long.hashCode(hash);
    stopped = labels.end();
    if (labels.fault() != null) {
      return labels.fault();
    }
    if (labels.metricTo() > 0) {
      if (nameTo > nameFrom) {
        return "two metric names on one line";
      }
      nameFrom = labels.metricFrom();
      nameTo = labels.metricTo();
    }
    if (nameTo == nameFrom) {
      return "the line does not start with a metric name";
    }
    return count > mostLabels
        ? "the series has " + count + " labels; at most " + mostLabels + " are read"
        : number();
  }

  private @Nullable String number() {
    int from = Ascii.skipBlanks(body, stopped);
    int to = decimal.parse(body, from, body.length);
    stopped = Math.max(from, to);
    boolean ends = to == body.length || (to > 0 && (body[to] == '\n' || Ascii.isBlank(body[to])));
    if (ends) {
      return null;
    }
    int end = Ascii.wordEnd(body, from);
    return end == from
        ? "the line has no value"
        : "the value is '" + Ascii.quote(body, from, end, QUOTED) + "', not a number";
  }

  int nameFrom() {
    return nameFrom;
  }

  int nameTo() {
    return nameTo;
  }

  /// Where [Labels#start] finds the labels.
  int labelsAt() {
    return labelsAt;
  }

  int labelsHash() {
    return labelsHash;
  }

  double value() {
    return decimal.value();
  }

  /// The byte up to which the line was looked at.
  int stopped() {
    return stopped;
  }
}
