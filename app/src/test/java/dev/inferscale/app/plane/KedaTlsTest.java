package dev.inferscale.app.plane;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import dev.inferscale.adapter.certificate.Pem;
import dev.inferscale.adapter.certificate.ServingKey;
import dev.inferscale.keda.wire.ExternalScalerGrpc;
import dev.inferscale.keda.wire.ScaledObjectRef;
import dev.inferscale.launch.ConfigReader;
import dev.inferscale.launch.MonotonicTime;
import dev.inferscale.launch.Program.StartFault;
import io.grpc.ChannelCredentials;
import io.grpc.Grpc;
import io.grpc.ManagedChannel;
import io.grpc.StatusRuntimeException;
import io.grpc.TlsChannelCredentials;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.cert.X509Certificate;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// Mutual TLS of KEDA's external scaler from the files of a mounted Secret, asked by a real client.
final class KedaTlsTest {
  private static final Duration LIMIT = Duration.ofSeconds(60);

  @TempDir private static Path keys;
  private static TestAuthority first;
  private static TestAuthority next;
  private static ServingKey server;
  private static ServingKey follower;
  private static ServingKey operator;

  @TempDir private Path folder;
  private MountedSecret secret;

  @BeforeAll
  static void sign() throws Exception {
    first = new TestAuthority(keys, "first");
    next = new TestAuthority(keys, "next");
    server = first.server();
    follower = next.server();
    operator = first.client("keda-operator");
  }

  @BeforeEach
  void mount() throws Exception {
    secret = new MountedSecret(folder.resolve("mounted"), server, first.certificate());
  }

  /// The steps of docs/keda.md, by swaps of a Secret's links.
  @Test
  void aRotationOfAllCertificatesUnderLoadFailsNoCall() throws Exception {
    ServingKey renewed = next.client("keda-operator");
    try (Plane plane = start("");
        Client old = new Client(plane, operator);
        Client late = new Client(plane, operator)) {
      old.load();
      assertThat(late.specs()).isEqualTo(1);
      assertThatThrownBy(() -> ask(plane, renewed)).hasMessageStartingWith("UNAVAILABLE");

      secret.swap(server, first.certificate(), next.certificate());
      await().atMost(LIMIT).until(() -> answers(plane, renewed));
      secret.swap(follower, first.certificate(), next.certificate());
      await().atMost(LIMIT).until(() -> trustsOnly(next, plane, renewed));

      try (Client moved = new Client(plane, renewed)) {
        moved.load();
        await().atMost(LIMIT).until(() -> moved.answered.get() > 100);
        old.stop();
        secret.swap(follower, next.certificate());
        await().atMost(LIMIT).until(() -> !answers(plane, operator));

        // A connection that was there before, too.
        assertThatThrownBy(late::specs).hasMessageStartingWith("UNAUTHENTICATED");
        assertThatThrownBy(() -> ask(plane, operator)).hasMessageStartingWith("UNAVAILABLE");
        int sofar = moved.answered.get();
        await().atMost(LIMIT).until(() -> moved.answered.get() > sofar + 100);
        moved.stop();
        assertThat(moved.failed.get()).isZero();
      }
      assertThat(old.answered.get()).isGreaterThan(100);
      assertThat(old.failed.get()).isZero();
    }
  }

  @Test
  void filesThatCannotBeUsedLeaveTheLastGoodOnesAndShow() throws Exception {
    byte[] chain = Pem.of(server.chain());
    byte[] key = Pem.of(server.key());
    byte[] authorities = Pem.of(List.of(first.certificate()));
    byte[] nothing = "nothing".getBytes(US_ASCII);
    try (Plane plane = start("")) {
      assertThat(metrics(plane))
          .contains(unusable("certificate", 0), unusable("clientCa", 0))
          .contains(expires("keda_certificate", server.certificate()))
          .contains(expires("keda_client_ca", first.certificate()));

      secret.swap(chain, Pem.of(follower.key()), nothing);
      await()
          .atMost(LIMIT)
          .untilAsserted(() ->
              assertThat(metrics(plane))
                  .contains(unusable("certificate", 1), unusable("clientCa", 1)));
      assertThat(ask(plane, operator)).isEqualTo(1);

      secret.swap(chain, key, authorities);
      await()
          .atMost(LIMIT)
          .untilAsserted(() ->
              assertThat(metrics(plane))
                  .contains(unusable("certificate", 0), unusable("clientCa", 0)));
      assertThat(ask(plane, operator)).isEqualTo(1);
    }
  }

  @Test
  void onlyListedNamesAreAnsweredAndForTheirNamespaces() throws Exception {
    String clients = "clients: [{name: keda-operator}, {name: team, namespaces: [team-a]}]";
    try (Plane plane = start(clients)) {
      assertThat(ask(plane, operator)).isEqualTo(1);
      assertThatThrownBy(() -> ask(plane, first.client("team")))
          .hasMessageStartingWith("PERMISSION_DENIED: 'team' may not ask for namespace 'serving'");
      assertThatThrownBy(() -> ask(plane, first.client("somebody")))
          .hasMessageStartingWith("PERMISSION_DENIED: the client certificate is of 'somebody'");
    }
  }

