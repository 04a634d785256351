package dev.inferscale.keda;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import dev.inferscale.keda.wire.ExternalScalerGrpc;
import dev.inferscale.keda.wire.ExternalScalerGrpc.ExternalScalerBlockingStub;
import dev.inferscale.keda.wire.GetMetricsRequest;
import dev.inferscale.keda.wire.IsActiveResponse;
import dev.inferscale.keda.wire.MetricSpec;
import dev.inferscale.keda.wire.MetricValue;
import dev.inferscale.keda.wire.ScaledObjectRef;
import io.grpc.CallOptions;
import io.grpc.Context;
import io.grpc.Grpc;
import io.grpc.InsecureChannelCredentials;
import io.grpc.ManagedChannel;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import io.grpc.health.v1.HealthCheckRequest;
import io.grpc.health.v1.HealthCheckResponse.ServingStatus;
import io.grpc.health.v1.HealthGrpc;
import io.grpc.stub.ClientCalls;
import io.grpc.stub.StreamObserver;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/// As KEDA's operator asks: one channel, its three questions in order, one stream per trigger.
final class ScalerServerTest {
  private LivePools pools;
  private ScalerServer server;
  private ManagedChannel channel;

  @BeforeEach
  void start() throws Exception {
    pools = new LivePools("chat", "code");
    server = pools.scaler(KedaConfig.defaults().onPorts(0, 0));
    channel = channel(server.port());
  }

  @AfterEach
  void stop() {
    channel.shutdownNow();
    server.close();
    pools.close();
  }

  @Test
  void theThreeQuestionsAgree() {
    pools.wait("chat", 7);
    ScaledObjectRef ref = ref("chat", "signal", "inference_requests_waiting", "target", "5");

    MetricSpec spec = asking().getMetricSpec(ref).getMetricSpecs(0);
    assertThat(spec.getMetricName()).isEqualTo("inference_requests_waiting");
    assertThat(spec.getTargetSizeFloat()).isEqualTo(5);
    assertThat(spec.getTargetSize()).isEqualTo(5);
    await().ignoreExceptions().untilAsserted(() -> assertThat(value(ref)).isEqualTo(7));
    assertThat(asking().getMetrics(asked(ref, spec.getMetricName())).getMetricValuesList())
        .containsExactly(
            MetricValue.newBuilder()
                .setMetricName("inference_requests_waiting")
                .setMetricValue(7)
                .setMetricValueFloat(7)
                .build());
    assertThat(asking().isActive(ref).getResult()).isTrue();
  }

