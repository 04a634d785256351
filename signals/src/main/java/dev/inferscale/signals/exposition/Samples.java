package dev.inferscale.signals.exposition;

import java.util.Collections;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// The parsed text of one page. It keeps the page's bytes, so that it should not outlive the
/// reading made from it. Immutable.
public final class Samples implements Page {
  private final byte[] body;
  private final FamilyTable families;
  private final SeriesTable table;
  private final List<Defect> defects;
  private final int defectCount;
  private final int lineCount;
  private final int seriesCount;

  Samples(byte[] body, FamilyTable families, SeriesTable table, Tally tally) {
    this.body = body;
    this.families = families;
    this.table = table;
    this.defects = List.copyOf(tally.listed());
    this.defectCount = tally.defects();
    this.lineCount = tally.lines();
    this.seriesCount = tally.seriesCount();
  }

  /// What could not be believed, in the order of the page; at most [Limits#defects] of them.
  public List<Defect> defects() {
    return defects;
  }

  /// How many lines could not be believed, listed or not.
  public int defectCount() {
    return defectCount;
  }

  public int lineCount() {
    return lineCount;
  }

  /// Good series of the page, kept or not. Zero where the page holds none, which is not a page that
  /// says zero.
  public int seriesCount() {
    return seriesCount;
  }

  /// All families in the order of the page, also those whose series are not kept.
  public List<Family> families() {
    return Collections.unmodifiableList(families.all());
  }

  /// The first family of the page that the name stands for, null where there is none.
  public @Nullable Found find(SeriesName name) {
    for (SeriesName.Try place : name.tries()) {
      Family family = families.find(place.family(), 0, place.family().length, place.hash());
      if (family != null && place.admits(family.type())) {
        return new Found(family, place.part());
      }
    }
    return null;
  }

  /// A walk over the kept series of a family, all parts of it.
  public Series series(Family family) {
    return new Series(body, table, family);
  }

  /// Where a name was found.
  public record Found(Family family, Part part) {}
}
