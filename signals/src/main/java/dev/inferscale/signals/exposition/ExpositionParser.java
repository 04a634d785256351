package dev.inferscale.signals.exposition;

import org.jspecify.annotations.Nullable;

/// Reads Prometheus text (0.0.4, 1.0.0) and OpenMetrics in one pass over the bytes.
///
/// It is lenient where engines differ and harm cannot follow: TYPE and HELP may be missing, samples
/// may be spelled `_` under a TYPE with `:`, numbers come in every style, timestamps, exemplars and
/// whatever else follows a value are skipped, lines may end in CRLF. It is strict where a wrong
/// number could follow: a line that cannot be read costs its family, a total below zero or of 2^63
/// and more (an unsigned counter that was decremented once too often) has no number, the last line
/// counts only if its line feed arrived.
///
/// It never throws, whatever the bytes are, and its work and memory are bounded by [Limits].
public final class ExpositionParser {
  /// 2^63: where a signed counter would have wrapped.
  private static final double IMPOSSIBLE_TOTAL = 0x1p63;

  /// How much of a page stands for one series: about 110 bytes, of which a profile reads a third.
  private static final int BYTES_OF_SERIES = 96;

  private static final int BYTES_OF_KEPT_SERIES = 256;

  private final byte[] body;
  private final FamilySet wanted;
  private final Limits limits;
  private final Tally tally;
  private final FamilyTable families = new FamilyTable();
  private final SeriesTable table;
  private final SampleLine sample;

  /// The family of the last TYPE line, to which the samples after it mostly belong.
  private @Nullable Family declared;

  /// What the last sample's name stands for: the next one mostly has the same name.
  private @Nullable Family family;

  private Part part = Part.VALUE;
  private @Nullable String refusal;

  private ExpositionParser(byte[] body, FamilySet wanted, Limits limits) {
    this.body = body;
    this.wanted = wanted;
    this.limits = limits;
    this.tally = new Tally(limits.defects());
    int expected = body.length / (wanted == FamilySet.ALL ? BYTES_OF_SERIES : BYTES_OF_KEPT_SERIES);
    this.table = new SeriesTable(body, Math.clamp(expected, 16, Math.max(16, limits.series())));
    this.sample = new SampleLine(body, limits.labels());
  }

  /// Reads a whole page and keeps every family.
  public static Page parse(byte[] body, Limits limits) {
    return parse(body, FamilySet.ALL, limits);
  }

  /// Reads a whole page; all of it is checked, and the series of the wanted families are kept.
  /// Series that come twice are noticed among the kept ones only.
  ///
  /// @param body the page; not copied, so that nobody may write to it while its samples live
  /// @return [Samples], with no series where the page is empty; or [Refused] where it is not
  ///   metrics text or beyond the limits
  public static Page parse(byte[] body, FamilySet wanted, Limits limits) {
    if (body.length > limits.bodyBytes()) {
      return new Refused(
          "the page has " + body.length + " bytes; at most " + limits.bodyBytes() + " are read");
    }
    int start = Recognition.start(body);
    String other = Recognition.refusal(body, start);
    return other == null
        ? new ExpositionParser(body, wanted, limits).page(start)
        : new Refused(other);
  }

  private Page page(int start) {
    int at = start;
    while (at < body.length && refusal == null) {
      tally.line();
      at = line(at);
    }
    if (refusal == null && tally.seriesCount() == 0 && tally.defects() > 0) {
      Defect first = tally.listed().getFirst();
      refusal = "no line of the page is a sample; line " + first.line() + ": " + first.why();
    }
    return refusal == null ? new Samples(body, families, table, tally) : new Refused(refusal);
  }

  /// Reads the line at `from`.
  ///
  /// @return the byte after its line feed
  private int line(int from) {
    int at = Ascii.skipBlanks(body, from);
    if (at == body.length || body[at] == '\n') {
      return at + 1;
    }
    if (body[at] == '#') {
      comment(at);
      return Ascii.lineEnd(body, at) + 1;
    }
    Family before = family;
    if (!sample.name(at)) {
      family = null;
    }
    if (sample.nameTo() == body.length) {
      cutInName(before);
      return body.length;
    }
    if (family == null && sample.nameTo() > at) {
      resolve();
    }
    String fault = sample.rest(family == null || family.wanted());
    int end = Ascii.lineEnd(body, sample.stopped());
    settle(fault, end, end - from);
    return end + 1;
  }

  private void settle(@Nullable String fault, int end, int length) {
    if (end == body.length) {
      spoil("the page ends inside this line: it has no line feed");
    } else if (length > limits.lineBytes()) {
      spoil("the line has " + length + " bytes; at most " + limits.lineBytes() + " are read");
    } else if (fault != null) {
      spoil(fault);
    } else {
      keep();
    }
  }

