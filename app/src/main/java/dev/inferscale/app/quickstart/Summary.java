package dev.inferscale.app.quickstart;

import dev.inferscale.signals.profile.Signal;
import dev.inferscale.signals.snapshot.Answer;
import dev.inferscale.signals.snapshot.Pool;
import dev.inferscale.signals.snapshot.Quality;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.Set;

/// What one quickstart saw, and whether it was what a user should see. Pure.
///
/// @param best for each signal the best answer seen: a value, else the last reason
/// @param direct the signals that the profile says the engine exports itself
/// @param load what was sent and what came back
/// @param reads the status that each of the two reads got
record Summary(
    String pool,
    String engine,
    Duration ran,
    Optional<Duration> firstSignal,
    Map<Signal, Answer> best,
    Set<Signal> direct,
    GentleLoad.Totals load,
    Map<String, Integer> reads) {

  /// What is wrong, a sentence each; empty when all is well.
  List<String> faults() {
    List<String> faults = new ArrayList<>();
    if (load.tokens() == 0) {
      faults.add(
          "no tokens were generated: the workers answered none of " + load.asked() + " requests");
    }
    for (Signal signal : Signal.values()) {
      switch (best.get(signal)) {
        case Answer.Value _ -> {}
        case Answer.Missing missing when direct.contains(signal) ->
            faults.add(signal.wireName() + " should have a value: " + missing.explanation());
        case Answer.Missing _ -> {}
        case null -> faults.add(signal.wireName() + " has neither a value nor a reason");
      }
    }
    reads.forEach((read, status) -> {
      if (status != 200) {
        faults.add(
            "the read of " + read + " answered " + (status == 0 ? "nothing" : "status " + status));
      }
    });
    return faults;
  }

  /// The document that `--output json` prints, in a fixed order of keys.
  Map<String, Object> document() {
    Map<String, Object> signals = new LinkedHashMap<>();
    for (Signal signal : Signal.values()) {
      Answer answer = best.get(signal);
      if (answer != null) {
        signals.put(signal.wireName(), answerDocument(answer));
      }
    }
    Map<String, Object> document = new LinkedHashMap<>();
    document.put("ok", faults().isEmpty());
    document.put("seconds", seconds(ran));
    document.put("firstSignalSeconds", firstSignal.map(Summary::seconds).orElse(null));
    document.put("tokensGenerated", load.tokens());
    document.put("requests", load);
    document.put("readsAnswered", reads);
    document.put("pools", Map.of(pool, Map.of("engine", engine, "signals", signals)));
    document.put("faults", faults());
    return document;
  }

  private static Map<String, Object> answerDocument(Answer answer) {
    Map<String, Object> document = new LinkedHashMap<>();
    switch (answer) {
      case Answer.Value value -> {
        document.put("value", value.number());
        document.put("quality", value.quality().word());
        document.put("from", value.from());
      }
      case Answer.Missing missing -> {
        document.put("reason", missing.why().word());
        document.put("explanation", missing.explanation());
      }
    }
    return document;
  }

  /// The better of two answers about one signal: a value beats a reason, work beats idleness, later
  /// beats earlier.
  static Answer better(Answer earlier, Answer later) {
    return switch (later) {
      case Answer.Value value
          when isIdle(value) && earlier instanceof Answer.Value seen && !isIdle(seen) ->
          seen;
      case Answer.Value value -> value;
      case Answer.Missing missing -> earlier instanceof Answer.Value seen ? seen : missing;
    };
  }

  private static boolean isIdle(Answer.Value value) {
    return value.quality() == Quality.IDLE;
  }

  private static double seconds(Duration duration) {
    return duration.toMillis() / 1e3;
  }

  /// Adds what the pool answers now to what was seen before.
  static void merge(Map<Signal, Answer> seen, Pool pool, Instant now) {
    for (Signal signal : Signal.values()) {
      seen.merge(signal, pool.answer(signal, OptionalDouble.empty(), now), Summary::better);
    }
  }
}
