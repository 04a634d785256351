package dev.inferscale.signals.discover;

import static dev.inferscale.signals.discover.PodDocuments.serving;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.inferscale.signals.kube.ApiServer;
import dev.inferscale.signals.kube.Reflector;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.util.Set;
import java.util.stream.Collectors;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// A watch that must come back whatever the API server does, against one that does it.
class ReflectorServerTest {
  private static final Reflector.Timing QUICK =
      new Reflector.Timing(
          Duration.ofSeconds(1),
          Duration.ofSeconds(1),
          Duration.ofMillis(10),
          Duration.ofMillis(100),
          Duration.ofMillis(300));

  @TempDir Path folder;
  private final StubApi api = new StubApi();
  private final PodBoard board = new PodBoard(() -> {});
  private ApiServer client;
  private Reflector<Pod> reflector;
  private Thread thread;

  @BeforeEach
  void connect() {
    client = new ApiServer(api.access(folder, "first"));
    Pod.Interned interned = new Pod.Interned();
    reflector =
        new Reflector<>(
            client,
            new Reflector.Collection("pods", StubApi.PODS, "", ""),
            document -> Pod.of(document, interned),
            board,
            Clock.systemUTC(),
            QUICK);
    thread = Thread.ofVirtual().unstarted(reflector);
  }

  @AfterEach
  void close() throws InterruptedException {
    thread.interrupt();
    client.close();
    thread.join();
    api.close();
  }

  private void start() {
    thread.start();
  }

  private void awaitPods(String... names) {
    await()
        .atMost(Duration.ofSeconds(30))
        .untilAsserted(() -> assertThat(pods()).containsExactlyInAnyOrder(names));
  }

  private Set<String> pods() {
    return board.in("serving").stream().map(Pod::name).collect(Collectors.toSet());
  }

  private void awaitUp() {
    await().atMost(Duration.ofSeconds(30)).until(() -> reflector.state().up());
  }

  private long lists() {
    return api.requests().stream().filter(request -> request.contains("limit=")).count();
  }

  @Test
  void whatIsThereAndWhatHappensIsSeen() {
    api.put(serving("chat-0", "10.0.0.1"));
    start();
    awaitPods("chat-0");

    await().atMost(Duration.ofSeconds(30)).until(() -> api.watching() == 1);
    api.put(serving("chat-1", "10.0.0.2"));
    awaitPods("chat-0", "chat-1");
    api.remove("chat-0");
    awaitPods("chat-1");
    assertThat(lists()).isEqualTo(1);
  }

  @Test
  void aLongListComesInPages() {
    for (int i = 0; i < 1203; i++) {
      api.putUnseen(serving("chat-" + i, "10.0.0.1"));
    }
    start();

    await().atMost(Duration.ofSeconds(30)).until(() -> board.size() == 1203);
    assertThat(lists()).isEqualTo(3);
  }

  @Test
  void aWatchThatEndsInGoodOrderGoesOnWithoutAList() {
    start();
    await()
        .atMost(Duration.ofSeconds(30))
        .until(() -> api.requests().stream().filter(r -> r.contains("watch=true")).count() > 2);

    assertThat(lists()).isEqualTo(1);
    assertThat(reflector.state().restarts()).isZero();
    assertThat(reflector.state().up()).isTrue();
  }

  @Test
  void aBrokenConnectionIsOpenedAgain() {
    start();
    await().atMost(Duration.ofSeconds(30)).until(() -> api.watching() == 1);
    api.breakWatches();

    await().atMost(Duration.ofSeconds(30)).until(() -> reflector.state().restarts() > 0);
    await().atMost(Duration.ofSeconds(30)).until(() -> api.watching() == 1);
    api.put(serving("chat-0", "10.0.0.1"));
    awaitPods("chat-0");
    assertThat(lists()).isEqualTo(1);
  }

  @Test
  void whatHappenedInAGapIsSeenWhenTheServerSaysThatItIsTooOld() {
    api.put(serving("gone", "10.0.0.1"));
    start();
    awaitPods("gone");
    await().atMost(Duration.ofSeconds(30)).until(() -> api.watching() == 1);
    api.breakWatches();
    api.putUnseen(serving("chat-0", "10.0.0.1"));
    await().atMost(Duration.ofSeconds(30)).until(() -> api.watching() == 1);

    api.expire();
    awaitPods("gone", "chat-0");
    assertThat(lists()).isEqualTo(2);
  }

  @Test
  void aWatchThatSaysNothingAndDoesNotEndIsGivenUp() {
    start();
    await().atMost(Duration.ofSeconds(30)).until(() -> api.watching() == 1);
    api.silence(true);

    await().atMost(Duration.ofSeconds(30)).until(() -> reflector.state().restarts() > 0);
    api.silence(false);
    awaitUp();
    await().atMost(Duration.ofSeconds(30)).until(() -> api.watching() > 0);
    api.put(serving("chat-0", "10.0.0.1"));
    awaitPods("chat-0");
  }

  @Test
  void anApiServerThatIsAwayOrInTroubleKeepsWhatWasSeenAndIsAskedAgain() {
    api.put(serving("chat-0", "10.0.0.1"));
    start();
    awaitPods("chat-0");
    api.status(503);
    api.breakWatches();

    await().atMost(Duration.ofSeconds(30)).until(() -> reflector.state().restarts() > 3);
    assertThat(pods()).containsExactly("chat-0");
    assertThat(reflector.state().up()).isFalse();
    assertThat(reflector.state().fault()).contains("503");
    api.status(200);
    awaitUp();
  }

  @Test
  void credentialsThatAreRefusedAreTriedAgainAndReplacedOnesAreUsed() {
    api.onlyFor("second");
    api.put(serving("chat-0", "10.0.0.1"));
    start();
    await().atMost(Duration.ofSeconds(30)).until(() -> reflector.state().restarts() > 2);
    assertThat(reflector.state().fault()).contains("401", "credentials");
    assertThat(reflector.state().synced()).isFalse();

    api.access(folder, "second");
    awaitPods("chat-0");
  }

  @Test
  void aResourceThatTheClusterDoesNotHaveHasNoItems() {
    api.put(serving("chat-0", "10.0.0.1"));
    start();
    awaitPods("chat-0");
    api.status(404);
    api.breakWatches();

    // Not at once: an API server that starts may not know custom resources yet.
    awaitPods();
    assertThat(reflector.state().synced()).isTrue();
    assertThat(reflector.state().up()).isFalse();
  }
}
