package dev.inferscale.keda;

import static dev.inferscale.keda.KedaClient.asked;
import static dev.inferscale.keda.KedaClient.ref;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import dev.inferscale.keda.KedaClient.Heard;
import dev.inferscale.keda.wire.ExternalScalerGrpc;
import dev.inferscale.keda.wire.ExternalScalerGrpc.ExternalScalerBlockingStub;
import dev.inferscale.keda.wire.MetricSpec;
import dev.inferscale.keda.wire.MetricValue;
import dev.inferscale.keda.wire.ScaledObjectRef;
import io.grpc.CallOptions;
import io.grpc.Context;
import io.grpc.ManagedChannel;
import io.grpc.MethodDescriptor;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import io.grpc.health.v1.HealthCheckRequest;
import io.grpc.health.v1.HealthCheckResponse.ServingStatus;
import io.grpc.health.v1.HealthGrpc;
import io.grpc.stub.ClientCalls;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/// As KEDA's operator asks: one channel, its three questions in order, one stream per trigger.
final class ScalerServerTest {
  private static final String WAITING = "inference_requests_waiting";

  private LivePools pools;
  private ScalerServer server;
  private ManagedChannel channel;

  @BeforeEach
  void start() throws Exception {
    pools = new LivePools("chat", "code");
    server = pools.scaler(KedaConfig.defaults().onPorts(0, 0));
    channel = KedaClient.channel(server.port());
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

  /// What no quantity can hold KEDA would take for 0, or for something absurd.
  @ParameterizedTest
  @ValueSource(strings = {"NaN", "-5", "+Inf", "-Inf", "1e300", "9.3e18"})
  void whatIsNoCountIsNeverAnsweredAsOne(String number) {
    ScaledObjectRef ref = ref("chat", "signal", "inference_requests_waiting");
    pools.wait("chat", 7);
    await().ignoreExceptions().untilAsserted(() -> assertThat(value(ref)).isEqualTo(7));

    pools.shows("chat", number);

    await()
        .untilAsserted(
            () -> assertThatThrownBy(() -> value(ref)).hasMessageStartingWith("UNAVAILABLE: "));
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

  /// K03: one source that is down took all workloads their metric (kedacore/http-add-on#1667).
  @Test
  void aSourceThatIsDeadFromTheStartIsItsOwnPoolsTrouble() throws Exception {
    try (LivePools three = new LivePools("chat", "code", "dead")) {
      three.silence("dead");
      try (ScalerServer fresh = three.scaler(KedaConfig.defaults().onPorts(0, 0))) {
        ManagedChannel own = KedaClient.channel(fresh.port());
        ExternalScalerBlockingStub asking =
            ExternalScalerGrpc.newBlockingStub(own).withDeadlineAfter(20, TimeUnit.SECONDS);
        for (String pool : List.of("chat", "code", "dead")) {
          assertThat(asking.getMetricSpec(waiting(pool)).getMetricSpecsCount()).isEqualTo(1);
        }
        await().until(() -> health(fresh) == ServingStatus.SERVING);

        for (String pool : List.of("chat", "code")) {
          await()
              .ignoreExceptions()
              .until(() ->
                  asking.getMetrics(asked(waiting(pool), WAITING)).getMetricValuesCount() == 1);
        }
        await()
            .untilAsserted(() ->
                assertThatThrownBy(() -> asking.getMetrics(asked(waiting("dead"), WAITING)))
                    .hasMessageStartingWith("UNAVAILABLE: unreachable: "));
        assertThat(health(fresh)).isEqualTo(ServingStatus.SERVING);
        own.shutdownNow();
      }
    }
  }

  private static ScaledObjectRef waiting(String pool) {
    return ref(pool, "signal", WAITING);
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
      ManagedChannel own = KedaClient.channel(other.port());
      Heard first = KedaClient.stream(own, ref("chat"));
      Heard second = KedaClient.stream(own, ref("chat"));
      await().untilAsserted(() -> assertThat(other.statistics().streams()).isEqualTo(2));
      Heard third = KedaClient.stream(own, ref("chat"));

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
  void bytesThatAreNoMessageAreRefusedAndTheServerGoesOn() {
    Random random = new Random(20);
    var garbled =
        MethodDescriptor.<byte[], byte[]>newBuilder()
            .setType(MethodDescriptor.MethodType.UNARY)
            .setFullMethodName(ExternalScalerGrpc.getIsActiveMethod().getFullMethodName())
            .setRequestMarshaller(new Bytes())
            .setResponseMarshaller(new Bytes())
            .build();
    for (int i = 0; i < 300; i++) {
      byte[] bytes = new byte[1 + random.nextInt(200)];
      random.nextBytes(bytes);
      assertThatThrownBy(
              () -> ClientCalls.blockingUnaryCall(channel, garbled, CallOptions.DEFAULT, bytes))
          .isInstanceOf(StatusRuntimeException.class);
    }

    assertThat(asking().getMetricSpec(ref("chat")).getMetricSpecsCount()).isEqualTo(1);
  }

  /// As they are.
  private static final class Bytes implements MethodDescriptor.Marshaller<byte[]> {
    @Override
    public InputStream stream(byte[] value) {
      return new ByteArrayInputStream(value);
    }

    @Override
    public byte[] parse(InputStream stream) {
      try {
        return stream.readAllBytes();
      } catch (IOException e) {
        throw new UncheckedIOException(e);
      }
    }
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

  private Heard stream(ScaledObjectRef ref) {
    return KedaClient.stream(channel, ref);
  }

  private double value(ScaledObjectRef ref) {
    String name = asking().getMetricSpec(ref).getMetricSpecs(0).getMetricName();
    return asking().getMetrics(asked(ref, name)).getMetricValues(0).getMetricValueFloat();
  }

  private ServingStatus health() {
    return health(server);
  }

  private static ServingStatus health(ScalerServer of) {
    ManagedChannel own = KedaClient.channel(of.healthPort());
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
}
