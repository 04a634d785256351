package dev.inferscale.signals.discover;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.inferscale.signals.Authority;
import dev.inferscale.signals.FakeEngine;
import dev.inferscale.signals.ManualTime;
import dev.inferscale.signals.Readings;
import dev.inferscale.signals.SignalPlane;
import dev.inferscale.signals.SignalsConfig;
import dev.inferscale.signals.pool.ModelPool;
import dev.inferscale.signals.pool.PoolsFile;
import dev.inferscale.signals.pool.Target;
import dev.inferscale.signals.profile.Signal;
import dev.inferscale.signals.snapshot.Absence;
import dev.inferscale.signals.snapshot.Answer;
import dev.inferscale.signals.snapshot.Pool;
import dev.inferscale.signals.window.Outcome;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import java.util.OptionalDouble;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// A plane whose pool's pods speak TLS and want a token, both kept in Secrets.
class SecretsServerTest {
  private static final String CA = "/api/v1/namespaces/serving/secrets/engine-ca";
  private static final String TOKEN = "/api/v1/namespaces/serving/secrets/engine-token";
  private static final Secrets.Pace QUICK =
      new Secrets.Pace(Duration.ofMillis(100), Duration.ofMillis(20), Duration.ofMillis(1));
  private static final Duration LONG = Duration.ofSeconds(30);

  @TempDir private static Path folder;
  private static Authority authority;
  private static Authority other;

  private final StubApi api = new StubApi();
  private final ManualTime time = new ManualTime();
  private FakeEngine engine;
  private Discovery discovery;
  private SignalPlane plane;

  @BeforeAll
  static void found() {
    authority = new Authority(folder);
    other = new Authority(folder);
  }

  @BeforeEach
  void start() {
    engine = new FakeEngine(authority.server()).guarded("/metrics", "first", "any page\n");
    ObjectNode pod = PodDocuments.serving("chat-0", "chat");
    pod.withObject("/status").put("podIP", "127.0.0.1");
    api.put(pod);
    discovery =
        new Discovery(
            new DiscoverConfig(api.access(folder, "any"), List.of(), List.of()),
            List::of,
            time,
            QUICK);
    plane =
        SignalPlane.startAt(
            SignalsConfig.defaults(), discovery.now(), SecretsServerTest::read, time);
    discovery.start((targets, rejected, _) -> plane.follow(targets, rejected));
  }

  @AfterEach
  void close() {
    discovery.close();
    plane.close();
    engine.close();
    api.close();
  }

  private static Outcome.Asked read(
      ModelPool pool, Target target, byte[] body, String contentType, Instant at) {
    return new Outcome.Read(Readings.reading().waiting(3).at(target, at), 0);
  }

  private void pool(String tls, String further) {
    PoolsFile file =
        PoolsFile.parse(
            """
            apiVersion: inferscale.dev/v1alpha1
            kind: ModelPool
            metadata: {name: chat, namespace: serving}
            spec:
              model: acme/chat
              source:
                pods:
                  selector: {matchLabels: {app: chat}}
                  ports: [%d]
                  scheme: https
                  tls: %s
                  %s
              interval: 1s
            """
                .formatted(engine.port(), tls, further));
    assertThat(file.faults()).isEmpty();
    discovery.file("pools.yaml", file);
  }

  private void poolOfBothSecrets() {
    pool(
        "{caSecretRef: {name: engine-ca, key: ca.crt}}",
        "bearerTokenSecretRef: {name: engine-token, key: token}");
  }

  private void secret(String path, Map<String, String> data) {
    ObjectNode document = new ObjectMapper().createObjectNode();
    ObjectNode held = document.putObject("data");
    data.forEach((key, value) ->
        held.put(key, Base64.getEncoder().encodeToString(value.getBytes(StandardCharsets.UTF_8))));
    api.document(path, document.toString());
  }

  private Answer answer() {
    return plane.latest().pools().values().stream()
        .findFirst()
        .map((Pool pool) ->
            pool.answer(Signal.REQUESTS_WAITING, OptionalDouble.empty(), time.instant()))
        .orElseGet(() -> new Answer.Missing(Absence.UNKNOWN_POOL, "", null));
  }

  private void awaitValue() {
    await().atMost(LONG).untilAsserted(() -> assertThat(answer()).isInstanceOf(Answer.Value.class));
  }

  private void awaitMissing(Absence why, String words) {
    await()
        .atMost(LONG)
        .untilAsserted(() -> {
          assertThat(answer())
              .isInstanceOfSatisfying(
                  Answer.Missing.class,
                  missing -> {
                    assertThat(missing.why()).isEqualTo(why);
                    assertThat(missing.explanation()).contains(words);
                  });
        });
  }

  /// What targets last said counts no more.
  private void letReadingsGrowOld() {
    time.advance(Duration.ofSeconds(11));
  }

