package dev.inferscale.signals.pool;

import dev.inferscale.signals.document.Key;
import dev.inferscale.signals.document.Kind.Decimal;
import dev.inferscale.signals.document.Kind.Listing;
import dev.inferscale.signals.document.Kind.Mapping;
import dev.inferscale.signals.document.Kind.Moment;
import dev.inferscale.signals.document.Kind.Text;
import dev.inferscale.signals.document.Kind.Whole;
import dev.inferscale.signals.document.Kind.Word;

/// The keys of a ModelPool's status, which the plane writes: [ModelPoolStatus].
public final class StatusKeys {
  private static final String WRITTEN = "always written";
  private static final Whole COUNT = new Whole(0, Integer.MAX_VALUE);

  private static final Mapping CONDITION =
      Mapping.of(
          Key.of(
                  "type",
                  Text.of(316),
                  "`Ready`: signals of this pool are served. `Degraded`: they are, but something is"
                      + " wrong.")
              .required(WRITTEN),
          Key.of("status", Word.of("True", "False", "Unknown"), "Whether it holds.")
              .required(WRITTEN),
          Key.of("reason", Text.of(1024), "Why, as one word for programs.").required(WRITTEN),
          Key.of("message", Text.of(32_768), "Why, and what to do about it, for people.")
              .required(WRITTEN),
          Key.of("lastTransitionTime", new Moment(), "When its status last changed.")
              .required(WRITTEN),
          Key.of(
              "observedGeneration",
              new Whole(0, Integer.MAX_VALUE),
              "Generation of the resource that the condition is about."));

  private static final Mapping TARGETS =
      Mapping.of(
          Key.of("up", COUNT, "Targets whose last page was read in time."),
          Key.of("total", COUNT, "Targets that should answer; a starting pod is not one yet."),
          Key.of("summary", Text.of(64), "Both in one, such as `3/3`."));

  private static final Mapping REPLICAS =
      Mapping.of(
          Key.of("current", COUNT, "Replicas that the scale target has."),
          Key.of("ready", COUNT, "Replicas that are ready."),
          Key.of("starting", COUNT, "Replicas that are not ready for the first time yet."));

  private static final Mapping VALUE =
      Mapping.of(
          Key.of(
                  "signal",
                  Text.of(128),
                  "Name of the signal, such as `inference_tokens_in_flight`.")
              .required(WRITTEN),
          Key.of("value", new Decimal(0, Double.MAX_VALUE), "The value, in the signal's unit.")
              .required(WRITTEN),
          Key.of("quality", Text.of(64), "`exact`, `derived`, `estimated`, `partial` or `idle`.")
              .required(WRITTEN),
          Key.of("at", new Moment(), "When it was measured.").required(WRITTEN));

  /// The whole status.
  public static final Mapping STATUS =
      Mapping.of(
          Key.of(
              "observedGeneration",
              new Whole(0, Integer.MAX_VALUE),
              "Generation of the resource that this status is about: of an older one, while a newer"
                  + " one has not been read."),
          Key.of(
              "conditions",
              new Listing(CONDITION, 16, true, "type"),
              "Whether the pool works, and why not. A pool whose spec is bad goes on with the last"
                  + " good one and says so here."),
          Key.of("targets", TARGETS, "How many of the pool's metrics pages answer."),
          Key.of("engine", Text.of(128), "Engine that the pages come from, as far as it is known."),
          Key.of("profile", Text.of(128), "Profile that reads the pages."),
          Key.of("replicas", REPLICAS, "Replicas of the scale target."),
          Key.of(
              "values",
              new Listing(VALUE, 64, true, "signal"),
              "Last values of some signals, for people: written rarely, never to be scaled by."));

  private StatusKeys() {}
}
