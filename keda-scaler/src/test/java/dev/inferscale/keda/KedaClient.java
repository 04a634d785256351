package dev.inferscale.keda;

import dev.inferscale.keda.wire.ExternalScalerGrpc;
import dev.inferscale.keda.wire.GetMetricsRequest;
import dev.inferscale.keda.wire.IsActiveResponse;
import dev.inferscale.keda.wire.ScaledObjectRef;
import io.grpc.Grpc;
import io.grpc.InsecureChannelCredentials;
import io.grpc.ManagedChannel;
import io.grpc.Status;
import io.grpc.stub.StreamObserver;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;

/// What KEDA's operator sends, and hears.
final class KedaClient {
  private KedaClient() {}

  /// What a stream has said, and how it ended.
  static final class Heard implements StreamObserver<IsActiveResponse> {
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

  /// One connection, in plaintext.
  static ManagedChannel channel(int port) {
    return Grpc.newChannelBuilder("127.0.0.1:" + port, InsecureChannelCredentials.create()).build();
  }

  static Heard stream(ManagedChannel over, ScaledObjectRef ref) {
    Heard heard = new Heard();
    ExternalScalerGrpc.newStub(over).streamIsActive(ref, heard);
    return heard;
  }

  static GetMetricsRequest asked(ScaledObjectRef ref, String name) {
    return GetMetricsRequest.newBuilder().setScaledObjectRef(ref).setMetricName(name).build();
  }

  /// A ScaledObject of namespace `serving`.
  ///
  /// @param metadata keys and values besides the address and the pool
  static ScaledObjectRef ref(String pool, String... metadata) {
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