  /// The line that was cut may have been one more series of the family before it.
  private void cutInName(@Nullable Family before) {
    Defect defect = tally.defect("the page ends inside this line: it has no line feed");
    if (before != null && before.sharesStart(body, sample.nameFrom(), sample.nameTo())) {
      before.damagedBy(defect);
    }
  }

  private void spoil(String fault) {
    Defect defect = tally.defect(fault);
    if (family != null) {
      family.damagedBy(defect);
    }
  }

  private void keep() {
    if (family == null) {
      resolve();
    }
    Family mine = family;
    if (mine == null) {
      return;
    }
    tally.series();
    if (tally.seriesCount() > limits.series()) {
      refusal = "the page has more than " + limits.series() + " series";
      return;
    }
    double value = sample.value();
    if (mine.type().isTotal(part) && (value < 0 || value >= IMPOSSIBLE_TOTAL)) {
      tally.defect("a total of " + value + " cannot be: it was decremented below zero");
      value = Double.NaN;
    }
    if (mine.wanted()) {
      store(mine, value);
    }
  }

  private void store(Family mine, double value) {
    int series = table.size();
    if (table.add(mine.index(), part, sample.labelsAt(), sample.labelsHash(), value)) {
      mine.holds(series);
    } else {
      tally.defect("this series came before on the page; the first one counts");
    }
  }

  /// Sets `family` and `part` from the sample's name; leaves no family where there are too many.
  private void resolve() {
    int from = sample.nameFrom();
    int to = sample.nameTo();
    Part declaredPart = declared == null ? null : declared.partOf(body, from, to);
    if (declaredPart != null) {
      family = declared;
      part = declaredPart;
      return;
    }
    family = find(from, to);
    part = Part.VALUE;
    if (family == null) {
      resolveBySuffix(from, to);
    }
  }

  /// Without a TYPE line of its own, `x_sum` belongs to `x`, also where nothing said that there is
  /// an `x`.
  private void resolveBySuffix(int from, int to) {
    Part end = Part.endOf(body, from, to);
    int baseTo = to - end.suffixLength();
    if (end == Part.VALUE && Ascii.endsWith(body, from, to, Part.TOTAL_SUFFIX)) {
      baseTo = to - Part.TOTAL_SUFFIX.length();
    }
    Family base = baseTo < to ? find(from, baseTo) : null;
    if (base != null && base.partOf(body, from, to) == end) {
      family = base;
      part = end;
    } else if (base == null && FamilyType.UNKNOWN.admits(end) && end != Part.VALUE) {
      family = added(from, baseTo);
      part = end;
    } else {
      family = added(from, to);
    }
  }

  /// `# TYPE name type` starts a family; every other comment (HELP, UNIT, EOF, remarks) is skipped.
  private void comment(int at) {
    int word = Ascii.skipBlanks(body, at + 1);
    int wordEnd = Ascii.wordEnd(body, word);
    if (!Ascii.equalsText(body, word, wordEnd, "TYPE")) {
      return;
    }
    int from = Ascii.skipBlanks(body, wordEnd);
    int to = Ascii.wordEnd(body, from);
    int typeFrom = Ascii.skipBlanks(body, to);
    FamilyType type = FamilyType.of(body, typeFrom, Ascii.wordEnd(body, typeFrom));
    family = null;
    declared = null;
    if (type == null || to == from) {
      tally.defect("a TYPE line needs a metric name and a type such as counter or gauge");
      return;
    }
    boolean quoted = to - from > 2 && body[from] == '"' && body[to - 1] == '"';
    declare(quoted ? from + 1 : from, quoted ? to - 1 : to, type);
  }

  private void declare(int from, int to, FamilyType type) {
    Family known = find(from, to);
    declared = known == null ? added(from, to) : known;
    if (declared == null) {
      return;
    }
    if (known != null && known.type() != FamilyType.UNKNOWN && known.type() != type) {
      tally.defect("a second TYPE for the same family; the first one counts");
      return;
    }
    declared.declare(type);
  }

  private @Nullable Family find(int from, int to) {
    return families.find(body, from, to, Ascii.nameHash(body, from, to));
  }

  private @Nullable Family added(int from, int to) {
    if (families.size() == limits.families()) {
      refusal = "the page has more than " + limits.families() + " metric families";
      return null;
    }
    int hash = Ascii.nameHash(body, from, to);
    boolean kept = wanted.has(body, from, to, hash);
    Family family = new Family(body, from, to, hash, families.size(), kept);
    families.add(family);
    return family;
  }
}
