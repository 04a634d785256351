package dev.inferscale.e2e.bed;

import dev.inferscale.keda.wire.ExternalScalerGrpc;
import dev.inferscale.keda.wire.IsActiveResponse;
import dev.inferscale.keda.wire.ScaledObjectRef;
import io.grpc.Grpc;
import io.grpc.InsecureChannelCredentials;
import io.grpc.ManagedChannel;
import io.grpc.Status;
import io.grpc.stub.StreamObserver;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.TimeUnit;

/// A caller of the external scaler with one stream on which nothing is ever said, and that pings as
/// often as gRPC lets a client, every ten seconds.
final class PingingCaller implements AutoCloseable, StreamObserver<IsActiveResponse> {
  private final long opened = System.nanoTime();
  private final ManagedChannel channel;
  private volatile Optional<Status.Code> end = Optional.empty();

  PingingCaller(String host, int port) {
    channel =
        Grpc.newChannelBuilder(host + ":" + port, InsecureChannelCredentials.create())
            .keepAliveTime(10, TimeUnit.SECONDS)
            .keepAliveTimeout(20, TimeUnit.SECONDS)
            .keepAliveWithoutCalls(true)
            .build();
    ExternalScalerGrpc.newStub(channel)
        .streamIsActive(
            ScaledObjectRef.newBuilder()
                .setName("quiet")
                .setNamespace("nowhere")
                .putScalerMetadata("pool", "never-made")
                .build(),
            this);
  }

  /// Since it called.
  Duration age() {
    return Duration.ofNanos(System.nanoTime() - opened);
  }

  /// How its stream ended, empty while it is open.
  Optional<Status.Code> end() {
    return end;
  }

  @Override
  public void onNext(IsActiveResponse response) {
    throw new IllegalStateException("nothing is known of that pool");
  }

  @Override
  public void onError(Throwable cause) {
    end = Optional.of(Status.fromThrowable(cause).getCode());
  }

  @Override
  public void onCompleted() {
    end = Optional.of(Status.Code.OK);
  }

  @Override
  public void close() {
    channel.shutdownNow();
  }
}
