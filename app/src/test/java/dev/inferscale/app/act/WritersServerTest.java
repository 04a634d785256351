package dev.inferscale.app.act;

import static dev.inferscale.app.act.Cluster.GOOD;
import static dev.inferscale.app.act.Cluster.START;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.inferscale.app.act.outbox.Clock;
import dev.inferscale.app.act.outbox.Outbox;
import dev.inferscale.app.act.outbox.StubApi;
import dev.inferscale.app.act.outbox.WriteCounts;
import dev.inferscale.signals.discover.ResourceWatch.Resource;
import dev.inferscale.signals.pool.ModelPoolStatus;
import dev.inferscale.signals.pool.PoolId;
import io.prometheus.metrics.model.snapshots.CounterSnapshot;
import io.prometheus.metrics.model.snapshots.MetricSnapshot;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/// What is sent for whom, and what becomes of it.
final class WritersServerTest {
  private static final Happening SILENT = new Happening(true, "NotReady", "nobody answers");

  @TempDir private Path folder;
  private final Clock time = new Clock();
  private final WriteCounts counts = new WriteCounts();
  private final AtomicBoolean leads = new AtomicBoolean(true);
  private StubApi server;
  private Outbox outbox;

  @BeforeEach
  void start() throws Exception {
    server = new StubApi(folder);
    outbox = Outbox.sending(server.api(), leads::get, counts, time);
  }

  @AfterEach
  void stop() {
    server.close();
  }

  @Test
  void aStatusIsAppliedToTheResourceThatItIsAboutAndOnlyOnce() throws Exception {
    StatusWriter writer = new StatusWriter(outbox);

    assertThat(writer.write(Cluster.resource(GOOD, 1), wanted(), START)).isTrue();
    assertThat(writer.write(Cluster.resource(GOOD, 1), wanted(), START)).isFalse();

    StubApi.Asked asked = server.asked.getFirst();
    assertThat(server.asked).hasSize(1);
    assertThat(asked.method()).isEqualTo("PATCH");
    assertThat(asked.contentType()).startsWith("application/apply-patch+yaml");
    assertThat(asked.path())
        .isEqualTo(
            "/apis/inferscale.dev/v1alpha1/namespaces/serving/modelpools/chat/status"
                + "?fieldManager=inferscale&force=true");
    JsonNode body = new ObjectMapper().readTree(asked.body());
    assertThat(body.path("metadata").path("resourceVersion").asText()).isEqualTo("v1");
    assertThat(body.path("status")).isEqualTo(reread(wanted().json()));
    assertThat(count("status", "written")).isEqualTo(1);
  }

  @Test
  void eachWriteIsAboutTheLatestVersionThatIsKnown() throws Exception {
    StatusWriter writer = new StatusWriter(outbox);
    ModelPoolStatus silent =
        Assessment.of(
                Cluster.resource(GOOD, 1),
                Cluster.create().silent(GOOD, START, 1),
                List.of(),
                START)
            .orElseThrow();

    writer.write(Cluster.resource(GOOD, 1), wanted(), START);
    writer.write(Cluster.resource(GOOD, 1), silent, START.plusSeconds(1));
    writer.write(Cluster.resource(GOOD, 1, silent.json(), "v5"), wanted(), START.plusSeconds(2));

    assertThat(server.asked)
        .extracting(
            asked -> Cluster.tree(asked.body()).path("metadata").path("resourceVersion").asText())
        .containsExactly("v1", "written", "v5");
  }

  @Test
  void aStatusThatSomebodyElseHasChangedIsMended() throws Exception {
    StatusWriter writer = new StatusWriter(outbox);
    writer.write(Cluster.resource(GOOD, 1), wanted(), START);
    Resource wiped = Cluster.resource(GOOD, 1, Cluster.tree("{}"), "later");

    assertThat(writer.write(wiped, wanted(), START.plusSeconds(1))).isTrue();
  }

  @Test
  void nothingIsSentByWhoDoesNotLead() throws Exception {
    leads.set(false);

    assertThat(new StatusWriter(outbox).write(Cluster.resource(GOOD, 1), wanted(), START))
        .isFalse();
    EventWriter events = new EventWriter(outbox, "me", () -> 7);
    events.happened(new Subject(Cluster.ID, "uid-1"), SILENT, START);
    events.write(START);

    assertThat(server.asked).isEmpty();
  }

  @ParameterizedTest
  @CsvSource({
    "403, forbidden, 1",
    "503, unreachable, 1",
    "429, unreachable, 1",
    "409, conflict, 6",
    "404, gone, 6",
    "422, refused, 6"
  })
  void aFailureIsCountedAndNeverAStorm(int code, String outcome, int inTheFirstSecond)
      throws Exception {
    StatusWriter writer = new StatusWriter(outbox);
    server.answers(code);
    for (int i = 0; i < 100; i++) {
      writer.write(Cluster.resource(GOOD, 1), wanted(), time.instant());
      time.advance(Duration.ofMillis(9));
    }
    assertThat(count("status", outcome)).isEqualTo(inTheFirstSecond);

    server.answers(200);
    time.advance(Duration.ofMinutes(1));
    assertThat(writer.write(Cluster.resource(GOOD, 1), wanted(), time.instant())).isTrue();
    assertThat(count("status", "written")).isEqualTo(1);
  }

