package dev.inferscale.keda;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.sun.net.httpserver.HttpServer;
import dev.inferscale.keda.wire.ExternalScalerGrpc;
import dev.inferscale.keda.wire.IsActiveResponse;
import dev.inferscale.keda.wire.ScaledObjectRef;
import dev.inferscale.signals.EnginePages;
import dev.inferscale.signals.SignalPlane;
import dev.inferscale.signals.SignalsConfig;
import dev.inferscale.signals.discover.FixedTargets;
import dev.inferscale.signals.exposition.Limits;
import dev.inferscale.signals.pool.ModelPool;
import dev.inferscale.signals.pool.PoolTargets;
import dev.inferscale.signals.pool.PoolTargets.Gap;
import dev.inferscale.signals.pool.PoolsFile;
import dev.inferscale.signals.pool.Replicas;
import dev.inferscale.signals.pool.Target;
import dev.inferscale.signals.profile.Profiles;
import io.grpc.Grpc;
import io.grpc.InsecureChannelCredentials;
import io.grpc.ManagedChannel;
import io.grpc.stub.StreamObserver;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.URI;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/// A pod loads its model for minutes while requests wait at the gateway: nobody may take it for
/// idle, whether or not it is known to be starting.
class ColdStartTest {
  /// No client's connection takes a port of this address.
  private static final String POD = "127.8.7.6";

  private static final Duration STEP = Duration.ofSeconds(8);
  private static final Duration LONGEST_SILENCE = Duration.ofSeconds(9);
  private static final Duration LONG = Duration.ofSeconds(30);

  private final AtomicInteger atGateway = new AtomicInteger();
  private final AtomicInteger asked = new AtomicInteger();
  private final AtomicInteger running = new AtomicInteger();
  private final AtomicInteger podAsked = new AtomicInteger();
  private final AtomicInteger words = new AtomicInteger();
  // Moved by the test, read by the plane's and the scaler's threads.
  private volatile Instant now = Instant.parse("2026-01-01T00:00:00Z");
  // Written by the stream's thread, read by the test.
  private volatile @Nullable Instant lastTrue;
  private HttpServer gateway;
  private @Nullable HttpServer pod;
  private int podPort;
  private ModelPool pool;
  private SignalPlane plane;
  private ScalerServer scaler;
  private ManagedChannel channel;

