package dev.inferscale.adapter.metricsapi;

import static dev.inferscale.adapter.metricsapi.Reads.text;
import static org.assertj.core.api.Assertions.assertThat;

import dev.inferscale.adapter.FoldedPool;
import dev.inferscale.adapter.wire.Page;
import dev.inferscale.signals.snapshot.Snapshot;
import java.time.Duration;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class HealthTest {
  private static final Snapshot SNAPSHOT = FoldedPool.snapshot();

  private final Reads fresh = Reads.of(SNAPSHOT, Duration.ofSeconds(1), false);

  @ParameterizedTest
  @ValueSource(strings = {"/healthz", "/livez", "/readyz", "/livez/ping", "/readyz/snapshot"})
  void saysOkWhereAllIsWell(String path) {
    Page page = fresh.get(path);

    assertThat(page.status()).isEqualTo(200);
    assertThat(page.contentType()).startsWith("text/plain");
    assertThat(text(page)).isEqualTo("ok");
  }

  @Test
  void listsItsChecksWhereAsked() {
    assertThat(text(fresh.get("/readyz?verbose")))
        .isEqualTo(
            """
            [+]ping ok
            [+]snapshot ok
            [+]pool-sync ok
            [+]certificate ok
            [+]callers ok
            [+]draining ok
            readyz check passed
            """);
  }

  @Test
  void isNotReadyBeforeTheFirstFold() {
    Snapshot none = new Snapshot(0, SNAPSHOT.at(), SNAPSHOT.pools());

    assertThat(Reads.of(none, Duration.ZERO, false).get("/readyz").status()).isEqualTo(500);
    assertThat(Reads.of(none, Duration.ZERO, false).get("/livez").status()).isEqualTo(200);
  }

  @Test
  void isNotReadyBeforeThePoolsHaveBeenAskedAndNamesTheCheckAsOthersDo() {
    Reads starting = Reads.of(SNAPSHOT, Duration.ofSeconds(1), false, false);

    assertThat(starting.get("/readyz").status()).isEqualTo(500);
    assertThat(text(starting.get("/readyz?verbose")))
        .isEqualTo(
            """
            [+]ping ok
            [+]snapshot ok
            [-]pool-sync failed: reason withheld
            [+]certificate ok
            [+]callers ok
            [+]draining ok
            readyz check failed
            """);
    assertThat(starting.get("/readyz/pool-sync").status()).isEqualTo(500);
    assertThat(starting.get("/livez").status()).isEqualTo(200);
  }

  @Test
  void isNotReadyWhenThePictureIsOldAndNotAliveWhenItIsVeryOld() {
    Reads old = Reads.of(SNAPSHOT, Duration.ofSeconds(11), false);
    Reads dead = Reads.of(SNAPSHOT, Duration.ofSeconds(61), false);

    assertThat(old.get("/readyz").status()).isEqualTo(500);
    assertThat(old.get("/livez").status()).isEqualTo(200);
    assertThat(dead.get("/livez").status()).isEqualTo(500);
    assertThat(dead.get("/healthz").status()).isEqualTo(500);
  }

  @Test
  void aDrainingServerIsNotReadyAndWithholdsTheReason() {
    Page page = Reads.of(SNAPSHOT, Duration.ofSeconds(1), true).get("/readyz");

    assertThat(page.status()).isEqualTo(500);
    assertThat(text(page))
        .contains("[+]snapshot ok\n", "[-]draining failed: reason withheld\n")
        .endsWith("readyz check failed\n");
  }

  @Test
  void anExcludedCheckDoesNotCount() {
    Page page =
        Reads.of(SNAPSHOT, Duration.ofSeconds(1), true).get("/readyz?verbose&exclude=draining");

    assertThat(page.status()).isEqualTo(200);
    assertThat(text(page)).contains("[+]draining excluded: ok\n");
  }

  @Test
  void oneCheckCanBeAskedFor() {
    Reads draining = Reads.of(SNAPSHOT, Duration.ofSeconds(1), true);

    assertThat(draining.get("/readyz/snapshot").status()).isEqualTo(200);
    assertThat(draining.get("/readyz/draining").status()).isEqualTo(500);
    assertThat(draining.get("/readyz/nonsense").status()).isEqualTo(404);
  }
}