  @Test
  void aRoleThatIsMissingInOneNamespaceHoldsNoOtherUp() throws Exception {
    EventWriter events = new EventWriter(outbox, "me", () -> 7);
    server.forbids("red");
    for (int i = 0; i < 5; i++) {
      events.happened(new Subject(new PoolId("red", "p" + i), "red-" + i), SILENT, START);
    }
    events.happened(new Subject(new PoolId("blue", "p"), "blue"), SILENT, START);
    events.write(START);

    assertThat(count("events", "written")).isEqualTo(1);
    assertThat(count("events", "forbidden")).isEqualTo(1);
  }

  @Test
  void aDryRunPrintsOneLineAndSendsNothing() throws Exception {
    List<String> lines = new ArrayList<>();
    StatusWriter writer = new StatusWriter(Outbox.printing(lines::add, counts, time));

    writer.write(Cluster.resource(GOOD, 1), wanted(), START);
    writer.write(Cluster.resource(GOOD, 1), wanted(), START);

    assertThat(server.asked).isEmpty();
    JsonNode line = new ObjectMapper().readTree(String.join("", lines));
    assertThat(lines).hasSize(1).allMatch(text -> !text.contains("\n"));
    assertThat(line.path("writer").asText()).isEqualTo("status");
    assertThat(line.path("body").path("status").path("targets").path("summary").asText())
        .isEqualTo("1/1");
    assertThat(count("status", "printed")).isEqualTo(1);
  }

  @Test
  void whatHappensAgainIsCountedIntoTheEventThatStands() throws Exception {
    EventWriter events = new EventWriter(outbox, "me", () -> 7);
    Subject subject = new Subject(Cluster.ID, "uid-1");
    for (int i = 0; i < 4; i++) {
      events.happened(subject, SILENT, START.plusSeconds(i));
      events.write(START.plusSeconds(i));
    }
    events.write(START.plusSeconds(301));

    assertThat(server.asked).hasSize(2);
    JsonNode first = new ObjectMapper().readTree(server.asked.get(0).body());
    assertThat(server.asked.get(0).path())
        .isEqualTo("/apis/events.k8s.io/v1/namespaces/serving/events");
    assertThat(first.path("metadata").path("name").asText()).isEqualTo("chat.0000000000000007");
    assertThat(first.path("regarding").path("uid").asText()).isEqualTo("uid-1");
    assertThat(first.path("type").asText()).isEqualTo("Warning");
    assertThat(first.path("note").asText()).isEqualTo("nobody answers");
    JsonNode again = new ObjectMapper().readTree(server.asked.get(1).body());
    assertThat(server.asked.get(1).path()).endsWith("/events/chat.0000000000000007");
    assertThat(again.path("series").path("count").asInt()).isEqualTo(4);
    assertThat(again.path("series").path("lastObservedTime").asText())
        .isEqualTo("2026-01-01T00:00:03.000000Z");
  }

  @Test
  void anEventThatTheServerHasForgottenIsWrittenAnew() throws Exception {
    EventWriter events = new EventWriter(outbox, "me", () -> 7);
    Subject subject = new Subject(Cluster.ID, "uid-1");
    events.happened(subject, SILENT, START);
    events.write(START);
    Instant later = START.plus(Duration.ofMinutes(10));
    events.happened(subject, SILENT, later);
    server.answers(404);
    events.write(later);
    server.answers(200);
    events.write(later);

    assertThat(server.asked)
        .extracting(StubApi.Asked::method)
        .containsExactly("POST", "PATCH", "POST");
  }

  private static ModelPoolStatus wanted() {
    return Assessment.of(
            Cluster.resource(GOOD, 1),
            Cluster.create().answering(GOOD, START, 1, 0, 0),
            List.of(),
            START)
        .orElseThrow();
  }

  private static JsonNode reread(JsonNode node) throws Exception {
    return new ObjectMapper().readTree(node.toString());
  }

  private long count(String writer, String outcome) {
    for (MetricSnapshot metric : counts.collector(() -> false).collect()) {
      if (metric instanceof CounterSnapshot writes) {
        return writes.getDataPoints().stream()
            .filter(point -> writer.equals(point.getLabels().get("writer")))
            .filter(point -> outcome.equals(point.getLabels().get("outcome")))
            .mapToLong(point -> (long) point.getValue())
            .findFirst()
            .orElseThrow();
      }
    }
    throw new AssertionError("no writes are counted");
  }
}
