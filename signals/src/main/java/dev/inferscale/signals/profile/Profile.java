package dev.inferscale.signals.profile;

import dev.inferscale.signals.exposition.Family;
import dev.inferscale.signals.exposition.FamilySet;
import dev.inferscale.signals.exposition.Labels;
import dev.inferscale.signals.exposition.Samples;
import dev.inferscale.signals.exposition.Series;
import dev.inferscale.signals.exposition.SeriesName;
import dev.inferscale.signals.pool.Target;
import java.time.Instant;
import java.util.List;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/// How one engine names things: for each of our quantities an ordered list of ways to have it, of
/// which the first that is on the page counts. Data, read from YAML; immutable, for any thread.
public final class Profile {
  private final Rules rules;
  private final FamilySet wanted;
  private final Absences absences;
  private final Shared shared = new Shared();

  private Profile(Rules rules) {
    this.rules = rules;
    this.wanted = FamilySet.of(rules.names().toList());
    this.absences = new Absences(rules);
  }

  /// Reads a profile.
  ///
  /// @throws BadProfile with everything that is wrong
  public static Profile parse(String yaml) {
    return new Profile(ProfileReader.read(yaml));
  }

  public String name() {
    return rules.name();
  }

  /// Whether its pages are those of gateways and routers: they tell what waits in front of a pool,
  /// and serve nothing themselves.
  public boolean isFront() {
    return rules.front();
  }

  /// The families that the profile reads, for the parser.
  public FamilySet wanted() {
    return wanted;
  }

  /// Reads a page.
  ///
  /// @param at when it was fetched
  /// @param onlyModel the model whose series count, where several share the page; null for all of
  ///   them, added up. Series that name no model always count.
  public Reading read(Samples samples, Target target, Instant at, @Nullable String onlyModel) {
    return new Translation(rules, absences, shared, samples, onlyModel).reading(target, at);
  }

  /// Whether the page's series name more than one model.
  public boolean showsSeveralModels(Samples samples) {
    byte[] first = null;
    for (Family family : samples.families()) {
      Series series = samples.series(family);
      while (series.next()) {
        Labels labels = series.labels();
        while (labels.next()) {
          if (rules.modelLabels().stream().noneMatch(labels::named)) {
            continue;
          }
          if (first == null) {
            first = LabelFilter.utf8(labels.value());
          } else if (!labels.valued(first)) {
            return true;
          }
        }
      }
    }
    return false;
  }

  /// All series names that it may read.
  Stream<SeriesName> names() {
    return rules.names();
  }

  /// True where the page's names tell that this is the engine.
  boolean recognises(Samples samples) {
    return rules.unless().stream().allMatch(name -> samples.find(name) == null)
        && samples.families().stream().anyMatch(this::isOurs);
  }

  private boolean isOurs(Family family) {
    return rules.detect().stream().anyMatch(family::startsWith);
  }

  /// A profile's text that cannot be used, with everything that is wrong with it.
  public static final class BadProfile extends IllegalArgumentException {
    private static final long serialVersionUID = 1;

    private final transient List<String> faults;

    BadProfile(List<String> faults) {
      super(String.join("\n", faults));
      this.faults = List.copyOf(faults);
    }

    /// One sentence for each fault: the path of the key, its value, and what would be right.
    public List<String> faults() {
      return faults;
    }
  }
}
