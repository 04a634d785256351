package dev.inferscale.e2e;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.inferscale.keda.wire.ExternalScalerGrpc;
import dev.inferscale.keda.wire.IsActiveResponse;
import dev.inferscale.keda.wire.ScaledObjectRef;
import io.grpc.Grpc;
import io.grpc.InsecureChannelCredentials;
import io.grpc.ManagedChannel;
import io.grpc.Status;
import io.grpc.stub.StreamObserver;
import java.io.IOException;
import java.io.InputStream;
import java.net.URI;
import java.nio.file.Path;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// A plane that answers KEDA, as the kubelet starts and ends it.
final class ScalerProcessTest {
  private static final int STREAMS = 500;
  private static final Pattern KEDA =
      Pattern.compile("\"message\":\"KEDA's external scaler listens[^}]*\"port\":(\\d+)");
  private static final Pattern OBSERVATION =
      Pattern.compile("\"message\":\"observation listens[^}]*\"port\":(\\d+)");

  @TempDir private Path folder;

  @Test
  void aPlaneThatIsToldToEndEndsEachOfItsStreamsWithOkAndExitsWithZero() throws Exception {
    try (Started serve =
        Started.plane(Started.launcher(), folder, "--keda.port", "0", "--keda.health-port", "0")) {
      int port = Integer.parseInt(serve.awaitSaid(KEDA).group(1));
      URI metrics =
          URI.create("http://127.0.0.1:" + serve.awaitSaid(OBSERVATION).group(1) + "/metrics");
      ManagedChannel channel =
          Grpc.newChannelBuilder("127.0.0.1:" + port, InsecureChannelCredentials.create()).build();
      Queue<Status.Code> ends = new ConcurrentLinkedQueue<>();
      for (int i = 0; i < STREAMS; i++) {
        ExternalScalerGrpc.newStub(channel).streamIsActive(ref(), ending(ends));
      }
      await()
          .atMost(Started.LIMIT)
          .until(() ->
              text(metrics)
                  .contains("inferscale_keda_streams{rpc=\"StreamIsActive\"} " + STREAMS + ".0"));

      serve.signal("TERM");

      assertThat(serve.status()).isZero();
      await().atMost(Started.LIMIT).until(() -> ends.size() == STREAMS);
      assertThat(ends).containsOnly(Status.Code.OK);
      channel.shutdownNow();
    }
  }

  private static String text(URI url) throws IOException {
    try (InputStream in = url.toURL().openStream()) {
      return new String(in.readAllBytes(), UTF_8);
    }
  }

  private static ScaledObjectRef ref() {
    return ScaledObjectRef.newBuilder()
        .setName("chat")
        .setNamespace("serving")
        .putScalerMetadata("pool", "chat")
        .build();
  }

  private static StreamObserver<IsActiveResponse> ending(Queue<Status.Code> ends) {
    return new StreamObserver<>() {
      @Override
      public void onNext(IsActiveResponse response) {
        // What is said is another test's.
      }

      @Override
      public void onError(Throwable cause) {
        ends.add(Status.fromThrowable(cause).getCode());
      }

      @Override
      public void onCompleted() {
        ends.add(Status.Code.OK);
      }
    };
  }
}
