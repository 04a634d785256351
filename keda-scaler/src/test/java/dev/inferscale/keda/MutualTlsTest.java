package dev.inferscale.keda;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.inferscale.keda.KedaConfig.MutualTls;
import dev.inferscale.keda.wire.ExternalScalerGrpc;
import dev.inferscale.keda.wire.GetMetricSpecResponse;
import dev.inferscale.keda.wire.ScaledObjectRef;
import io.grpc.ChannelCredentials;
import io.grpc.Grpc;
import io.grpc.InsecureChannelCredentials;
import io.grpc.ManagedChannel;
import io.grpc.TlsChannelCredentials;
import io.grpc.util.AdvancedTlsX509KeyManager;
import io.grpc.util.AdvancedTlsX509TrustManager;
import java.nio.file.Path;
import java.security.cert.X509Certificate;
import java.util.List;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import javax.net.ssl.TrustManager;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class MutualTlsTest {
  @TempDir private Path folder;

  private final AdvancedTlsX509KeyManager keys = new AdvancedTlsX509KeyManager();
  private AdvancedTlsX509TrustManager callers;
  private TestAuthority authority;
  private LivePools pools;

  @BeforeEach
  void start() throws Exception {
    pools = new LivePools("chat");
    authority = new TestAuthority(folder, "first");
    callers =
        AdvancedTlsX509TrustManager.newBuilder()
            .setVerification(AdvancedTlsX509TrustManager.Verification.CERTIFICATE_ONLY_VERIFICATION)
            .build();
    show(authority.sign("server-1"));
    trust(authority.certificate());
  }

  @AfterEach
  void stop() {
    pools.close();
  }

  @Test
  void onlyACallerWithACertificateOfTheAuthorityIsAnswered() throws Exception {
    TestAuthority stranger = new TestAuthority(folder, "stranger");
    try (ScalerServer server = serve(List.of())) {
      assertThat(ask(server, caller(authority, "keda-operator"))).isEqualTo(1);
      for (ChannelCredentials other :
          List.of(
              InsecureChannelCredentials.create(),
              TlsChannelCredentials.newBuilder().trustManager(trusting(authority)).build(),
              caller(stranger, "keda-operator"))) {
        assertThatThrownBy(() -> ask(server, other)).hasMessageStartingWith("UNAVAILABLE");
      }
    }
  }

  @Test
  void onlyNamesThatAreListedAreAnswered() throws Exception {
    try (ScalerServer server = serve(List.of("keda-operator"))) {
      assertThat(ask(server, caller(authority, "keda-operator"))).isEqualTo(1);
      assertThatThrownBy(() -> ask(server, caller(authority, "somebody")))
          .hasMessage(
              "PERMISSION_DENIED: the client certificate is of 'somebody', which keda.clients does"
                  + " not list");
    }
  }

  @Test
  void aRotationOfBothSidesUnderLoadFailsNoCall() throws Exception {
    TestAuthority next = new TestAuthority(folder, "next");
    try (ScalerServer server = serve(List.of());
        Load load = new Load(server, caller(authority, "keda-operator"))) {
      trust(authority.certificate(), next.certificate());
      show(authority.sign("server-2"));
      ChannelCredentials renewed = caller(next, "keda-operator-2");
      assertThat(ask(server, renewed)).isEqualTo(1);
      ChannelCredentials late = caller(authority, "late");
      trust(next.certificate());
      assertThatThrownBy(() -> ask(server, late)).hasMessageStartingWith("UNAVAILABLE");
      assertThat(load.answered.get()).isPositive();
      assertThat(load.failed.get()).isZero();
    }
  }

  /// Asks every 5 ms over one connection.
  private static final class Load implements AutoCloseable {
    final AtomicInteger answered = new AtomicInteger();
    final AtomicInteger failed = new AtomicInteger();
    private final ManagedChannel channel;
    private final ScheduledExecutorService timer = Executors.newSingleThreadScheduledExecutor();

    Load(ScalerServer server, ChannelCredentials as) {
      channel = Grpc.newChannelBuilder("localhost:" + server.port(), as).build();
      var _ = timer.scheduleWithFixedDelay(this::ask, 0, 5, TimeUnit.MILLISECONDS);
    }

    private void ask() {
      try {
        spec(channel);
        answered.incrementAndGet();
      } catch (RuntimeException e) {
        failed.incrementAndGet();
      }
    }

    @Override
    public void close() {
      timer.close();
      channel.shutdownNow();
    }
  }

  private ScalerServer serve(List<String> clients) throws StartFault {
    return pools.scaler(
        KedaConfig.defaults().onPorts(0, 0).withTls(new MutualTls(keys, callers, clients)));
  }

  private static int ask(ScalerServer server, ChannelCredentials as) {
    ManagedChannel channel = Grpc.newChannelBuilder("localhost:" + server.port(), as).build();
    try {
      return spec(channel).getMetricSpecsCount();
    } finally {
      channel.shutdownNow();
    }
  }

  private static GetMetricSpecResponse spec(ManagedChannel channel) {
    return ExternalScalerGrpc.newBlockingStub(channel)
        .withDeadlineAfter(20, TimeUnit.SECONDS)
        .getMetricSpec(
            ScaledObjectRef.newBuilder()
                .setName("chat")
                .setNamespace("serving")
                .putScalerMetadata("pool", "chat")
                .build());
  }

  private ChannelCredentials caller(TestAuthority signer, String name) throws Exception {
    TestAuthority.Pair pair = signer.sign(name);
    AdvancedTlsX509KeyManager own = new AdvancedTlsX509KeyManager();
    own.updateIdentityCredentials(new X509Certificate[] {pair.certificate()}, pair.key());
    return TlsChannelCredentials.newBuilder()
        .trustManager(trusting(authority))
        .keyManager(own)
        .build();
  }

  private static TrustManager trusting(TestAuthority signer) throws Exception {
    AdvancedTlsX509TrustManager trusting = AdvancedTlsX509TrustManager.newBuilder().build();
    trusting.updateTrustCredentials(new X509Certificate[] {signer.certificate()});
    return trusting;
  }

  private void show(TestAuthority.Pair pair) throws Exception {
    keys.updateIdentityCredentials(new X509Certificate[] {pair.certificate()}, pair.key());
  }

  private void trust(X509Certificate... authorities) throws Exception {
    callers.updateTrustCredentials(authorities);
  }
}
