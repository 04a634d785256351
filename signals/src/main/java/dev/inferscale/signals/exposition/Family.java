package dev.inferscale.signals.exposition;

import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/// One metric family of a page: everything under one `# TYPE` name. Written by the parser while it
/// reads, and by nobody afterwards.
public final class Family {
  static final int NONE = -1;

  private final byte[] body;
  private final int nameFrom;
  private final int nameTo;
  private final int hash;
  private final int index;
  private final boolean wanted;
  private FamilyType type = FamilyType.UNKNOWN;
  private @Nullable Defect damage;
  private int first = NONE;
  private int last = NONE;

  Family(byte[] body, int nameFrom, int nameTo, int hash, int index, boolean wanted) {
    this.body = body;
    this.nameFrom = nameFrom;
    this.nameTo = nameTo;
    this.hash = hash;
    this.index = index;
    this.wanted = wanted;
  }

  /// As the page spells it.
  public String name() {
    return new String(body, nameFrom, nameTo - nameFrom, StandardCharsets.UTF_8);
  }

  /// True where the page spells the name exactly so.
  boolean spelled(byte[] text) {
    return Arrays.equals(body, nameFrom, nameTo, text, 0, text.length);
  }

  /// True where the name starts so; `:` and `_` are the same.
  public boolean startsWith(byte[] prefix) {
    int to = nameFrom + prefix.length;
    return to <= nameTo && Ascii.sameName(body, nameFrom, to, prefix, 0, prefix.length);
  }

  public FamilyType type() {
    return type;
  }

  /// The first line of this family that could not be believed; a family that has one must not be
  /// summed, since a part may be missing. Null where all is well.
  public @Nullable Defect damage() {
    return damage;
  }

  /// True where the parser was asked for this family; of others it keeps no series.
  public boolean wanted() {
    return wanted;
  }

  boolean isNamed(byte[] name, int from, int to, int nameHash) {
    return hash == nameHash && Ascii.sameName(body, nameFrom, nameTo, name, from, to);
  }

  int hash() {
    return hash;
  }

  /// Its place in the order of the page.
  int index() {
    return index;
  }

  /// True where the shorter of the two names is the start of the other.
  boolean sharesStart(byte[] name, int from, int to) {
    int length = Math.min(to - from, nameTo - nameFrom);
    return Ascii.sameName(body, nameFrom, nameFrom + length, name, from, from + length);
  }

  int first() {
    return first;
  }

  int last() {
    return last;
  }

  void declare(FamilyType declared) {
    type = declared;
  }

  void damagedBy(Defect defect) {
    if (damage == null) {
      damage = defect;
    }
  }

  void holds(int series) {
    first = first == NONE ? series : first;
    last = series;
  }

  /// The part of this family that a sample of that name is, null where it is none of it.
  @Nullable Part partOf(byte[] name, int from, int to) {
    if (Ascii.sameName(body, nameFrom, nameTo, name, from, to)) {
      return Part.VALUE;
    }
    Part part = Part.endOf(name, from, to);
    int suffix = part.suffixLength();
    if (part == Part.VALUE) {
      // OpenMetrics declares a counter without the suffix that its samples carry.
      boolean total = Ascii.endsWith(name, from, to, Part.TOTAL_SUFFIX);
      suffix = total && type == FamilyType.COUNTER ? Part.TOTAL_SUFFIX.length() : 0;
    }
    boolean mine =
        suffix > 0
            && type.admits(part)
            && Ascii.sameName(body, nameFrom, nameTo, name, from, to - suffix);
    return mine ? part : null;
  }
}