  @Test
  void filesThatCannotBeUsedAtStartAreNamed() throws Exception {
    byte[] chain = Pem.of(server.chain());
    byte[] authorities = Pem.of(List.of(first.certificate()));
    secret.swap(chain, Pem.of(follower.key()), authorities);
    assertThatThrownBy(() -> start("").close())
        .isInstanceOf(StartFault.class)
        .hasMessage(
            "keda.certificate '%s' with keda.key '%s' cannot be used: the key does not belong to the"
                    .formatted(secret.certificate(), secret.key())
                + " certificate");
    secret.swap(chain, Pem.of(server.key()), new byte[0]);
    assertThatThrownBy(() -> start("").close())
        .isInstanceOf(StartFault.class)
        .hasMessageStartingWith("keda.clientCa '" + secret.authorities() + "' cannot be used: ")
        .hasMessageEndingWith("with the certificates of the authorities that sign clients");
  }

  private static String unusable(String key, int value) {
    return "inferscale_certificate_files_unusable{key=\"keda.%s\"} %d".formatted(key, value);
  }

  private static String expires(String name, X509Certificate certificate) {
    return "inferscale_%s_expires_timestamp_seconds %s"
        .formatted(name, (double) certificate.getNotAfter().toInstant().getEpochSecond());
  }

  private static String metrics(Plane plane)
      throws IOException, InterruptedException, GeneralSecurityException {
    try (Reader reader = new Reader(plane)) {
      return reader.observation("/metrics").body();
    }
  }

  /// @param more keys of the section
  private Plane start(String more) {
    String yaml =
        """
        kubernetes: {mode: off}
        adapter: {port: 0}
        observation: {port: 0}
        keda:
          port: 0
          healthPort: 0
          certificate: %s
          key: %s
          clientCa: %s
          %s
        """
            .formatted(secret.certificate(), secret.key(), secret.authorities(), more);
    return switch (ConfigReader.of(PlaneConfig.class).read(yaml, Map.of(), Map.of())) {
      case ConfigReader.Result.Good<PlaneConfig>(PlaneConfig config, _) ->
          Plane.start(config, List.of(), "dev", new MonotonicTime());
      case ConfigReader.Result.Bad<PlaneConfig> bad -> throw new AssertionError(bad);
    };
  }

  private static int ask(Plane plane, ServingKey as) throws IOException, GeneralSecurityException {
    try (Client client = new Client(plane, as)) {
      return client.specs();
    }
  }

  private static boolean answers(Plane plane, ServingKey as)
      throws IOException, GeneralSecurityException {
    try {
      return ask(plane, as) == 1;
    } catch (StatusRuntimeException refused) {
      return false;
    }
  }

  private static boolean trustsOnly(TestAuthority authority, Plane plane, ServingKey as)
      throws IOException, GeneralSecurityException {
    try (Client client = new Client(plane, as, authority.certificate())) {
      return client.specs() == 1;
    } catch (StatusRuntimeException refused) {
      return false;
    }
  }

  /// One connection of a caller that trusts both authorities, or fewer.
  private static final class Client implements AutoCloseable {
    final AtomicInteger answered = new AtomicInteger();
    final AtomicInteger failed = new AtomicInteger();
    private final ManagedChannel channel;
    private final ScheduledExecutorService timer = Executors.newSingleThreadScheduledExecutor();

    Client(Plane plane, ServingKey as) throws IOException, GeneralSecurityException {
      this(plane, as, first.certificate(), next.certificate());
    }

    Client(Plane plane, ServingKey as, X509Certificate... trusted)
        throws IOException, GeneralSecurityException {
      ChannelCredentials credentials =
          TlsChannelCredentials.newBuilder()
              .trustManager(new ByteArrayInputStream(Pem.of(List.of(trusted))))
              .keyManager(
                  new ByteArrayInputStream(Pem.of(as.chain())),
                  new ByteArrayInputStream(Pem.of(as.key())))
              .build();
      channel =
          Grpc.newChannelBuilder("localhost:" + plane.kedaPort().orElseThrow(), credentials)
              .build();
    }

    /// Asks every 5 ms from now on.
    void load() {
      var _ = timer.scheduleWithFixedDelay(this::count, 0, 5, TimeUnit.MILLISECONDS);
    }

    private void count() {
      try {
        answered.addAndGet(specs());
      } catch (StatusRuntimeException e) {
        failed.incrementAndGet();
      }
    }

    int specs() {
      return ExternalScalerGrpc.newBlockingStub(channel)
          .withDeadlineAfter(20, TimeUnit.SECONDS)
          .getMetricSpec(
              ScaledObjectRef.newBuilder()
                  .setName("chat")
                  .setNamespace("serving")
                  .putScalerMetadata("pool", "chat")
                  .build())
          .getMetricSpecsCount();
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
}
