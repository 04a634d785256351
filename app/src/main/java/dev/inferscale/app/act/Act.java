package dev.inferscale.app.act;

import dev.inferscale.adapter.certificate.ServingKey;
import dev.inferscale.app.act.certificate.Agreement;
import dev.inferscale.app.act.certificate.CaBundleWriter;
import dev.inferscale.app.act.certificate.SelfSignedConfig;
import dev.inferscale.app.act.outbox.Api;
import dev.inferscale.app.act.outbox.Leadership;
import dev.inferscale.app.act.outbox.Outbox;
import dev.inferscale.app.act.outbox.WriteCounts;
import dev.inferscale.app.apis.Mode;
import dev.inferscale.signals.discover.DiscoverConfig;
import dev.inferscale.signals.discover.ResourceWatch;
import dev.inferscale.signals.kube.ApiServer;
import dev.inferscale.signals.kube.KubeAccess;
import dev.inferscale.signals.pool.PoolId;
import dev.inferscale.signals.snapshot.Snapshot;
import io.prometheus.metrics.model.registry.MultiCollector;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.security.GeneralSecurityException;
import java.time.Duration;
import java.time.InstantSource;
import java.util.Collection;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import java.util.function.Function;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// Writes what the configuration lets it, on threads of its own (`act`, `act-lease`,
/// `act-certificate` and those of a watch): nothing that measures or answers ever waits for it.
/// Where nothing is on, it does nothing but say so in the metrics.
public final class Act implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(Act.class);
  private static final Duration EVERY = Duration.ofSeconds(1);

  /// So long a plane that starts waits for the other replicas' certificate.
  private static final Duration AGREED_WITHIN = Duration.ofSeconds(20);

  private final WriteCounts counts = new WriteCounts();
  private final Mode mode;
  private final InstantSource time;
  private final @Nullable ApiServer server;
  private final @Nullable Agreement agreement;
  private final @Nullable Work work;

  /// What runs while a writer is on.
  ///
  /// @param resources null where nothing is written about pools
  /// @param leadership null in a dry run
  private record Work(
      @Nullable ResourceWatch resources, @Nullable Leadership leadership, Thread thread) {}

  /// Where the plane's answers come from.
  ///
  /// @param latest snapshot
  /// @param engines the profiles there are
  /// @param warnings about what scales a pool, one sentence each
  public record Measured(
      Supplier<Snapshot> latest,
      Supplier<? extends Collection<String>> engines,
      Function<PoolId, List<String>> warnings) {}

  /// Starts the writers that are on, and agrees with other replicas on a certificate, which takes
  /// up to 20 s while the API server is away.
  ///
  /// @param selfSigned whom the certificate is for; empty where none is agreed on
  /// @param mode which APIServices may be ours
  /// @param kubernetes where the resources are
  /// @param printed is given each line of a dry run
  /// @throws IllegalArgumentException one sentence, where a writer is on but nothing to write to,
  ///   or where no certificate can be made
  public static Act start(
      ActConfig config,
      Optional<SelfSignedConfig> selfSigned,
      Mode mode,
      DiscoverConfig kubernetes,
      Measured measured,
      InstantSource time,
      Consumer<String> printed) {
    if (kubernetes.access() instanceof KubeAccess.None) {
      if (config.writes()) {
        throw new IllegalArgumentException(
            "act: writing needs the Kubernetes API; name a kubeconfig with --kubernetes.kubeconfig");
      } else if (selfSigned.isPresent()) {
        throw new IllegalArgumentException(
            "adapter.selfSigned: replicas agree through the Kubernetes API; name a kubeconfig with"
                + " --kubernetes.kubeconfig");
      }
    }
    if (config.caBundle() && selfSigned.isEmpty()) {
      throw new IllegalArgumentException(
          "act.caBundle: there is no authority to write; give adapter.selfSigned, or let whoever"
              + " makes the certificate write caBundle");
    }
    return new Act(config, selfSigned, mode, kubernetes, measured, time, printed);
  }

  private Act(
      ActConfig config,
      Optional<SelfSignedConfig> selfSigned,
      Mode mode,
      DiscoverConfig kubernetes,
      Measured measured,
      InstantSource time,
      Consumer<String> printed) {
    this.mode = mode;
    this.time = time;
    if (!config.writes() && selfSigned.isEmpty()) {
      server = null;
      agreement = null;
      work = null;
      return;
    }
    ApiServer connected = new ApiServer(kubernetes.access());
    server = connected;
    Api api = Api.of(connected);
    Optional<Consumer<String>> dry = config.dryRun() ? Optional.of(printed) : Optional.empty();
    try {
      agreement = selfSigned.map(certificate -> agree(api, certificate, dry)).orElse(null);
    } catch (IllegalArgumentException e) {
      connected.close();
      throw e;
    }
    work = config.writes() ? work(config, selfSigned, api, kubernetes, measured, dry) : null;
  }

  private Agreement agree(
      Api api, SelfSignedConfig certificate, Optional<Consumer<String>> printed) {
    Agreement made = new Agreement(api, certificate, counts, InstantSource.system(), time, printed);
    try {
      made.start(AGREED_WITHIN);
      return made;
    } catch (GeneralSecurityException e) {
      throw new IllegalArgumentException("adapter.selfSigned: " + e.getMessage(), e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IllegalArgumentException("adapter.selfSigned: interrupted", e);
    }
  }

  private Work work(
      ActConfig config,
      Optional<SelfSignedConfig> selfSigned,
      Api api,
      DiscoverConfig kubernetes,
      Measured measured,
      Optional<Consumer<String>> printed) {
    String me = identity();
    ActConfig.Lease lease = config.lease();
    Leadership leadership =
        printed.isPresent()
            ? null
            : new Leadership(api, lease.namespace(), lease.name(), me, counts, time);
    Outbox outbox =
        leadership == null
            ? Outbox.printing(printed.orElseThrow(), counts, time)
            : Outbox.sending(api, leadership::leads, counts, time);
    ResourceWatch resources =
        config.writesOfPools() ? new ResourceWatch(kubernetes, measured.engines(), time) : null;
    PoolPass pools = new PoolPass(config, outbox, measured.warnings(), me, time);
    Optional<CaBundleWriter> bundles =
        config.caBundle() ? selfSigned.map(ours -> bundles(api, outbox, ours)) : Optional.empty();
    Pass pass =
        () -> {
          if (resources != null) {
            pools.over(resources.now(), measured.latest().get());
          }
          if (bundles.isPresent()) {
            bundles.get().write(time.instant(), InstantSource.system().instant());
          }
        };
    Thread thread = Thread.ofVirtual().name("act").unstarted(() -> act(pass));
    if (resources != null) {
      resources.start();
    }
    if (leadership != null) {
      leadership.start();
    }
    thread.start();
    return new Work(resources, leadership, thread);
  }

  private CaBundleWriter bundles(Api api, Outbox outbox, SelfSignedConfig ours) {
    Agreement known = agreement;
    if (known == null) {
      throw new IllegalStateException("no certificate is agreed on");
    }
    return new CaBundleWriter(api, outbox, counts, ours, known::trusted, mode);
  }

  /// All writers, once.
  @FunctionalInterface
  private interface Pass {
    void run() throws InterruptedException;
  }

  /// Tells replicas of one host apart, too.
  private static String identity() {
    String id = UUID.randomUUID().toString().substring(0, 8);
    try {
      String host = InetAddress.getLocalHost().getHostName();
      return host.substring(0, Math.min(host.length(), 100)) + "_" + id;
    } catch (UnknownHostException e) {
      return "plane_" + id;
    }
  }

  private static void act(Pass pass) {
    try {
      while (true) {
        TimeUnit.NANOSECONDS.sleep(EVERY.toNanos());
        actOnce(pass);
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  private static void actOnce(Pass pass) throws InterruptedException {
    try {
      pass.run();
    } catch (RuntimeException e) {
      // A bug of ours must not end the writing.
      LOG.atError().setCause(e).log("nothing written");
    }
  }

  /// The certificate that replicas agree on, as it is at any moment; empty where they do not.
  public Optional<Supplier<ServingKey>> certificate() {
    Agreement known = agreement;
    return known == null ? Optional.empty() : Optional.of(known::serving);
  }

  /// For the plane's metrics page; all at 0 where no writer is on.
  public MultiCollector metrics() {
    return counts.collector(this::leads);
  }

  private boolean leads() {
    return work != null && work.leadership() != null && work.leadership().leads();
  }

  /// Ends all threads, then gives the lease up.
  @Override
  public void close() {
    if (work != null) {
      end(work);
    }
    if (agreement != null) {
      agreement.close();
    }
    if (server != null) {
      server.close();
    }
  }

  private static void end(Work work) {
    work.thread().interrupt();
    try {
      work.thread().join();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
    if (work.resources() != null) {
      work.resources().close();
    }
    if (work.leadership() != null) {
      work.leadership().close();
    }
  }
}
