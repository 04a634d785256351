package dev.inferscale.app.quickstart;

import static org.assertj.core.api.Assertions.assertThat;

import dev.inferscale.signals.EnginePages;
import dev.inferscale.signals.exposition.Limits;
import dev.inferscale.signals.pool.PoolTargets;
import dev.inferscale.signals.pool.PoolsFile;
import dev.inferscale.signals.pool.Target;
import dev.inferscale.signals.profile.Profiles;
import dev.inferscale.signals.snapshot.Snapshot;
import dev.inferscale.signals.snapshot.Windows;
import dev.inferscale.signals.window.Outcome;
import java.io.IOException;
import java.io.InputStream;
import java.net.URI;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Objects;
import org.junit.jupiter.api.Test;

final class LiveTableTest {
  private static final String PAGES = "/dev/inferscale/signals/profile/";
  private static final Instant START = Instant.EPOCH;
  private static final Instant LATER = START.plusSeconds(15);

  @Test
  void aPoolIsOneRowOfValuesWithTheirAge() throws IOException {
    Windows windows = new Windows();
    PoolTargets pool = pool();
    windows.fold(List.of(read(pool, "inference-worker-loaded.prom", START)), List.of(pool), START);
    Snapshot snapshot =
        windows.fold(
            List.of(read(pool, "inference-worker-loaded-t15.prom", LATER)), List.of(pool), LATER);

    List<String> lines = LiveTable.lines(snapshot, LATER.plusMillis(400));

    assertThat(lines).hasSize(2);
    assertThat(words(lines.getFirst()))
        .containsExactly(
            "POOL",
            "TOKENS",
            "WAITING",
            "RUNNING",
            "QUEUE WAIT",
            "TTFT P90",
            "TOKENS/S",
            "KV USE",
            "AGE",
            "QUALITY");
    assertThat(words(lines.getLast()))
        .containsExactly(
            "default/quickstart",
            "55,593",
            "0",
            "55",
            "0 ms",
            "261 ms",
            "1,378",
            "12.1 %",
            "400 ms",
            "derived");
  }

  @Test
  void aSignalWithoutAValueShowsItsReason() {
    PoolTargets pool = pool();
    Snapshot snapshot = new Windows().fold(List.of(), List.of(pool), START);

    assertThat(words(LiveTable.lines(snapshot, START).getLast()))
        .startsWith("default/quickstart", "not_yet", "not_yet")
        .endsWith("0 ms", "-");
  }

  @Test
  void columnsStandUnderTheirTitles() {
    Snapshot snapshot = new Windows().fold(List.of(), List.of(pool()), START);
    List<String> lines = LiveTable.lines(snapshot, START);

    assertThat(lines.getFirst().indexOf("TOKENS") + "TOKENS".length())
        .isEqualTo(lines.getLast().indexOf("not_yet") + "not_yet".length());
  }

  private static List<String> words(String line) {
    return List.of(line.split(" {2,}"));
  }

  private static Outcome read(PoolTargets pool, String page, Instant at) throws IOException {
    try (InputStream in = LiveTableTest.class.getResourceAsStream(PAGES + page)) {
      byte[] body = Objects.requireNonNull(in).readAllBytes();
      return new EnginePages(Profiles.bundled(), Limits.DEFAULTS)
          .read(pool.pool(), pool.targets().getFirst(), body, "", at);
    }
  }

  private static PoolTargets pool() {
    URI page = URI.create("http://127.0.0.1:1/metrics");
    PoolsFile file =
        PoolsFile.parse(
            """
            apiVersion: inferscale.dev/v1alpha1
            kind: ModelPool
            metadata: {name: quickstart, namespace: default}
            spec:
              model: m
              source: {endpoints: ["%s"]}
              windows: {rates: 15s, latencies: 15s}
              missing: {staleAfter: %ds}
            """
                .formatted(page, Duration.ofMinutes(1).toSeconds()));
    assertThat(file.faults()).isEmpty();
    var pool = file.pools().getFirst();
    return new PoolTargets(pool, "m", List.of(new Target(pool.id(), "127.0.0.1:1", page)));
  }
}
