package dev.inferscale.keda;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.inferscale.keda.KedaConfig.Client;
import dev.inferscale.keda.KedaConfig.MutualTls;
import dev.inferscale.keda.wire.ExternalScalerGrpc;
import dev.inferscale.keda.wire.ExternalScalerGrpc.ExternalScalerBlockingStub;
import dev.inferscale.keda.wire.GetMetricSpecResponse;
import dev.inferscale.keda.wire.GetMetricsRequest;
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
import java.util.Optional;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Function;
import javax.net.ssl.TrustManager;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class MutualTlsTest {
  @TempDir private Path folder;

  private final AdvancedTlsX509KeyManager keys = new AdvancedTlsX509KeyManager();
  private SwappedTrust callers;
  private TestAuthority authority;
  private LivePools pools;

  @BeforeEach
  void start() throws Exception {
    pools = new LivePools("chat");
    authority = new TestAuthority(folder, "first");
    callers = new SwappedTrust(authority.certificate());
    show(authority.sign("server-1"));
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
    try (ScalerServer server = serve(List.of(Client.ofAll("keda-operator")))) {
      assertThat(ask(server, caller(authority, "keda-operator"))).isEqualTo(1);
      assertThatThrownBy(() -> ask(server, caller(authority, "somebody")))
          .hasMessage(
              "PERMISSION_DENIED: the client certificate is of 'somebody', which keda.clients does"
                  + " not list");
    }
  }

  @Test
  void whoMayAskForSomeNamespacesIsToldOfNoOther() throws Exception {
    Client team = new Client("team-a-keda", Optional.of(List.of("team-a", "team-b")));
    Client also = new Client("localhost", Optional.of(List.of("serving")));
    try (ScalerServer server = serve(List.of(team))) {
      ChannelCredentials caller = caller(authority, "team-a-keda");
      String refused =
          "PERMISSION_DENIED: 'team-a-keda' may not ask for namespace 'serving'; keda.clients lets"
              + " it ask for 'team-a, team-b'";
      assertThat(
              ask(server, caller, stub -> stub.getMetricSpec(ref("team-b"))).getMetricSpecsCount())
          .isEqualTo(1);
      for (Function<ExternalScalerBlockingStub, Object> question :
          List.<Function<ExternalScalerBlockingStub, Object>>of(
              stub -> stub.getMetricSpec(ref("serving")),
              stub -> stub.isActive(ref("serving")),
              stub -> stub.streamIsActive(ref("serving")).next(),
              stub -> stub.streamMetricSpec(ref("serving")).next(),
              stub ->
                  stub.getMetrics(
                      GetMetricsRequest.newBuilder()
                          .setScaledObjectRef(ref("serving"))
                          .setMetricName("any")
                          .build()))) {
        assertThatThrownBy(() -> ask(server, caller, question)).hasMessage(refused);
      }
    }
    // The certificate has both names.
    try (ScalerServer server = serve(List.of(team, also))) {
      assertThat(ask(server, caller(authority, "team-a-keda"))).isEqualTo(1);
    }
  }

  @Test
  void aConnectionDoesNotOutliveTheTrustInItsAuthority() throws Exception {
    TestAuthority next = new TestAuthority(folder, "next");
    try (ScalerServer server = serve(List.of())) {
      ManagedChannel channel = channel(server, caller(authority, "keda-operator"));
      try {
        assertThat(spec(channel).getMetricSpecsCount()).isEqualTo(1);
        trust(next.certificate());
        assertThatThrownBy(() -> spec(channel))
            .hasMessageStartingWith(
                "UNAUTHENTICATED: the client certificate is not, or no longer,");
        trust(authority.certificate(), next.certificate());
        assertThat(spec(channel).getMetricSpecsCount()).isEqualTo(1);
      } finally {
        channel.shutdownNow();
      }
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
      load.stop();
      assertThat(load.answered.get()).isPositive();
      assertThat(load.failed.get()).isZero();
      ChannelCredentials late = caller(authority, "late");
      trust(next.certificate());
      assertThatThrownBy(() -> ask(server, late)).hasMessageStartingWith("UNAVAILABLE");
    }
  }

  /// Asks every 5 ms over one connection.
  private static final class Load implements AutoCloseable {
    final AtomicInteger answered = new AtomicInteger();
    final AtomicInteger failed = new AtomicInteger();
    private final ManagedChannel channel;
    private final ScheduledExecutorService timer = Executors.newSingleThreadScheduledExecutor();

    Load(ScalerServer server, ChannelCredentials as) {
      channel = channel(server, as);
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

    void stop() {
      timer.close();
    }

    @Override
    public void close() {
      stop();
      channel.shutdownNow();
    }
  }

  private ScalerServer serve(List<Client> clients) throws StartFault {
    return pools.scaler(
        KedaConfig.defaults().onPorts(0, 0).withTls(new MutualTls(keys, callers, clients)));
  }

  private static int ask(ScalerServer server, ChannelCredentials as) {
    return ask(server, as, stub -> stub.getMetricSpec(ref("serving"))).getMetricSpecsCount();
  }

  private static <T> T ask(
      ScalerServer server,
      ChannelCredentials as,
      Function<ExternalScalerBlockingStub, T> question) {
    ManagedChannel channel = channel(server, as);
    try {
      return question.apply(stub(channel));
    } finally {
      channel.shutdownNow();
    }
  }

  private static ManagedChannel channel(ScalerServer server, ChannelCredentials as) {
    return Grpc.newChannelBuilder("localhost:" + server.port(), as).build();
  }

  private static ExternalScalerBlockingStub stub(ManagedChannel channel) {
    return ExternalScalerGrpc.newBlockingStub(channel).withDeadlineAfter(20, TimeUnit.SECONDS);
  }

  private static GetMetricSpecResponse spec(ManagedChannel channel) {
    return stub(channel).getMetricSpec(ref("serving"));
  }

  private static ScaledObjectRef ref(String namespace) {
    return ScaledObjectRef.newBuilder()
        .setName("chat")
        .setNamespace(namespace)
        .putScalerMetadata("pool", "chat")
        .build();
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
    callers.swap(authorities);
  }
}
