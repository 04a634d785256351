package dev.inferscale.signals.profile;

import dev.inferscale.signals.exposition.Labels;
import dev.inferscale.signals.exposition.Series;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// Looks once at the labels of one series after another, and tells what they mean to a profile and
/// a term. One thread at a time.
final class SeriesMatch {
  private static final byte[] LE = LabelFilter.utf8("le");

  private final Rules rules;
  private final byte @Nullable [] onlyModel;
  private final Term.Read term;

  private @Nullable String model;
  private @Nullable String otherModel;

  private String instance = "";
  private long key;
  private long rank;
  private boolean repeated;
  private double bound;
  private double value;
  private boolean kept;
  private boolean hasModel;
  private boolean hasWantedModel;
  private int wheresMet;
  private boolean excluded;

  SeriesMatch(Rules rules, byte @Nullable [] onlyModel, Term.Read term) {
    this.rules = rules;
    this.onlyModel = onlyModel;
    this.term = term;
  }

  /// Looks at one series.
  ///
  /// @return true where the profile's own filters and the wanted model let it through
  boolean read(Series series) {
    instance = "";
    repeated = false;
    rank = 0;
    bound = Double.NaN;
    value = term.label() == null ? series.value() : Double.NaN;
    kept = true;
    hasModel = false;
    hasWantedModel = false;
    wheresMet = 0;
    excluded = false;
    Labels labels = series.labels();
    while (labels.next()) {
      identify(labels);
      filter(labels);
    }
    key = repeated ? key(series.labels()) : 0;
    return kept && (onlyModel == null || !hasModel || hasWantedModel);
  }

  private void identify(Labels label) {
    if (named(rules.repeatedLabels(), label)) {
      repeated = true;
    }
    if (named(rules.instanceLabels(), label)) {
      rank += label.hash();
      // Histograms are added up over all instances.
      if (!term.allParts()) {
        instance = instance.isEmpty() ? label.value() : instance + "," + label.value();
      }
    }
    if (term.allParts() && label.named(LE)) {
      bound = label.number();
    }
    if (term.label() != null && label.named(term.label())) {
      value = label.number();
    }
  }

  /// Few pages have repeating labels, so that only they pay for a second look.
  private long key(Labels labels) {
    long key = 0;
    while (labels.next()) {
      key += named(rules.repeatedLabels(), labels) ? 0 : labels.hash();
    }
    return key;
  }

  private void filter(Labels label) {
    if (named(rules.modelLabels(), label)) {
      model(label);
    }
    for (LabelFilter filter : rules.keep()) {
      kept &= !filter.names(label) || filter.accepts(label);
    }
    for (LabelFilter filter : term.where()) {
      wheresMet += filter.names(label) && filter.accepts(label) ? 1 : 0;
    }
    for (LabelFilter filter : term.without()) {
      excluded |= filter.names(label) && filter.accepts(label);
    }
  }

  private void model(Labels label) {
    hasModel = true;
    rank += label.hash();
    boolean wanted = onlyModel == null || label.valued(onlyModel);
    hasWantedModel |= wanted;
    if (wanted && model == null) {
      model = label.value();
    } else if (!wanted && otherModel == null) {
      otherModel = label.value();
    }
  }

  private static boolean named(List<byte[]> names, Labels label) {
    for (byte[] name : names) {
      if (label.named(name)) {
        return true;
      }
    }
    return false;
  }

  /// True where the term's own filters take the series too.
  boolean isTaken() {
    return wheresMet == term.where().size() && !excluded;
  }

  /// The first model seen that is wanted, null where no series named one.
  @Nullable String model() {
    return model;
  }

  /// The first model seen that is not wanted.
  @Nullable String otherModel() {
    return otherModel;
  }

  /// Which engine or rank of the page the series belongs to; empty where it does not say.
  String instance() {
    return instance;
  }

  /// The same for all series of one engine, rank and model; 0 where the series tells none.
  long rank() {
    return rank;
  }

  /// The same for series that differ only in labels that repeat a value; for repeated series.
  long key() {
    return key;
  }

  /// True where the series has a label that may repeat it.
  boolean isRepeated() {
    return repeated;
  }

  /// What `le` says, NaN where it says nothing.
  double bound() {
    return bound;
  }

  double value() {
    return value;
  }
}
