package dev.inferscale.app.act.certificate;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.inferscale.adapter.certificate.ServingKey;
import dev.inferscale.app.act.Cluster;
import dev.inferscale.app.act.outbox.Clock;
import dev.inferscale.app.act.outbox.WriteCounts;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// Replicas turn by turn, against a server.
final class AgreementServerTest {
  private static final SelfSignedConfig CONFIG = SelfSignedConfig.defaults();
  private static final String SECRET = "/api/v1/namespaces/inferscale/secrets/inferscale-serving";

  @TempDir private Path folder;
  private final Clock time = new Clock();
  private StubObjects server;

  @BeforeEach
  void start() throws Exception {
    server = new StubObjects(folder);
  }

  @AfterEach
  void stop() {
    server.close();
  }

  @Test
  void theFirstWritesAndTheOthersTakeWhatIsThere() throws Exception {
    Agreement a = replica();
    Agreement b = replica();
    a.look();
    b.look();

    assertThat(b.serving()).isEqualTo(a.serving());
    assertThat(b.trusted()).isEqualTo(a.trusted()).hasSize(1);
    assertThat(server.writes).containsExactly("POST /api/v1/namespaces/inferscale/secrets");
    assertThat(a.serving().certificate().getSubjectAlternativeNames())
        .extracting(name -> String.valueOf(name.get(1)))
        .containsExactly(
            "inferscale.inferscale.svc",
            "inferscale.inferscale.svc.cluster.local",
            "inferscale.inferscale");
    assertThat(a.serving().certificate().getNotBefore().toInstant())
        .isEqualTo(time.instant().minus(Duration.ofMinutes(10)));
  }

  @Test
  void whoIsBeatenToItTakesWhatTheOtherWrote() throws Exception {
    Agreement late = replica();
    server.answers(503);
    late.look();
    server.answers(200);
    Agreement quick = replica();
    quick.look();

    late.look();

    assertThat(late.serving()).isEqualTo(quick.serving());
    assertThat(server.writes).hasSize(1);
  }

  @Test
  void twoAtTheSameMomentAgreeOnOne() throws Exception {
    List<Agreement> replicas = List.of(replica(), replica(), replica());
    List<Thread> threads = new ArrayList<>();
    for (Agreement replica : replicas) {
      threads.add(
          Thread.ofVirtual()
              .start(() -> {
                try {
                  replica.start(Duration.ZERO);
                } catch (Exception e) {
                  throw new AssertionError(e);
                }
              }));
    }
    for (Thread thread : threads) {
      thread.join();
    }

    assertThat(replicas).extracting(Agreement::serving).containsOnly(replicas.getFirst().serving());
    replicas.forEach(Agreement::close);
  }

  @Test
  void aSecretThatVanishesIsWrittenAgainAsItWas() throws Exception {
    Agreement a = replica();
    a.look();
    ServingKey before = a.serving();
    ObjectNode secret = Objects.requireNonNull(server.get(SECRET)).deepCopy();
    server.delete(SECRET);

    a.look();

    assertThat(a.serving()).isEqualTo(before);
    assertThat(Objects.requireNonNull(server.get(SECRET)).path("data"))
        .isEqualTo(secret.path("data"));
  }

  @Test
  void anotherAuthorityIsServedOnlyWhenCallersKnowItAndTheOldOneStaysTrusted() throws Exception {
    Agreement old = replica();
    old.look();
    ServingKey before = old.serving();
    server.delete(SECRET);
    Agreement fresh = replica();
    fresh.look();

    old.look();

    assertThat(old.serving()).isEqualTo(before);
    assertThat(old.trusted()).hasSize(2).contains(before.chain().getLast());
    fresh.look();
    assertThat(fresh.trusted()).isEqualTo(old.trusted());
    assertThat(fresh.serving()).isNotEqualTo(before);

    time.advance(Duration.ofMinutes(1));
    old.look();
    assertThat(old.serving()).isEqualTo(fresh.serving());
  }

  @Test
  void aCertificateIsRenewedOnceBeforeItEnds() throws Exception {
    Agreement a = replica();
    Agreement b = replica();
    a.look();
    b.look();
    ServingKey before = a.serving();
    time.advance(Duration.ofDays(240));
    a.look();
    assertThat(a.serving()).isEqualTo(before);

    time.advance(Duration.ofDays(10));
    a.look();
    b.look();

    assertThat(a.serving()).isNotEqualTo(before).isEqualTo(b.serving());
    assertThat(a.serving().chain().getLast()).isEqualTo(before.chain().getLast());
    assertThat(server.writes).hasSize(2);
  }

  @Test
  void aNewAuthorityIsKnownBeforeItSigns() throws Exception {
    Agreement a = replica();
    a.look();
    ServingKey before = a.serving();
    time.advance(Duration.ofDays(3650 - 700));
    a.look();
    ServingKey renewed = a.serving();

    assertThat(a.trusted()).hasSize(2).endsWith(before.chain().getLast());
    time.advance(Duration.ofDays(300));
    a.look();
    time.advance(Duration.ofMinutes(1));
    a.look();

    assertThat(a.serving()).isNotEqualTo(renewed);
    assertThat(a.serving().chain().getLast()).isEqualTo(a.trusted().getFirst());
    time.advance(Duration.ofDays(410));
    a.look();
    a.look();
    assertThat(a.trusted()).hasSize(1);
  }

  @Test
  void somebodyElsesSecretIsLeftAlone() throws Exception {
    ObjectNode theirs = Cluster.tree("{kind: Secret, data: {tls.crt: YQ==}}");
    server.put(SECRET, theirs);
    Agreement a = replica();

    a.start(Duration.ZERO);

    assertThat(server.writes).isEmpty();
    assertThat(a.trusted()).isEmpty();
    assertThat(a.serving().chain()).hasSize(2);
    a.close();
  }

  @Test
  void whatCannotBeReadIsWrittenAnewFromMemory() throws Exception {
    Agreement a = replica();
    a.look();
    ServingKey before = a.serving();
    for (String key : List.of("ca.crt", "ca.key", "tls.crt", "tls.key")) {
      ObjectNode broken = Objects.requireNonNull(server.get(SECRET)).deepCopy();
      broken.withObject("/data").put(key, "bm9uc2Vuc2U=");
      server.put(SECRET, broken);

      a.look();

      assertThat(ServingSecret.read(Objects.requireNonNull(server.get(SECRET))).serving())
          .as(key)
          .isEqualTo(before);
      assertThat(a.serving()).isEqualTo(before);
    }
  }

  @Test
  void withoutTheApiServerWhatIsServedStays() throws Exception {
    Agreement a = replica();
    a.look();
    ServingKey before = a.serving();
    server.answers(503);
    a.look();
    server.answers(403);
    a.look();

    assertThat(a.serving()).isEqualTo(before);
    assertThat(server.writes).hasSize(1);
  }

  @Test
  void aDryRunPrintsNoKeyAndWritesNothing() throws Exception {
    List<String> lines = new ArrayList<>();
    Agreement a =
        new Agreement(server.api(), CONFIG, new WriteCounts(), time, time, Optional.of(lines::add));
    a.look();
    a.look();

    assertThat(server.writes).isEmpty();
    assertThat(lines).singleElement().asString().contains("\"tls.key\":\"(secret)\"");
    assertThat(lines.getFirst()).contains("\"ca.key\":\"(secret)\"", "\"writer\":\"certificate\"");
  }

  private Agreement replica() {
    return new Agreement(server.api(), CONFIG, new WriteCounts(), time, time, Optional.empty());
  }
}
