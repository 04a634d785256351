package dev.inferscale.signals.discover;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.inferscale.signals.kube.ApiFault;
import dev.inferscale.signals.kube.ApiServer;
import dev.inferscale.signals.pool.ModelPool.ScaleTarget;
import dev.inferscale.signals.pool.Replicas.Count;
import java.io.IOException;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.HashMap;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// Reads what the scale targets of the pools are told to be, through the `scale` subresource that
/// Deployments, StatefulSets, LeaderWorkerSets and others share. One thread asks for one after the
/// other: every three seconds, sooner when pods changed, later when there are very many.
final class Scales implements Runnable {
  private static final Logger LOG = LoggerFactory.getLogger(Scales.class);
  private static final Duration ROUND = Duration.ofSeconds(3);
  private static final Duration LEAST_PAUSE = Duration.ofSeconds(1);

  /// What one question may cost on average: fifty a second at most.
  private static final Duration EACH = Duration.ofMillis(20);

  /// As long as nothing changes, what is told may be so much older than what is known.
  private static final Duration TOLD_AGAIN = Duration.ofSeconds(10);

  private static final ObjectMapper JSON = new ObjectMapper();
  private static final Count NOT_READ = new Count.Unknown(true, "its scale has not been read yet");

  private final ApiServer server;
  private final ResourceNames names;
  private final Runnable changed;
  private final InstantSource time;
  private final Semaphore soon = new Semaphore(0);

  // Written by the telling thread, read by this one.
  private volatile Set<Key> needed = Set.of();
  // Written by this thread, read by the telling one.
  private volatile Map<Key, Count> known = Map.of();

  /// One scale target.
  record Key(String namespace, ScaleTarget target) {}

  Scales(ApiServer server, Runnable changed, InstantSource time) {
    this.server = server;
    this.names = new ResourceNames(server, time);
    this.changed = changed;
    this.time = time;
  }

  /// These are asked for from now on.
  void need(Set<Key> keys) {
    Set<Key> now = Set.copyOf(keys);
    if (!now.equals(needed)) {
      needed = now;
      soon();
    }
  }

  /// Something may have changed.
  void soon() {
    soon.release();
  }

  Count wanted(Key key) {
    return known.getOrDefault(key, NOT_READ);
  }

  /// What the kind of a target is called in paths, empty where that is not known yet.
  String resource(Key key) {
    return names.known(key.target());
  }

  @Override
  public void run() {
    Instant told = Instant.MIN;
    try {
      while (true) {
        Map<Key, Count> before = known;
        known = round(before);
        boolean old = told.plus(TOLD_AGAIN).isBefore(time.instant());
        if (!known.isEmpty() && (old || !sameNumbers(before, known))) {
          told = time.instant();
          changed.run();
        }
        // However often pods change, the API server is asked no more than so often.
        long least = Math.max(LEAST_PAUSE.toNanos(), EACH.toNanos() * needed.size());
        TimeUnit.NANOSECONDS.sleep(least);
        if (soon.tryAcquire(ROUND.toNanos() - least, TimeUnit.NANOSECONDS)) {
          soon.drainPermits();
        }
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  private Map<Key, Count> round(Map<Key, Count> before) throws InterruptedException {
    Map<Key, Count> now = new HashMap<>();
    for (Key key : needed) {
      now.put(key, read(key, before.getOrDefault(key, NOT_READ)));
    }
    return Map.copyOf(now);
  }

  private static boolean sameNumbers(Map<Key, Count> before, Map<Key, Count> now) {
    return before.keySet().equals(now.keySet())
        && now.entrySet().stream()
            .allMatch(entry -> same(entry.getValue(), before.get(entry.getKey())));
  }

  private static boolean same(Count now, @Nullable Count before) {
    if (now instanceof Count.Known known && before instanceof Count.Known was) {
      return known.number() == was.number();
    }
    return now.equals(before);
  }

  /// While the API server does not answer, the last number stays, and grows old.
  private Count read(Key key, Count before) throws InterruptedException {
    try {
      String path = names.path(key.namespace(), key.target()) + "/scale";
      JsonNode scale = JSON.readTree(server.get(path));
      JsonNode replicas = scale.path("spec").path("replicas");
      // A missing number means zero: it is left out where it is.
      return new Count.Known(replicas.asInt(0), time.instant());
    } catch (ApiFault e) {
      return switch (e.code()) {
        case 404 -> new Count.Unknown(false, "there is no " + shown(key) + " with a scale");
        case 403 ->
            new Count.Unknown(
                false, "the scale of " + shown(key) + " may not be read; see the plane's Role");
        default ->
            before instanceof Count.Known
                ? before
                : new Count.Unknown(true, "its scale has not been read yet: " + e.sentence());
      };
    } catch (IOException e) {
      return before;
    } catch (RuntimeException e) {
      // A bug of ours must not end the reading of the others.
      LOG.atError().setCause(e).addKeyValue("target", shown(key)).log("scale not read");
      return before;
    }
  }

  private static String shown(Key key) {
    return key.target().kind() + " " + key.namespace() + "/" + key.target().name();
  }
}
