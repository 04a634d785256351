package dev.inferscale.signals.discover;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.inferscale.signals.ManualTime;
import dev.inferscale.signals.kube.ApiServer;
import dev.inferscale.signals.pool.ModelPool.ScaleTarget;
import dev.inferscale.signals.pool.Replicas.Count;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Set;
import java.util.concurrent.Semaphore;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ScalesServerTest {
  private static final Scales.Key CHAT =
      new Scales.Key("serving", new ScaleTarget("apps/v1", "Deployment", "chat"));
  private static final Scales.Key GROUPS =
      new Scales.Key(
          "serving", new ScaleTarget("leaderworkerset.x-k8s.io/v1", "LeaderWorkerSet", "chat"));
  private static final String CHAT_SCALE =
      "/apis/apps/v1/namespaces/serving/deployments/chat/scale";

  @TempDir Path folder;
  private final StubApi api = new StubApi();
  private final Semaphore changes = new Semaphore(0);
  private ApiServer client;
  private Scales scales;
  private Thread thread;

  @BeforeEach
  void start() {
    api.document(
        "/apis/apps/v1",
        """
        {"resources": [
          {"name": "deployments", "kind": "Deployment"},
          {"name": "deployments/scale", "kind": "Scale"},
          {"name": "controllerrevisions", "kind": "ControllerRevision"}]}
        """);
    api.document(
        "/apis/leaderworkerset.x-k8s.io/v1",
        """
        {"resources": [
          {"name": "leaderworkersets", "kind": "LeaderWorkerSet"},
          {"name": "leaderworkersets/scale", "kind": "Scale"}]}
        """);
    client = new ApiServer(api.access(folder, "any"));
    scales = new Scales(client, changes::release, new ManualTime());
    thread = Thread.ofVirtual().start(scales);
  }

  @AfterEach
  void close() throws InterruptedException {
    thread.interrupt();
    client.close();
    thread.join();
    api.close();
  }

  private void awaitNumber(Scales.Key key, int number) {
    await()
        .atMost(Duration.ofSeconds(30))
        .until(() -> scales.wanted(key) instanceof Count.Known known && known.number() == number);
  }

  private void awaitUnknown(Scales.Key key, String why) {
    await()
        .atMost(Duration.ofSeconds(30))
        .until(() ->
            scales.wanted(key) instanceof Count.Unknown unknown && unknown.why().contains(why));
  }

  @Test
  void anythingWithAScaleIsReadAndChangesAreTold() {
    api.document(CHAT_SCALE, "{\"spec\": {\"replicas\": 4}}");
    api.document(
        "/apis/leaderworkerset.x-k8s.io/v1/namespaces/serving/leaderworkersets/chat/scale",
        "{\"spec\": {}}");
    scales.need(Set.of(CHAT, GROUPS));

    awaitNumber(CHAT, 4);
    awaitNumber(GROUPS, 0);
    assertThat(scales.resource(GROUPS)).isEqualTo("leaderworkersets");
    api.document(CHAT_SCALE, "{\"spec\": {\"replicas\": 7}}");
    changes.drainPermits();
    scales.soon();
    awaitNumber(CHAT, 7);
    await().atMost(Duration.ofSeconds(30)).until(() -> changes.availablePermits() > 0);
    assertThat(api.requests().stream().filter("/apis/apps/v1"::equals)).hasSize(1);
  }

  @Test
  void whatIsNotThereSaysSo() {
    Scales.Key revision =
        new Scales.Key("serving", new ScaleTarget("apps/v1", "ControllerRevision", "chat"));
    scales.need(Set.of(CHAT, revision));

    awaitUnknown(CHAT, "there is no Deployment serving/chat with a scale");
    awaitUnknown(revision, "there is no ControllerRevision serving/chat with a scale");
  }

  @Test
  void theLastNumberStaysWhileTheApiServerIsAwayAndGrowsOld() {
    api.document(CHAT_SCALE, "{\"spec\": {\"replicas\": 4}}");
    scales.need(Set.of(CHAT));
    awaitNumber(CHAT, 4);
    int asked = api.requests().size();
    api.status(503);
    scales.soon();

    await().atMost(Duration.ofSeconds(30)).until(() -> api.requests().size() > asked + 1);
    assertThat(scales.wanted(CHAT)).isEqualTo(new Count.Known(4, ManualTime.START));
  }
}
