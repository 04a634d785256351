package dev.inferscale.signals.profile;

import dev.inferscale.signals.exposition.Defect;
import dev.inferscale.signals.exposition.Part;
import dev.inferscale.signals.exposition.Samples;
import dev.inferscale.signals.exposition.Series;
import dev.inferscale.signals.profile.Reading.Ranks;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/// Finds and filters the series of one page for one profile. It remembers the model that it saw,
/// and why the last term could not be had. One thread at a time.
final class PageReading {
  private static final long MIX = 0x9E3779B97F4A7C15L;

  private final Samples samples;
  private final Rules rules;
  private final byte @Nullable [] onlyModel;
  private final Gathering gathering = new Gathering();
  private @Nullable String model;
  private @Nullable String otherModel;

  /// Names of the series that the present quantity took, in the spelling of the page.
  private List<String> taken = new ArrayList<>();

  /// The ranks of the present quantity's series, whether or not its terms took them: what another
  /// label tells apart (an outcome that never occurred) begins at zero and joins nothing.
  private final Set<Long> ranks = new HashSet<>();

  /// What makes the present quantity unusable although the page has it; null where nothing does.
  private @Nullable String trouble;

  PageReading(Samples samples, Rules rules, @Nullable String onlyModel) {
    this.samples = samples;
    this.rules = rules;
    this.onlyModel = onlyModel == null ? null : LabelFilter.utf8(onlyModel);
  }

  /// Starts on another quantity.
  void begin() {
    taken = new ArrayList<>(2);
    trouble = null;
    ranks.clear();
  }

  List<String> taken() {
    return taken;
  }

  Ranks ranks() {
    // A sum, so that the order of the page does not matter.
    return new Ranks(ranks.size(), ranks.stream().mapToLong(rank -> rank * MIX).sum());
  }

  void took(List<String> names) {
    names.stream().filter(name -> !taken.contains(name)).forEach(taken::add);
  }

  @Nullable String trouble() {
    return trouble;
  }

  void troubledBy(@Nullable String why) {
    trouble = why;
  }

  /// The model that the page's series name, null where they name none.
  @Nullable String model() {
    return model;
  }

  /// A model that the page has and the reader does not want, null where there is none.
  @Nullable String otherModel() {
    return otherModel;
  }

  /// The series that the term reads.
  ///
  /// @return valid until the next call; null where the page does not have the family, or where a
  ///   line of it was bad, which is `trouble`
  @Nullable Gathering gather(Term.Read term) {
    Samples.Found found = null;
    for (int i = 0; i < term.spellings().size() && found == null; i++) {
      found = samples.find(term.spellings().get(i));
      if (found != null) {
        took(List.of(term.spellings().get(i).spelled(found)));
      }
    }
    if (found == null) {
      return null;
    }
    Defect damage = found.family().damage();
    if (damage != null) {
      trouble =
          "line " + damage.line() + " of the page spoils " + taken.getLast() + ": " + damage.why();
      return null;
    }
    return walk(samples.series(found.family()), found.part(), term);
  }

  private Gathering walk(Series series, Part part, Term.Read term) {
    SeriesMatch match = new SeriesMatch(rules, onlyModel, term);
    gathering.clear();
    while (series.next()) {
      if (!isWanted(series.part(), part, term)) {
        continue;
      }
      boolean passes = match.read(series);
      noteModels(match);
      if (passes) {
        gathering.sawOne();
        ranks.add(match.rank());
      }
      if (passes && match.isTaken()) {
        gathering.add(match, series.part());
      }
    }
    return gathering;
  }

  /// A histogram is asked for by its family's name, and all its parts are read.
  private static boolean isWanted(Part present, Part found, Term.Read term) {
    return present == found || (term.allParts() && found == Part.VALUE);
  }

  private void noteModels(SeriesMatch match) {
    if (model == null) {
      model = match.model();
    }
    if (otherModel == null) {
      otherModel = match.otherModel();
    }
  }
}
