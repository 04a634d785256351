package dev.inferscale.signals.discover;

import dev.inferscale.signals.kube.ApiServer;
import dev.inferscale.signals.kube.KubeAccess;
import dev.inferscale.signals.kube.Reflector;
import dev.inferscale.signals.kube.Reflector.Collection;
import dev.inferscale.signals.kube.WatchState;
import dev.inferscale.signals.pool.PoolTargets;
import dev.inferscale.signals.pool.PoolsFile;
import dev.inferscale.signals.pool.RejectedPool;
import java.time.Duration;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// Knows the pools of files and of the cluster, and which pods are their targets, and says so
/// whenever that changes: one thread per watch, and one (`discover`) that tells. While the API
/// server is away, what was last seen stays.
public final class Discovery implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(Discovery.class);

  /// Changes within this time are told together.
  private static final Duration GATHERED = Duration.ofMillis(100);

  /// Until all lists are in, what is known is told at least so often.
  private static final Duration UNSURE = Duration.ofSeconds(1);

  /// Of the time, at most one part in so many goes into working out who belongs to whom.
  private static final int SHARE = 10;

  private final DiscoverConfig config;
  private final Semaphore news = new Semaphore(0);
  private final PoolShelf shelf = new PoolShelf();
  private final PodBoard pods = new PodBoard(this::podsChanged);
  private final List<Reflector<?>> reflectors = new ArrayList<>();
  private final ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor();
  private final ApiServer server;
  private final Scales scales;
  private final Secrets secrets;
  private final Roster roster;

  /// Is told what there is to measure.
  public interface Listener {
    /// Takes what there is to measure from now on.
    ///
    /// @param targets all pools, by identity
    /// @param rejected documents that are at fault
    /// @param complete every watch has listed: what is not here does not exist
    void found(List<PoolTargets> targets, List<RejectedPool> rejected, boolean complete);
  }

  /// Knows nothing yet and looks for nothing before [#start].
  ///
  /// @param engines the profiles there are
  public Discovery(
      DiscoverConfig config,
      Supplier<? extends java.util.Collection<String>> engines,
      InstantSource time) {
    this(config, engines, time, Secrets.Pace.USUAL);
  }

  Discovery(
      DiscoverConfig config,
      Supplier<? extends java.util.Collection<String>> engines,
      InstantSource time,
      Secrets.Pace pace) {
    this.config = config;
    this.server = new ApiServer(config.access());
    this.scales = new Scales(server, this::changed, time);
    this.secrets = new Secrets(server, this::changed, pace);
    this.roster = new Roster(config, pods, scales, secrets, this::watches, time);
    if (!(config.access() instanceof KubeAccess.None)) {
      reflect(engines, time);
    }
  }

  /// Looks, and tells whenever something changes.
  ///
  /// @param listener called on a thread of this class
  public void start(Listener listener) {
    reflectors.forEach(reflector -> {
      WatchState state = reflector.state();
      run("watch-" + state.resource() + "-" + state.namespace(), reflector);
    });
    if (!reflectors.isEmpty()) {
      run("scales", scales);
      run("secrets", secrets);
    }
    run("discover", () -> tell(listener));
  }

  private void reflect(
      Supplier<? extends java.util.Collection<String>> engines, InstantSource time) {
    Pod.Interned interned = new Pod.Interned();
    Reflector.Timing timing = Reflector.Timing.USUAL;
    PoolResources resources =
        new PoolResources(shelf, config.allowedEndpointHosts(), engines, this::changed);
    List<String> scopes = config.namespaces().isEmpty() ? List.of("") : config.namespaces();
    for (String scope : scopes) {
      String within = scope.isEmpty() ? "/" : "/namespaces/" + scope + "/";
      // Pods that have ended count nowhere; a job's thousands need not come here.
      Collection podsThere =
          new Collection(
              Roster.PODS,
              "/api/v1" + within + "pods",
              scope,
              "fieldSelector=status.phase%21%3DSucceeded%2Cstatus.phase%21%3DFailed");
      Collection poolsThere =
          new Collection(
              PoolResources.PLURAL, PoolResources.API + within + PoolResources.PLURAL, scope, "");
      reflectors.add(
          new Reflector<>(server, podsThere, p -> Pod.of(p, interned), pods, time, timing));
      reflectors.add(new Reflector<>(server, poolsThere, resources::read, resources, time, timing));
    }
  }

  private void run(String name, Runnable life) {
    threads.execute(() -> {
      Thread.currentThread().setName(name);
      life.run();
    });
  }

  /// The file's text is now this; a pool whose new text is bad keeps its last good version.
  public void file(String name, PoolsFile read) {
    shelf.file(name, read);
    changed();
  }

  /// There is no such file any more.
  public void fileGone(String name) {
    shelf.fileGone(name);
    changed();
  }

  /// The file cannot be read; its pools stay.
  public void fileFault(String name, String problem) {
    shelf.fileFault(name, problem);
    changed();
  }

  /// There are other profiles now: resources that name one are read again.
  public void enginesChanged() {
    reflectors.forEach(Reflector::again);
  }

  /// What there is to measure, as far as it is known now.
  public List<PoolTargets> now() {
    return roster.of(shelf.picture().pools());
  }

  /// How the watches are doing; empty without a cluster. The same watches in the same order always.
  public List<WatchState> watches() {
    return reflectors.stream().map(Reflector::state).toList();
  }

  private void podsChanged() {
    scales.soon();
    changed();
  }

  private void changed() {
    news.release();
  }

  /// The telling thread's life.
  private void tell(Listener listener) {
    boolean complete = false;
    try {
      while (true) {
        // A watch counts as listed only after its store has told the news of it.
        if (complete) {
          news.acquire();
        } else {
          var _ = news.tryAcquire(UNSURE.toNanos(), TimeUnit.NANOSECONDS);
        }
        TimeUnit.NANOSECONDS.sleep(GATHERED.toNanos());
        news.drainPermits();
        long began = System.nanoTime();
        complete = tellOnce(listener) || complete;
        TimeUnit.NANOSECONDS.sleep(SHARE * (System.nanoTime() - began) - GATHERED.toNanos());
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  /// @return true where that was all that there is
  private boolean tellOnce(Listener listener) {
    try {
      // Before the picture: a list that comes in between is told next time.
      boolean complete = watches().stream().allMatch(WatchState::synced);
      PoolShelf.Picture picture = shelf.picture();
      scales.need(roster.scaleTargets(picture.pools()));
      secrets.need(roster.secrets(picture.pools()));
      listener.found(roster.of(picture.pools()), picture.rejected(), complete);
      return complete;
    } catch (RuntimeException e) {
      LOG.atError().setCause(e).log("targets not told; those told last stay");
      return false;
    }
  }

  /// Ends all threads and waits for them.
  @Override
  public void close() {
    threads.shutdownNow();
    threads.close();
    server.close();
  }
}
