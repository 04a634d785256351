package dev.inferscale.keda;

import static dev.inferscale.keda.KedaClient.ref;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.inferscale.keda.KedaClient.Heard;
import dev.inferscale.keda.wire.ExternalScalerGrpc;
import io.grpc.CallOptions;
import io.grpc.ClientCall;
import io.grpc.ManagedChannel;
import io.grpc.Metadata;
import io.grpc.MethodDescriptor;
import io.grpc.Status;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

final class TimeLimitTest {
  private LivePools pools;
  private ScalerServer server;
  private ManagedChannel channel;

  @BeforeEach
  void start() throws Exception {
    pools = new LivePools("chat");
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
  void aCallWhoseQuestionNeverComesIsEndedAndCounted() throws Exception {
    Heard heard = KedaClient.stream(channel, ref("chat"));

    List<CompletableFuture<Status>> ends = new ArrayList<>();
    ExternalScalerGrpc.getServiceDescriptor().getMethods().forEach(rpc -> ends.add(opened(rpc)));

    for (CompletableFuture<Status> each : ends) {
      Status end = each.get(1, TimeUnit.MINUTES);
      assertThat(end.getCode()).isEqualTo(Status.Code.DEADLINE_EXCEEDED);
      assertThat(end.getDescription()).contains("had not wholly come after 1000 ms");
    }

    assertThat(server.statistics().calls())
        .filteredOn(row -> row.code().equals("DEADLINE_EXCEEDED"))
        .hasSize(5);
    // One that has asked lasts for longer.
    await().until(() -> server.statistics().streams() == 1);
    assertThat(heard.end).isEmpty();
  }

  /// Sends the headers of a call, and nothing after them.
  private <Q, A> CompletableFuture<Status> opened(MethodDescriptor<Q, A> rpc) {
    CompletableFuture<Status> end = new CompletableFuture<>();
    ClientCall<Q, A> call = channel.newCall(rpc, CallOptions.DEFAULT);
    call.start(
        new ClientCall.Listener<>() {
          @Override
          public void onClose(Status status, Metadata trailers) {
            end.complete(status);
          }
        },
        new Metadata());
    call.request(1);
    return end;
  }
}
