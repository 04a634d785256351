package dev.inferscale.app.act.outbox;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.time.Duration;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// Turn by turn, against a server.
final class LeadershipServerTest {
  @TempDir private Path folder;
  private final Clock time = new Clock();
  private final WriteCounts counts = new WriteCounts();
  private StubApi server;

  @BeforeEach
  void start() throws Exception {
    server = new StubApi(folder);
  }

  @AfterEach
  void stop() {
    server.close();
  }

  @Test
  void oneOfTwoLeadsAndTheOtherFollowsWhenTheFirstFallsSilent() throws Exception {
    Leadership a = leadership("a");
    Leadership b = leadership("b");
    a.turn();
    b.turn();

    assertThat(a.leads()).isTrue();
    assertThat(b.leads()).isFalse();
    for (int second = 2; second <= 16; second += 2) {
      time.advance(Duration.ofSeconds(2));
      b.turn();
      assertThat(a.leads() && b.leads()).isFalse();
    }
    assertThat(a.leads()).isFalse();
    assertThat(b.leads()).isTrue();
    a.turn();
    assertThat(a.leads()).isFalse();
  }

  @Test
  void withoutAnAnswerLeadershipEndsByItself() throws Exception {
    Leadership a = leadership("a");
    a.turn();
    server.answers(503);
    time.advance(Duration.ofSeconds(9));
    a.turn();
    assertThat(a.leads()).isTrue();

    time.advance(Duration.ofSeconds(1));
    assertThat(a.leads()).isFalse();

    server.answers(200);
    a.turn();
    assertThat(a.leads()).isTrue();
  }

  @Test
  void whoLosesTheLeaseToAnotherStopsAtOnce() throws Exception {
    Leadership a = leadership("a");
    a.turn();
    server.lease("b");

    a.turn();

    assertThat(a.leads()).isFalse();
    a.turn();
    assertThat(a.leads()).isFalse();
    assertThat(server.lease()).contains("\"b\"");
  }

  @Test
  void aLeaseIsGivenUpAtTheEnd() throws Exception {
    Leadership a = leadership("a");
    a.turn();
    a.close();
    Leadership b = leadership("b");

    b.turn();

    assertThat(a.leads()).isFalse();
    assertThat(b.leads()).isTrue();
  }

  @Test
  void withoutTheRightOrTheLeaseNobodyLeads() throws Exception {
    Leadership a = leadership("a");
    server.answers(403);
    a.turn();
    assertThat(a.leads()).isFalse();
    server.answers(404);
    a.turn();
    assertThat(a.leads()).isFalse();
    assertThat(server.asked).extracting(StubApi.Asked::method).containsOnly("GET");
  }

  private Leadership leadership(String me) {
    return new Leadership(server.api(), "inferscale", "writer", me, counts, time);
  }
}
