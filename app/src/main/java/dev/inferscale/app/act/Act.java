package dev.inferscale.app.act;

import dev.inferscale.app.act.outbox.Api;
import dev.inferscale.app.act.outbox.Leadership;
import dev.inferscale.app.act.outbox.Outbox;
import dev.inferscale.app.act.outbox.WriteCounts;
import dev.inferscale.signals.discover.DiscoverConfig;
import dev.inferscale.signals.discover.ResourceWatch;
import dev.inferscale.signals.discover.ResourceWatch.Resource;
import dev.inferscale.signals.kube.ApiServer;
import dev.inferscale.signals.kube.KubeAccess;
import dev.inferscale.signals.pool.ModelPoolStatus;
import dev.inferscale.signals.snapshot.Snapshot;
import io.prometheus.metrics.model.registry.MultiCollector;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import java.util.function.Supplier;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// Writes what the configuration lets it, on threads of its own (`act`, `act-lease` and those of a
/// watch): nothing that measures or answers ever waits for it. Where no writer is on, it does
/// nothing but say so in the metrics.
public final class Act implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(Act.class);
  private static final Duration EVERY = Duration.ofSeconds(1);

  /// Statuses written in one pass, so that a thousand pools do not come at once.
  private static final int MOST_PER_PASS = 20;

  /// A plane whose own measuring stands still says nothing about pools.
  private static final Duration OLDEST_SNAPSHOT = Duration.ofSeconds(5);

  /// For so long a plane that has just started does not say that a pool is not measured yet, where
  /// a status stands that says more.
  private static final Duration WARM_UP = Duration.ofSeconds(30);

  private final WriteCounts counts = new WriteCounts();
  private final InstantSource time;
  private final Instant started;
  private final @Nullable Work work;

  /// What runs while a writer is on.
  ///
  /// @param leadership null in a dry run
  private record Work(
      ApiServer server, ResourceWatch resources, @Nullable Leadership leadership, Thread thread) {}

  /// Starts the writers that are on.
  ///
  /// @param kubernetes where the resources are
  /// @param latest snapshot
  /// @param engines the profiles there are
  /// @param printed is given each line of a dry run
  /// @throws IllegalArgumentException one sentence, where a writer is on but nothing to write to
  public static Act start(
      ActConfig config,
      DiscoverConfig kubernetes,
      Supplier<Snapshot> latest,
      Supplier<? extends Collection<String>> engines,
      InstantSource time,
      Consumer<String> printed) {
    if (config.writes() && kubernetes.access() instanceof KubeAccess.None) {
      throw new IllegalArgumentException(
          "act: writing needs the Kubernetes API; name a kubeconfig with --kubernetes.kubeconfig");
    }
    return new Act(config, kubernetes, latest, engines, time, printed);
  }

  private Act(
      ActConfig config,
      DiscoverConfig kubernetes,
      Supplier<Snapshot> latest,
      Supplier<? extends Collection<String>> engines,
      InstantSource time,
      Consumer<String> printed) {
    this.time = time;
    this.started = time.instant();
    if (!config.writes()) {
      work = null;
      return;
    }
    ApiServer server = new ApiServer(kubernetes.access());
    ResourceWatch resources = new ResourceWatch(kubernetes, engines, time);
    String me = identity();
    Leadership leadership =
        config.dryRun()
            ? null
            : new Leadership(
                Api.of(server),
                config.lease().namespace(),
                config.lease().name(),
                me,
                counts,
                time);
    Outbox outbox =
        leadership == null
            ? Outbox.printing(printed, counts, time)
            : Outbox.sending(Api.of(server), leadership::leads, counts, time);
    Pass pass = new Pass(config, outbox, me);
    work =
        new Work(
            server,
            resources,
            leadership,
            Thread.ofVirtual().name("act").unstarted(() -> act(pass, resources, latest)));
    resources.start();
    if (leadership != null) {
      leadership.start();
    }
    work.thread().start();
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

  private void act(Pass pass, ResourceWatch resources, Supplier<Snapshot> latest) {
    try {
      while (true) {
        TimeUnit.NANOSECONDS.sleep(EVERY.toNanos());
        actOnce(pass, resources.now(), latest.get());
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  private static void actOnce(Pass pass, List<Resource> resources, Snapshot snapshot)
      throws InterruptedException {
    try {
      pass.over(resources, snapshot);
    } catch (RuntimeException e) {
      // A bug of ours must not end the writing.
      LOG.atError().setCause(e).log("nothing written");
    }
  }

  /// One thread's writers and what they remember.
  private final class Pass {
    private final Outbox outbox;
    private final Optional<StatusWriter> statuses;
    private final Optional<EventWriter> events;
    private final Map<String, ModelPoolStatus> last = new HashMap<>();

    // Where a pass begins, so that those beyond its limit come first in the next one.
    private int begin;

    Pass(ActConfig config, Outbox outbox, String me) {
      this.outbox = outbox;
      this.statuses = config.status() ? Optional.of(new StatusWriter(outbox)) : Optional.empty();
      this.events =
          config.events()
              ? Optional.of(
                  new EventWriter(outbox, me, () -> ThreadLocalRandom.current().nextLong()))
              : Optional.empty();
    }

    /// Looks at each resource once.
    void over(List<Resource> resources, Snapshot snapshot) throws InterruptedException {
      if (Duration.between(snapshot.at(), time.instant()).compareTo(OLDEST_SNAPSHOT) > 0) {
        return;
      }
      int sent = 0;
      int first = begin;
      for (int i = 0; i < resources.size(); i++) {
        Resource resource = resources.get((first + i) % resources.size());
        Instant now = time.instant();
        ModelPoolStatus wanted = Assessment.of(resource, snapshot, now).orElse(null);
        if (wanted == null || isTooEarly(resource, wanted, now)) {
          continue;
        }
        happened(resource, wanted, now);
        if (sent < MOST_PER_PASS && statuses.isPresent()) {
          sent += statuses.get().write(resource, wanted, now) ? 1 : 0;
          begin = sent < MOST_PER_PASS ? 0 : (first + i + 1) % resources.size();
        }
      }
      var uids = resources.stream().map(Resource::uid).collect(Collectors.toSet());
      last.keySet().retainAll(uids);
      statuses.ifPresent(writer -> writer.keepOnly(uids));
      if (events.isPresent()) {
        events.get().write(time.instant());
      }
    }

    /// A replica that does not write only remembers, so that it begins where the other one ends.
    private void happened(Resource resource, ModelPoolStatus wanted, Instant now) {
      ModelPoolStatus before = last.put(resource.uid(), wanted);
      if (events.isEmpty() || !outbox.leads()) {
        return;
      }
      ModelPoolStatus known =
          before != null ? before : StatusText.read(resource.status()).orElse(null);
      Subject subject = new Subject(resource.id(), resource.uid());
      Happening.between(known, wanted)
          .forEach(happening -> events.get().happened(subject, happening, now));
    }
  }

  private boolean isTooEarly(Resource resource, ModelPoolStatus wanted, Instant now) {
    boolean unmeasured =
        StatusPace.readiness(wanted)
            .filter(ready -> ready.reason().equals(Assessment.NOT_YET))
            .isPresent();
    return unmeasured
        && now.isBefore(started.plus(WARM_UP))
        && resource.status().path("observedGeneration").asLong(-1) == wanted.observedGeneration();
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
    if (work == null) {
      return;
    }
    work.thread().interrupt();
    try {
      work.thread().join();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
    work.resources().close();
    if (work.leadership() != null) {
      work.leadership().close();
    }
    work.server().close();
  }
}