  @Test
  void whatIsWrongIsSaidUntilBothSecretsAreRight() {
    poolOfBothSecrets();
    awaitMissing(Absence.CONFIG, "there is no Secret serving/engine-");

    secret(TOKEN, Map.of("token", "first"));
    awaitMissing(
        Absence.CONFIG, "there is no Secret serving/engine-ca (source.pods.tls.caSecretRef)");
    secret(CA, Map.of("tls.crt", authority.pem()));
    awaitMissing(Absence.CONFIG, "there is no key ca.crt in Secret serving/engine-ca");
    secret(CA, Map.of("ca.crt", "none"));
    awaitMissing(Absence.CONFIG, "no PEM certificates in key ca.crt of Secret serving/engine-ca");
    assertThat(engine.requests()).isZero();

    secret(CA, Map.of("ca.crt", authority.pem()));
    awaitValue();
    assertThat(engine.lastHeaders()).containsEntry("Authorization", "Bearer first");
  }

  @Test
  void aForbiddenSecretIsSaidToBe() {
    api.status(CA, 403);
    pool("{caSecretRef: {name: engine-ca, key: ca.crt}}", "");

    awaitMissing(
        Absence.CONFIG,
        "the plane may not get Secret serving/engine-ca; manifests/base/rbac/namespaced/secret-reader");
  }

  @Test
  void aTokenThatIsRotatedIsTakenUp() {
    secret(CA, Map.of("ca.crt", authority.pem()));
    secret(TOKEN, Map.of("token", "first\n"));
    poolOfBothSecrets();
    awaitValue();

    engine.guarded("/metrics", "second", "any page\n");
    letReadingsGrowOld();
    awaitMissing(Absence.UNREACHABLE, "answers 401; is the token");
    secret(TOKEN, Map.of("token", "second"));
    awaitValue();
  }

  @Test
  void anAuthorityThatIsRotatedIsTakenUp() {
    secret(CA, Map.of("ca.crt", other.pem()));
    secret(TOKEN, Map.of("token", "first"));
    poolOfBothSecrets();
    awaitMissing(Absence.UNREACHABLE, "TLS failed: no authority that the pool trusts signed it");
    assertThat(engine.requests()).isZero();

    secret(CA, Map.of("ca.crt", other.pem() + authority.pem()));
    awaitValue();
    secret(CA, Map.of("ca.crt", other.pem()));
    await()
        .atMost(LONG)
        .until(() -> {
          letReadingsGrowOld();
          return answer() instanceof Answer.Missing missing
              && missing.explanation().contains("no authority");
        });
  }

  @Test
  void whatWasReadStaysWhileTheApiServerIsAwayAndGoesWithItsSecret() {
    secret(CA, Map.of("ca.crt", authority.pem()));
    secret(TOKEN, Map.of("token", "first"));
    poolOfBothSecrets();
    awaitValue();

    api.status(CA, 503);
    long before = asked();
    await().atMost(LONG).until(() -> asked() > before + 1);
    assertThat(answer()).isInstanceOf(Answer.Value.class);
    api.status(CA, 404);
    awaitMissing(Absence.CONFIG, "there is no Secret serving/engine-ca");
  }

  private long asked() {
    return api.requests().stream().filter(path -> path.startsWith(CA)).count();
  }

  @Test
  void onlyTheNamedSecretsAreAskedForFromTheServersMemory() {
    secret(CA, Map.of("ca.crt", authority.pem()));
    secret(TOKEN, Map.of("token", "first"));
    poolOfBothSecrets();
    awaitValue();

    assertThat(api.requests().stream().filter(path -> path.contains("/secrets")).distinct())
        .containsExactlyInAnyOrder(CA + "?resourceVersion=0", TOKEN + "?resourceVersion=0");
  }

  /// An endpoint picker, which asks for a token, in front of a pool without pods.
  @Test
  void aFrontHasSecretsOfItsOwn() {
    PoolsFile file =
        PoolsFile.parse(
            """
            apiVersion: inferscale.dev/v1alpha1
            kind: ModelPool
            metadata: {name: chat, namespace: serving}
            spec:
              model: acme/chat
              source: {pods: {selector: {matchLabels: {app: none}}, ports: [8000]}}
              front:
                pods:
                  selector: {matchLabels: {app: chat}}
                  ports: [%d]
                  scheme: https
                  tls: {caSecretRef: {name: engine-ca, key: ca.crt}}
                  bearerTokenSecretRef: {name: engine-token, key: token}
              interval: 1s
            """
                .formatted(engine.port()));
    assertThat(file.faults()).isEmpty();
    discovery.file("pools.yaml", file);
    secret(TOKEN, Map.of("token", "first"));
    awaitMissing(
        Absence.CONFIG, "there is no Secret serving/engine-ca (front.pods.tls.caSecretRef)");
    assertThat(engine.requests()).isZero();

    secret(CA, Map.of("ca.crt", authority.pem()));
    awaitValue();
    assertThat(engine.lastHeaders()).containsEntry("Authorization", "Bearer first");
    assertThat(answer())
        .isInstanceOfSatisfying(
            Answer.Value.class, value -> assertThat(value.note()).startsWith("no pod yet: 3"));
  }

  @Test
  void withoutChecksNoSecretIsNeededAndThePoolWarns() {
    engine.page("/metrics", "any page\n");
    pool("{insecureSkipVerify: true}", "");

    awaitValue();
    assertThat(plane.latest().pools().firstEntry().getValue().config().warnings())
        .singleElement()
        .asString()
        .startsWith("source.pods.tls.insecureSkipVerify: certificates are not checked");
    assertThat(api.requests()).noneMatch(path -> path.contains("/secrets"));
  }
}
