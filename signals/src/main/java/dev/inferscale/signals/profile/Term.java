package dev.inferscale.signals.profile;

import dev.inferscale.signals.exposition.SeriesName;
import dev.inferscale.signals.profile.Reading.Gauge;
import java.util.List;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/// How a quantity is made from a page's series: a small expression, evaluated for each instance (an
/// engine or a rank) of the page.
sealed interface Term {

  /// All names of series that the term may read.
  Stream<SeriesName> names();

  /// The gauge whose value it takes, for the check that these references do not chain.
  Stream<Gauge> references();

  /// The value of one family, or a number that stands in a label of it.
  ///
  /// @param spellings the same series under the prefixes that rewrites give it; the first on the
  ///   page counts
  /// @param label the label that holds the number, null for the sample's value
  /// @param scale factor from the engine's unit to ours
  /// @param allParts true for a histogram: buckets, sum and count
  /// @param optional true where the term counts as zero when the page lacks it
  record Read(
      List<SeriesName> spellings,
      List<LabelFilter> where,
      List<LabelFilter> without,
      byte @Nullable [] label,
      double scale,
      boolean allParts,
      boolean optional)
      implements Term {
    @Override
    public Stream<SeriesName> names() {
      return spellings.stream();
    }

    @Override
    public Stream<Gauge> references() {
      return Stream.empty();
    }
  }

  /// What another gauge of the profile came to.
  record Reference(Gauge gauge) implements Term {
    @Override
    public Stream<SeriesName> names() {
      return Stream.empty();
    }

    @Override
    public Stream<Gauge> references() {
      return Stream.of(gauge);
    }
  }

  /// Several terms in one.
  record Combination(Operator operator, List<Term> terms) implements Term {
    @Override
    public Stream<SeriesName> names() {
      return terms.stream().flatMap(Term::names);
    }

    @Override
    public Stream<Gauge> references() {
      return terms.stream().flatMap(Term::references);
    }
  }

  /// What a combination does with its terms, from left to right.
  enum Operator {
    SUM,
    PRODUCT,
    /// The first over the second; nothing where the second is zero.
    RATIO,
    /// The first less the others, never below zero.
    DIFFERENCE;

    double apply(double left, double right) {
      return switch (this) {
        case SUM -> left + right;
        case PRODUCT -> left * right;
        case RATIO -> right == 0 ? Double.NaN : left / right;
        case DIFFERENCE -> Math.max(0, left - right);
      };
    }
  }
}
