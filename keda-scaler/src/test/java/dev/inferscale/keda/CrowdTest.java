package dev.inferscale.keda;

import static dev.inferscale.keda.KedaClient.asked;
import static dev.inferscale.keda.KedaClient.ref;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.inferscale.keda.KedaClient.Heard;
import dev.inferscale.keda.wire.ExternalScalerGrpc;
import dev.inferscale.keda.wire.ExternalScalerGrpc.ExternalScalerBlockingStub;
import dev.inferscale.keda.wire.IsActiveResponse;
import dev.inferscale.keda.wire.ScaledObjectRef;
import io.grpc.CallOptions;
import io.grpc.ClientCall;
import io.grpc.ManagedChannel;
import io.grpc.Metadata;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/// As many as one operator brings.
final class CrowdTest {
  private static final long LIMIT_SECONDS = 60;

  private final List<ManagedChannel> channels = new ArrayList<>();
  private LivePools pools;
  private ScalerServer server;

  @BeforeEach
  void start() throws Exception {
    pools = new LivePools("chat");
    pools.empty("asleep");
    pools.tell("asleep", 0);
    server = pools.scaler(KedaConfig.defaults().onPorts(0, 0));
  }

  @AfterEach
  void stop() {
    channels.forEach(ManagedChannel::shutdownNow);
    server.close();
    pools.close();
  }

  private ManagedChannel channel() {
    channels.add(KedaClient.channel(server.port()));
    return channels.getLast();
  }

  @Test
  void aThousandObjectsAreAnsweredOneAfterTheOther() {
    ExternalScalerBlockingStub asking =
        ExternalScalerGrpc.newBlockingStub(channel())
            .withDeadlineAfter(LIMIT_SECONDS, TimeUnit.SECONDS);
    pools.tell("asleep", 7);
    await().until(() -> asking.isActive(ref("asleep")).getResult());

    for (int i = 1; i <= 1_000; i++) {
      ScaledObjectRef ref =
          ref("asleep", "signal", "inference_requests_waiting", "target", String.valueOf(i));
      var spec = asking.getMetricSpec(ref).getMetricSpecs(0);
      assertThat(spec.getTargetSize()).isEqualTo(i);
      assertThat(asking.getMetrics(asked(ref, spec.getMetricName())).getMetricValues(0))
          .satisfies(value -> assertThat(value.getMetricValue()).isEqualTo(7));
      assertThat(asking.isActive(ref).getResult()).isTrue();
      if (i % 100 == 0) {
        pools.tell("asleep", 7);
      }
    }
  }

  @ParameterizedTest
  @ValueSource(ints = {1, 5})
  void allOf2500StreamsHearARise(int connections) {
    List<ManagedChannel> all = IntStream.range(0, connections).mapToObj(_ -> channel()).toList();
    List<Heard> heard =
        IntStream.range(0, 2_500)
            .mapToObj(i ->
                KedaClient.stream(
                    all.get(i % connections), ref("asleep", "target", String.valueOf(i + 1))))
            .toList();
    await()
        .atMost(LIMIT_SECONDS, TimeUnit.SECONDS)
        .until(() -> server.statistics().streams() == 2_500);

    pools.tell("asleep", 3);

    await()
        .atMost(LIMIT_SECONDS, TimeUnit.SECONDS)
        .untilAsserted(
            () -> assertThat(heard).allSatisfy(each -> assertThat(each.words).contains(true)));
    assertThat(heard).allSatisfy(each -> assertThat(each.end).isEmpty());
  }

  @Test
  void whoReadsNothingHoldsUpNobodyOnTheSameConnection() {
    ManagedChannel one = channel();
    for (int i = 0; i < 100; i++) {
      readsNothing(one);
    }
    Heard heard = KedaClient.stream(one, ref("asleep"));
    await().until(() -> server.statistics().streams() == 101);

    pools.tell("asleep", 3);

    await().untilAsserted(() -> assertThat(heard.words).contains(true));
    assertThat(ExternalScalerGrpc.newBlockingStub(one).isActive(ref("asleep")).getResult())
        .isTrue();
  }

  private static void readsNothing(ManagedChannel channel) {
    ClientCall<ScaledObjectRef, IsActiveResponse> call =
        channel.newCall(ExternalScalerGrpc.getStreamIsActiveMethod(), CallOptions.DEFAULT);
    call.start(new ClientCall.Listener<>() {}, new Metadata());
    call.sendMessage(ref("asleep"));
    call.halfClose();
  }
}
