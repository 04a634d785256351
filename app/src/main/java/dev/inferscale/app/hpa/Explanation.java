package dev.inferscale.app.hpa;

import dev.inferscale.app.hpa.Arithmetic.Edges;
import dev.inferscale.app.hpa.Arithmetic.Invalid;
import dev.inferscale.app.hpa.Arithmetic.Proposal;
import dev.inferscale.app.hpa.Arithmetic.Replicas;
import dev.inferscale.app.hpa.Arithmetic.Scale;
import dev.inferscale.app.hpa.Hpa.Goal;
import dev.inferscale.app.hpa.Hpa.Metric;
import dev.inferscale.app.hpa.Hpa.Source;
import java.math.BigInteger;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/// The arithmetic of one HPA with the numbers of now, for people.
public final class Explanation {
  private Explanation() {}

  /// The replicas there are.
  ///
  /// @param wanted `spec.replicas` of the scale target
  /// @param counted `status.replicas`
  /// @param ready pods that run and are ready
  public record Standing(int wanted, int counted, int ready) {}

  /// What was read for one metric.
  ///
  /// @param notes what the plane says of it, each a line
  public record Sight(Metric metric, Read read, List<String> notes) {
    public Sight {
      notes = List.copyOf(notes);
    }
  }

  /// The lines; the first says whom they are about.
  public static List<String> lines(Hpa hpa, Standing standing, List<Sight> sights) {
    Scale scale = new Scale(standing.wanted(), standing.counted(), standing.ready());
    List<String> lines = new ArrayList<>();
    lines.add(
        "hpa/%s scales %s: %d replicas (%d counted, %d ready), %d to %d"
            .formatted(
                hpa.id(),
                hpa.target(),
                scale.wanted(),
                scale.counted(),
                scale.ready(),
                hpa.minReplicas(),
                hpa.maxReplicas()));
    List<Proposal> proposals = new ArrayList<>();
    boolean complete = true;
    for (Sight sight : sights) {
      lines.add("");
      if (sight.read() instanceof Read.Unread) {
        lines.add("metric " + sight.metric().name() + ": not ours, not read here");
        complete = false;
      } else {
        proposals.add(metric(lines, hpa, scale, sight));
      }
    }
    lines.add("");
    Outcome outcome = Outcome.of(hpa, scale, proposals);
    lines.add(
        "desired   "
            + outcome.desired()
            + (complete ? "" : " by these metrics")
            + ": "
            + String.join("; ", outcome.because()));
    return lines;
  }

  private static Proposal metric(List<String> lines, Hpa hpa, Scale scale, Sight sight) {
    Metric metric = sight.metric();
    lines.add(
        "metric %s (%s%s)"
            .formatted(
                metric.name(),
                metric.source().name().toLowerCase(Locale.ROOT)
                    + (metric.object().isEmpty() ? "" : " " + metric.object()),
                metric.selector().isEmpty() ? "" : ", " + metric.selector()));
    Proposal proposal = read(lines, hpa, scale, sight);
    sight.notes().forEach(note -> line(lines, "", note));
    switch (proposal) {
      case Invalid(String why) -> line(lines, "proposes", "nothing: " + why);
      case Replicas replicas -> replicas(lines, hpa, scale, sight, replicas);
    }
    return proposal;
  }

  private static Proposal read(List<String> lines, Hpa hpa, Scale scale, Sight sight) {
    Goal goal = sight.metric().goal();
    if (goal == null) {
      return new Invalid("it has no target that can be read");
    }
    return switch (sight.read()) {
      case Read.Refused(String sentence) -> {
        line(lines, "read", "no value: " + sentence);
        yield new Invalid("it has no value");
      }
      case Read.Unread _ -> new Invalid("it was not read");
      case Read.Items(List<Read.Item> items) when items.isEmpty() -> {
        line(lines, "read", "no value: the list is empty");
        yield new Invalid("it has no value");
      }
      case Read.Items(List<Read.Item> items) -> {
        for (Read.Item item : items) {
          line(lines, "read", item.quantity() + amount(item) + "  " + item.what());
        }
        long milli = sum(items, sight.metric().source());
        line(
            lines,
            "target",
            Quantities.plain((double) goal.milli())
                + (goal.perReplica() ? " per replica (AverageValue)" : " (Value)"));
        yield sight.metric().source() == Source.PODS
            ? Arithmetic.pods(
                milli, items.size(), goal, scale, hpa.toleranceDown(), hpa.toleranceUp())
            : Arithmetic.propose(milli, goal, scale, hpa.toleranceDown(), hpa.toleranceUp());
      }
    };
  }

  /// Cut at the largest 64-bit number, as the controller does.
  private static long sum(List<Read.Item> items, Source source) {
    BigInteger milli = BigInteger.ZERO;
    for (Read.Item item : items) {
      milli =
          (source == Source.OBJECT ? BigInteger.ZERO : milli).add(BigInteger.valueOf(item.milli()));
    }
    return milli.min(BigInteger.valueOf(Long.MAX_VALUE)).longValueExact();
  }

  private static void replicas(
      List<String> lines, Hpa hpa, Scale scale, Sight sight, Replicas replicas) {
    if (Double.isFinite(replicas.ratio())) {
      line(
          lines,
          "ratio",
          String.format(
              Locale.ROOT,
              "%.3f, %s %.2f to %.2f",
              replicas.ratio(),
              replicas.kept() ? "within the tolerance" : "outside",
              1 - hpa.toleranceDown(),
              1 + hpa.toleranceUp()));
    }
    line(lines, "proposes", replicas.count() + ": " + replicas.formula());
    Goal goal = sight.metric().goal();
    boolean computable = scale.ready() > 0 && scale.counted() > 0 && scale.wanted() > 0;
    if (goal != null
        && computable
        && sight.metric().source() != Source.PODS
        && sight.read() instanceof Read.Items(List<Read.Item> items)) {
      long milli = sum(items, sight.metric().source());
      Edges edges = Arithmetic.edges(milli, goal, scale, hpa.toleranceDown(), hpa.toleranceUp());
      changes(lines, edges);
    }
  }

  private static void changes(List<String> lines, Edges edges) {
    List<String> parts = new ArrayList<>();
    if (Double.isFinite(edges.more())) {
      parts.add("more above " + Quantities.plain(edges.more()));
    }
    if (edges.fewer() > 0) {
      parts.add("fewer below " + Quantities.plain(edges.fewer()));
    }
    line(lines, "changes", String.join(", ", parts));
  }

  private static String amount(Read.Item item) {
    String plain = Quantities.plain((double) item.milli());
    return plain.equals(item.quantity()) ? "" : " (" + plain + ")";
  }

  private static void line(List<String> lines, String title, String text) {
    lines.add(String.format(Locale.ROOT, "  %-9s %s", title, text));
  }
}