  @Test
  void theSpecNeedsNoPool() {
    MetricSpec spec = asking().getMetricSpec(ref("not-there-yet")).getMetricSpecs(0);

    assertThat(spec.getMetricName()).isEqualTo("inference_tokens_in_flight");
    assertThat(spec.getTargetSizeFloat()).isEqualTo(16_000);
    assertThatThrownBy(() -> asking().isActive(ref("not-there-yet")))
        .hasMessageContaining("UNAVAILABLE: unknown_pool: there is no ModelPool serving/not-there");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "inference_requests_waiting",
        "s0-INFERENCE_requests_waiting",
        "s3-inference_requests_waiting"
      })
  void theMetricIsAnsweredUnderTheNameThatWasAsked(String name) {
    ScaledObjectRef ref = ref("chat", "signal", "inference_requests_waiting");

    await()
        .ignoreExceptions()
        .untilAsserted(() ->
            assertThat(asking().getMetrics(asked(ref, name)).getMetricValues(0).getMetricName())
                .isEqualTo(name));
  }

  @Test
  void anotherMetricIsRefused() {
    assertThatThrownBy(() -> asking().getMetrics(asked(ref("chat"), "inference_ttft_seconds")))
        .hasMessage(
            "INVALID_ARGUMENT: metricName is 'inference_ttft_seconds'; this trigger's metric is"
                + " inference_tokens_in_flight");
  }

  @Test
  void metadataThatNoPoolCouldMakeRightIsRefusedByEveryQuestion() {
    ScaledObjectRef bad = ref("chat", "target", "0");

    for (Runnable question :
        List.<Runnable>of(
            () -> asking().getMetricSpec(bad),
            () -> asking().isActive(bad),
            () -> asking().getMetrics(asked(bad, "x")),
            () -> asking().streamIsActive(bad).next(),
            () -> asking().streamMetricSpec(bad).next())) {
      assertThatThrownBy(question::run)
          .hasMessage("INVALID_ARGUMENT: target is '0'; it must be greater than 0, such as 16000");
    }
  }

  @Test
  void onePoolsTroubleIsNotAnothers() {
    ScaledObjectRef chat = ref("chat", "signal", "inference_requests_waiting");
    ScaledObjectRef code = ref("code", "signal", "inference_requests_waiting");
    pools.wait("code", 3);
    await().ignoreExceptions().untilAsserted(() -> assertThat(value(code)).isEqualTo(3));

    pools.silence("chat");

    await()
        .untilAsserted(() ->
            assertThatThrownBy(() -> value(chat)).hasMessageContaining("UNAVAILABLE: unreachable"));
    assertThat(asking().getMetricSpec(chat).getMetricSpecsCount()).isEqualTo(1);
    assertThatThrownBy(() -> asking().isActive(chat)).hasMessageContaining("UNAVAILABLE");
    assertThat(value(code)).isEqualTo(3);
    assertThat(health()).isEqualTo(ServingStatus.SERVING);
  }

  @Test
  void aStreamSaysHowThingsStandAndThenEachRise() throws Exception {
    ScaledObjectRef ref =
        ref("chat", "signal", "inference_requests_waiting", "activationThreshold", "4");
    await().ignoreExceptions().untilAsserted(() -> assertThat(value(ref)).isEqualTo(0));
    Heard heard = stream(ref);

    pools.wait("chat", 5);

    await().untilAsserted(() -> assertThat(heard.words).contains(true));
    // At the opening the engine may just have been found, which counts as active for a while.
    assertThat(heard.words.size()).isLessThanOrEqualTo(2);
    assertThat(heard.end).isEmpty();
  }

  @Test
  void whatLastsIsSaidAgain() {
    pools.wait("chat", 5);
    Heard heard = stream(ref("chat", "signal", "inference_requests_waiting"));

    await()
        .atMost(30, TimeUnit.SECONDS)
        .untilAsserted(() -> assertThat(heard.words).hasSizeGreaterThanOrEqualTo(2));
    assertThat(heard.words).containsOnly(true);
  }

  @Test
  void demandInFrontOfAPoolWithoutPodsActivatesIt() {
    pools.empty("asleep");
    ScaledObjectRef ref = ref("asleep");
    Heard heard = stream(ref);
    pools.tell("asleep", 0);
    await().untilAsserted(() -> assertThat(heard.words).containsExactly(false));
    assertThat(value(ref)).isZero();
    assertThat(asking().isActive(ref).getResult()).isFalse();

    pools.tell("asleep", 3);

    await().untilAsserted(() -> assertThat(heard.words).containsExactly(false, true));
    assertThat(value(ref)).isEqualTo(3);
    assertThat(asking().isActive(ref).getResult()).isTrue();
  }

  @Test
  void aStreamAboutWhichNothingIsKnownStaysOpenAndSilent() throws Exception {
    Heard unknown = stream(ref("not-there-yet"));
    Heard known = stream(ref("chat", "signal", "inference_requests_waiting"));

    await().untilAsserted(() -> assertThat(known.words).isNotEmpty());
    assertThat(unknown.words).isEmpty();
    assertThat(unknown.end).isEmpty();
  }

  @Test
  void theSpecIsPushedOnce() {
    var specs = asking().streamMetricSpec(ref("chat", "target", "12"));

    assertThat(specs.next().getMetricSpecs(0).getTargetSizeFloat()).isEqualTo(12);
    server.drain();
    assertThat(specs.hasNext()).isFalse();
  }

  @Test
  void allStreamsEndWithOkWhenTheServerDrainsAndQuestionsAreStillAnswered() {
    List<Heard> all = new ArrayList<>();
    for (int i = 0; i < 500; i++) {
      all.add(stream(ref(i % 2 == 0 ? "chat" : "code", "target", String.valueOf(i + 1))));
    }
    await().untilAsserted(() -> assertThat(server.statistics().streams()).isEqualTo(500));

    server.drain();

    await()
        .untilAsserted(() ->
            assertThat(all).allSatisfy(heard -> assertThat(heard.end).hasValue(Status.Code.OK)));
    assertThat(server.statistics().streams()).isZero();
    assertThat(health()).isEqualTo(ServingStatus.NOT_SERVING);
    assertThat(asking().getMetricSpec(ref("chat")).getMetricSpecsCount()).isEqualTo(1);
    Heard late = stream(ref("chat"));
    await().untilAsserted(() -> assertThat(late.end).hasValue(Status.Code.OK));
  }

  @Test
  void aClientThatGoesIsForgotten() {
    Context.CancellableContext context = Context.current().withCancellation();
    context.run(() -> stream(ref("chat")));
    await().untilAsserted(() -> assertThat(server.statistics().streams()).isEqualTo(1));

    context.cancel(null);

    await().untilAsserted(() -> assertThat(server.statistics().streams()).isZero());
  }

  @Test
  void tooManyStreamsAreRefused() throws Exception {
    KedaConfig preset = KedaConfig.defaults();
    KedaConfig small =
        new KedaConfig(
            preset.host(), 0, 0, Optional.empty(), false, preset.grace(), 2, preset.reflection());
    try (ScalerServer other = pools.scaler(small)) {
      ManagedChannel own = channel(other.port());
      Heard first = stream(own, ref("chat"));
      Heard second = stream(own, ref("chat"));
      await().untilAsserted(() -> assertThat(other.statistics().streams()).isEqualTo(2));
      Heard third = stream(own, ref("chat"));

      await().untilAsserted(() -> assertThat(third.end).hasValue(Status.Code.RESOURCE_EXHAUSTED));
      assertThat(first.end).isEmpty();
      assertThat(second.end).isEmpty();
      own.shutdownNow();
    }
  }

  @Test
  void anRpcOfTheFutureIsUnimplemented() {
    var future =
        ExternalScalerGrpc.getIsActiveMethod().toBuilder()
            .setFullMethodName("externalscaler.ExternalScaler/Foresee")
            .build();

    assertThatThrownBy(
            () -> ClientCalls.blockingUnaryCall(channel, future, CallOptions.DEFAULT, ref("chat")))
        .isInstanceOf(StatusRuntimeException.class)
        .hasMessageStartingWith("UNIMPLEMENTED");
  }

  @Test
  void plaintextIsForLoopback() {
    KedaConfig preset = KedaConfig.defaults();
    KedaConfig open =
        new KedaConfig("0.0.0.0", 0, 0, Optional.empty(), false, preset.grace(), 2, false);

    assertThatThrownBy(() -> pools.scaler(open))
        .isInstanceOf(StartFault.class)
        .hasMessageContaining("keda.host 0.0.0.0 is not loopback: name keda.certificate");
  }

  @Test
  void aPortThatIsTakenIsNamed() {
    assertThatThrownBy(() -> pools.scaler(KedaConfig.defaults().onPorts(server.port(), 0)))
        .isInstanceOf(StartFault.class)
        .hasMessageContaining("keda.port " + server.port() + " of 127.0.0.1 cannot be listened on");
  }

  @Test
  void callsAreCountedByRpcAndCode() {
    asking().getMetricSpec(ref("chat"));
    assertThatThrownBy(() -> asking().getMetricSpec(ref("")))
        .hasMessageContaining("pool is missing");

    await()
        .untilAsserted(() ->
            assertThat(server.statistics().calls())
                .extracting(row -> row.rpc() + " " + row.code() + " " + row.count())
                .contains(
                    "GetMetricSpec OK 1",
                    "GetMetricSpec INVALID_ARGUMENT 1",
                    "StreamMetricSpec OK 0"));
  }

  /// What a stream has said, and how it ended.
  private static final class Heard implements StreamObserver<IsActiveResponse> {
    final BlockingQueue<Boolean> words = new LinkedBlockingQueue<>();
    volatile Optional<Status.Code> end = Optional.empty();

    @Override
    public void onNext(IsActiveResponse response) {
      words.add(response.getResult());
    }

    @Override
    public void onError(Throwable cause) {
      end = Optional.of(Status.fromThrowable(cause).getCode());
    }

    @Override
    public void onCompleted() {
      end = Optional.of(Status.Code.OK);
    }
  }

  private Heard stream(ScaledObjectRef ref) {
    return stream(channel, ref);
  }

  private static Heard stream(ManagedChannel over, ScaledObjectRef ref) {
    Heard heard = new Heard();
    ExternalScalerGrpc.newStub(over).streamIsActive(ref, heard);
    return heard;
  }

  private double value(ScaledObjectRef ref) {
    String name = asking().getMetricSpec(ref).getMetricSpecs(0).getMetricName();
    return asking().getMetrics(asked(ref, name)).getMetricValues(0).getMetricValueFloat();
  }

  private ServingStatus health() {
    ManagedChannel own = channel(server.healthPort());
    try {
      return HealthGrpc.newBlockingStub(own)
          .withDeadlineAfter(20, TimeUnit.SECONDS)
          .check(
              HealthCheckRequest.newBuilder().setService(ExternalScalerGrpc.SERVICE_NAME).build())
          .getStatus();
    } finally {
      own.shutdownNow();
    }
  }

  private ExternalScalerBlockingStub asking() {
    return ExternalScalerGrpc.newBlockingStub(channel).withDeadlineAfter(20, TimeUnit.SECONDS);
  }

  private static ManagedChannel channel(int port) {
    return Grpc.newChannelBuilder("127.0.0.1:" + port, InsecureChannelCredentials.create()).build();
  }

  private static GetMetricsRequest asked(ScaledObjectRef ref, String name) {
    return GetMetricsRequest.newBuilder().setScaledObjectRef(ref).setMetricName(name).build();
  }

  private static ScaledObjectRef ref(String pool, String... metadata) {
    ScaledObjectRef.Builder ref =
        ScaledObjectRef.newBuilder()
            .setName("scaled-" + pool)
            .setNamespace("serving")
            .putScalerMetadata("scalerAddress", "127.0.0.1:6000")
            .putScalerMetadata("pool", pool);
    for (int i = 0; i < metadata.length; i += 2) {
      ref.putAllScalerMetadata(Map.of(metadata[i], metadata[i + 1]));
    }
    return ref.build();
  }
}
