package dev.inferscale.signals.profile;

import dev.inferscale.signals.exposition.SeriesName;
import dev.inferscale.signals.profile.Reading.Counter;
import dev.inferscale.signals.profile.Reading.Distribution;
import dev.inferscale.signals.profile.Reading.Gauge;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/// A profile's content, as its file says it.
///
/// @param front whether its pages are those of gateways and routers, which serve nothing themselves
/// @param detect family name starts that tell the engine
/// @param unless families that tell that it is another program with the same names
/// @param modelLabels labels that hold the model's name
/// @param instanceLabels labels that tell the engines or ranks of one page apart
/// @param repeatedLabels labels whose series repeat one value: the largest counts
/// @param keep where a series has this label, only these values count
/// @param restart series whose value changes exactly when the engine restarts, best first
/// @param absent for signals that cannot be had: why, and what would change that
record Rules(
    String name,
    boolean front,
    List<byte[]> detect,
    List<SeriesName> unless,
    List<byte[]> modelLabels,
    List<byte[]> instanceLabels,
    List<byte[]> repeatedLabels,
    List<LabelFilter> keep,
    List<SeriesName> restart,
    Map<Gauge, List<Candidate>> gauges,
    Map<Counter, List<Candidate>> counters,
    Map<Distribution, List<Shape>> histograms,
    Map<Signal, String> absent) {

  /// All names of series that the profile may read.
  Stream<SeriesName> names() {
    Stream<Candidate> candidates =
        Stream.concat(gauges.values().stream(), counters.values().stream()).flatMap(List::stream);
    Stream<SeriesName> shapes =
        histograms.values().stream().flatMap(List::stream).flatMap(Shape::names);
    Stream<SeriesName> others = Stream.concat(restart.stream(), shapes);
    return Stream.concat(others, candidates.flatMap(c -> c.term().names()));
  }

  /// One way to have a gauge or a counter.
  record Candidate(Term term, Reading.Grade grade) {}

  /// One way to have a histogram: with its buckets, or only its mean.
  ///
  /// @param whole the family with buckets, null where there is only a sum and a count
  /// @param sum total of the observations, null with `whole`
  /// @param count number of the observations, null with `whole`
  /// @param scale factor from the engine's unit to ours, for bounds and sum
  record Shape(
      Term.@Nullable Read whole,
      Term.@Nullable Read sum,
      Term.@Nullable Read count,
      double scale,
      Reading.Grade grade) {
    Stream<SeriesName> names() {
      return Stream.of(whole, sum, count).flatMap(Stream::ofNullable).flatMap(Term.Read::names);
    }
  }
}