  @BeforeEach
  void start() throws Exception {
    gateway = serve(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), asked, this::queue);
    podPort = freePort();
    pool =
        PoolsFile.parse(
                """
                apiVersion: inferscale.dev/v1alpha1
                kind: ModelPool
                metadata: {name: chat, namespace: serving}
                spec:
                  model: m
                  source: {endpoints: ["http://%s:%d/metrics"]}
                  front: {endpoints: ["http://127.0.0.1:%d/metrics"]}
                  interval: 1s
                """
                    .formatted(POD, podPort, gateway.getAddress().getPort()))
            .pools()
            .getFirst();
    plane =
        SignalPlane.startAt(
            SignalsConfig.defaults(),
            List.of(targets(List.of(), Set.of())),
            new EnginePages(Profiles.bundled(), Limits.DEFAULTS),
            () -> now);
    scaler =
        ScalerServer.start(
            KedaConfig.defaults().onPorts(0, 0),
            plane::latest,
            wake -> plane.subscribe(snapshot -> wake.run()),
            () -> now);
    channel =
        Grpc.newChannelBuilder("127.0.0.1:" + scaler.port(), InsecureChannelCredentials.create())
            .build();
  }

  @AfterEach
  void stop() throws InterruptedException {
    channel.shutdownNow();
    channel.awaitTermination(5, TimeUnit.SECONDS);
    scaler.close();
    plane.close();
    gateway.stop(0);
    if (pod != null) {
      pod.stop(0);
    }
  }

  private static int freePort() throws IOException {
    try (ServerSocket socket = new ServerSocket(0, 1, InetAddress.getByName(POD))) {
      return socket.getLocalPort();
    }
  }

  private interface Text {
    String now();
  }

  private static HttpServer serve(InetSocketAddress at, AtomicInteger asked, Text page)
      throws IOException {
    HttpServer server = HttpServer.create(at, 0);
    server.createContext(
        "/",
        exchange -> {
          byte[] body = page.now().getBytes(UTF_8);
          exchange.sendResponseHeaders(200, body.length);
          exchange.getResponseBody().write(body);
          exchange.close();
          asked.incrementAndGet();
        });
    server.start();
    return server;
  }

  private String queue() {
    return """
    # TYPE llm_d_epp_flow_control_queue_size gauge
    llm_d_epp_flow_control_queue_size{inference_pool="chat"} %d
    """
        .formatted(atGateway.get());
  }

  private String engine() {
    return """
    # TYPE vllm:num_requests_waiting gauge
    vllm:num_requests_waiting{model_name="m"} 0
    # TYPE vllm:num_requests_running gauge
    vllm:num_requests_running{model_name="m"} %d
    """
        .formatted(running.get());
  }

  private PoolTargets targets(List<Target> pods, Set<Target> starting) {
    PoolTargets listed = FixedTargets.of(List.of(pool)).getFirst();
    return new PoolTargets(
        pool,
        listed.modelAlias(),
        pods,
        starting,
        List.of(),
        pods.isEmpty() ? new Gap(Gap.Kind.NONE, "no pod") : null,
        Replicas.UNREAD,
        listed.credentials(),
        listed.front());
  }

  private void follow(List<Target> pods, Set<Target> starting) {
    plane.follow(List.of(targets(pods, starting)), List.of());
  }

  private ScaledObjectRef ref() {
    return ScaledObjectRef.newBuilder()
        .setName("chat")
        .setNamespace("serving")
        .putScalerMetadata("pool", "chat")
        .putScalerMetadata("signal", "inference_requests_in_flight")
        .build();
  }

  private boolean isActive() {
    return ExternalScalerGrpc.newBlockingStub(channel)
        .withDeadlineAfter(10, TimeUnit.SECONDS)
        .isActive(ref())
        .getResult();
  }

  private void openStream() {
    ExternalScalerGrpc.newStub(channel)
        .streamIsActive(
            ref(),
            new StreamObserver<>() {
              @Override
              public void onNext(IsActiveResponse word) {
                lastTrue = word.getResult() ? now : lastTrue;
                words.incrementAndGet();
              }

              @Override
              public void onError(Throwable cause) {
                // The test ends it.
              }

              @Override
              public void onCompleted() {
                // The test is shorter than a stream's life.
              }
            });
  }

  /// Lets time pass, after which a page is asked again and must not have gone stale before.
  private void pass(Duration time, AtomicInteger page) {
    int before = page.get();
    now = now.plus(time);
    await().atMost(LONG).until(() -> page.get() > before + 1);
  }

  private void awaitTrue() {
    await()
        .atMost(LONG)
        .until(() -> {
          Instant said = lastTrue;
          return said != null && Duration.between(said, now).compareTo(LONGEST_SILENCE) <= 0;
        });
  }

  @ParameterizedTest
  @ValueSource(booleans = {true, false})
  void aPodThatLoadsForMinutesIsNotTakenForIdle(boolean knownToStart) throws Exception {
    await().ignoreExceptions().atMost(LONG).until(() -> !isActive());
    openStream();
    await().atMost(LONG).until(() -> words.get() == 1);
    assertThat(lastTrue).isNull();
    atGateway.set(3);
    pass(Duration.ofSeconds(2), asked);
    awaitTrue();

    Target loading = new Target(pool.id(), "chat-0", URI.create("http://" + POD + ":" + podPort));
    follow(List.of(loading), knownToStart ? Set.of(loading) : Set.of());
    for (Duration spent = STEP; spent.toSeconds() <= 150; spent = spent.plus(STEP)) {
      pass(STEP, asked);
      assertThat(isActive()).as("after " + spent).isTrue();
      awaitTrue();
    }

    running.set(3);
    pod = serve(new InetSocketAddress(POD, podPort), podAsked, this::engine);
    follow(List.of(loading), Set.of());
    await().atMost(LONG).until(() -> podAsked.get() > 1);
    atGateway.set(0);
    pass(STEP, podAsked);
    assertThat(isActive()).as("it serves").isTrue();

    running.set(0);
    for (int i = 0; i < 3; i++) {
      pass(STEP, podAsked);
      assertThat(isActive()).as("in the grace").isTrue();
    }
    await()
        .atMost(LONG)
        .until(() -> {
          pass(STEP, podAsked);
          return !isActive();
        });
  }
}
