package dev.inferscale.e2e;

import static java.util.stream.Collectors.joining;

import dev.inferscale.signals.EnginePages;
import dev.inferscale.signals.exposition.Limits;
import dev.inferscale.signals.pool.ModelPool;
import dev.inferscale.signals.pool.PoolsFile;
import dev.inferscale.signals.pool.Target;
import dev.inferscale.signals.profile.Profiles;
import dev.inferscale.signals.profile.Reading;
import dev.inferscale.signals.profile.Reading.Grade;
import dev.inferscale.signals.profile.Reading.Provenance;
import dev.inferscale.signals.profile.Signal;
import dev.inferscale.signals.window.Outcome;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URI;
import java.nio.file.Files;
import java.time.Instant;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;
import java.util.SequencedMap;
import java.util.stream.Stream;

/// The reference of the signals, and what each bundled profile makes of a page of its engine under
/// load: the golden page `NAME-loaded.prom` beside the profile's tests.
final class SignalTable {
  private static final String PAGES = "signals/src/test/resources/dev/inferscale/signals/profile/";

  private SignalTable() {}

  static String signals() {
    return "| signal | unit | HPA target | pods to pool | meaning |\n|---|---|---|---|---|\n"
        + Arrays.stream(Signal.values())
            .map(signal ->
                "| `%s` | %s | %s | %s | %s |\n"
                    .formatted(
                        signal.wireName(),
                        signal.unit().symbol(),
                        target(signal),
                        signal.fold().text(),
                        meaning(signal)))
            .collect(joining());
  }

  /// Engine by signal: how directly each is told.
  static String engines() {
    Map<String, Reading> readings = readings();
    String head = "| signal | " + String.join(" | ", readings.keySet()) + " |\n";
    String rule = "|---|" + "---|".repeat(readings.size()) + "\n";
    return head
        + rule
        + ofEngines(readings)
            .map(signal ->
                "| `%s` | %s |\n"
                    .formatted(
                        signal.wireName(),
                        readings.values().stream()
                            .map(reading -> grade(reading.provenance(signal)))
                            .collect(joining(" | "))))
            .collect(joining());
  }

  /// The series that each engine's signals come from, or why there is none.
  static String series() {
    Map<String, Reading> readings = readings();
    StringBuilder text = new StringBuilder();
    readings.forEach((engine, reading) -> {
      text.append("\n### ").append(engine).append("\n\n| signal | comes from |\n|---|---|\n");
      ofEngines(readings)
          .map(signal ->
              "| `%s` | %s |\n".formatted(signal.wireName(), source(reading.provenance(signal))))
          .forEach(text::append);
    });
    return text.append('\n').toString();
  }

  private static String grade(Provenance provenance) {
    return provenance.grade().name().toLowerCase(Locale.ROOT);
  }

  private static String source(Provenance provenance) {
    return provenance.grade() == Grade.ABSENT
        ? "absent: " + provenance.absence()
        : provenance.from().stream().map(name -> "`" + name + "`").collect(joining(", "));
  }

  /// The signals that some engine tells, or could.
  private static Stream<Signal> ofEngines(Map<String, Reading> readings) {
    return Arrays.stream(Signal.values())
        .filter(signal ->
            readings.values().stream()
                .map(reading -> reading.provenance(signal))
                .anyMatch(p -> p.grade() != Grade.ABSENT || !p.absence().isEmpty()));
  }

  private static SequencedMap<String, Reading> readings() {
    SequencedMap<String, Reading> readings = new LinkedHashMap<>();
    for (String engine : Profiles.bundled().names()) {
      readings.put(engine, reading(engine));
    }
    return readings;
  }

  private static Reading reading(String engine) {
    ModelPool pool = PoolsFile.parse(PoolTable.DOCUMENT).pools().getFirst();
    Target target = new Target(pool.id(), engine, URI.create("http://127.0.0.1:8000/metrics"));
    EnginePages pages = new EnginePages(Profiles.bundled(), Limits.DEFAULTS);
    try {
      byte[] page = Files.readAllBytes(SourceTree.root().resolve(PAGES + engine + "-loaded.prom"));
      return switch (pages.read(pool, target, page, "", Instant.EPOCH)) {
        case Outcome.Read read -> read.reading();
        case Outcome.Failed failed -> throw new AssertionError(engine + ": " + failed.detail());
      };
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static String target(Signal signal) {
    return switch (signal.target()) {
      case AVERAGE_VALUE -> "AverageValue";
      case VALUE -> "Value";
      case NONE -> "none";
    };
  }

  private static String meaning(Signal signal) {
    return switch (signal) {
      case REQUESTS_WAITING -> "accepted and not yet scheduled";
      case REQUESTS_RUNNING -> "in the running batch";
      case REQUESTS_IN_FLIGHT -> "running and waiting";
      case TOKENS_IN_FLIGHT -> "of running and of waiting requests";
      case TOKENS_RUNNING -> "held in the KV cache for running requests";
      case TOKENS_WAITING -> "prompt tokens of waiting requests";
      case QUEUE_WAIT ->
          "what a request that arrives now will wait: the larger of the oldest wait and of waiting"
              + " requests over the rate at which they leave the queue";
      case QUEUE_OLDEST -> "how long the request at the head of the queue has waited";
      case TIME_TO_FIRST_TOKEN -> "from arrival to the first token";
      case INTER_TOKEN_LATENCY -> "between two tokens of one request";
      case TIME_PER_OUTPUT_TOKEN -> "decode time of a request over its tokens after the first";
      case LATENCY -> "from arrival to the last token";
      case PROMPT_TOKENS_PER_SECOND -> "prompt tokens computed";
      case GENERATION_TOKENS_PER_SECOND -> "tokens generated";
      case REQUESTS_PER_SECOND -> "requests that ended";
      case REJECTIONS_PER_SECOND -> "requests turned away because the engine was full";
      case KV_CACHE_UTILIZATION -> "share of the KV cache in use";
      case KV_CACHE_PODS_FULL -> "the same, in full caches: two pods at 0.5 make 1";
      case KV_CACHE_CAPACITY_TOKENS -> "what the KV caches hold";
      case SUCCESS_RATIO -> "of the requests that ended, those that ended well";
      case ERROR_RATIO -> "of the requests that ended, those that failed in the engine";
      case TIMEOUT_RATIO -> "of the requests that ended, those whose time was over";
      case GPU_UTILIZATION -> "share of the time in which a kernel ran";
      case GPU_MEMORY_UTILIZATION -> "share of the GPUs' memory in use";
      case GPU_MEMORY_USED_BYTES -> "GPU memory in use";
      case COST_USD_PER_HOUR -> "what the pool costs now";
      case COST_USD_PER_MILLION_TOKENS -> "what a million prompt and generated tokens cost now";
      case REPLICAS_REQUIRED -> "how many replicas the pool needs; answers `config` so far";
      case REPLICAS -> "wanted by the scale target";
      case REPLICAS_READY -> "pods that are ready";
      case REPLICAS_STARTING -> "pods that are not ready yet";
    };
  }
}
