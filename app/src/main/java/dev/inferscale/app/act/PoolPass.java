package dev.inferscale.app.act;

import dev.inferscale.app.act.outbox.Outbox;
import dev.inferscale.signals.discover.ResourceWatch.Resource;
import dev.inferscale.signals.pool.ModelPoolStatus;
import dev.inferscale.signals.pool.PoolId;
import dev.inferscale.signals.snapshot.Snapshot;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ThreadLocalRandom;
import java.util.function.Function;
import java.util.stream.Collectors;

/// Says of each pool how it is doing: in its status, and by events. Used by one thread.
final class PoolPass {
  /// Statuses written in one pass, so that a thousand pools do not come at once.
  private static final int MOST_PER_PASS = 20;

  /// A plane whose own measuring stands still says nothing about pools.
  private static final Duration OLDEST_SNAPSHOT = Duration.ofSeconds(5);

  /// For so long a plane that has just started does not say that a pool is not measured yet, where
  /// a status stands that says more.
  private static final Duration WARM_UP = Duration.ofSeconds(30);

  private final Outbox outbox;
  private final Function<PoolId, List<String>> warnings;
  private final InstantSource time;
  private final Instant started;
  private final Optional<StatusWriter> statuses;
  private final Optional<EventWriter> events;
  private final Map<String, ModelPoolStatus> last = new HashMap<>();

  // Where a pass begins, so that those beyond its limit come first in the next one.
  private int begin;

  /// @param warnings about what scales a pool
  /// @param me what this replica is called
  PoolPass(
      ActConfig config,
      Outbox outbox,
      Function<PoolId, List<String>> warnings,
      String me,
      InstantSource time) {
    this.warnings = warnings;
    this.outbox = outbox;
    this.time = time;
    this.started = time.instant();
    this.statuses = config.status() ? Optional.of(new StatusWriter(outbox)) : Optional.empty();
    this.events =
        config.events()
            ? Optional.of(new EventWriter(outbox, me, () -> ThreadLocalRandom.current().nextLong()))
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
      ModelPoolStatus wanted =
          Assessment.of(resource, snapshot, warnings.apply(resource.id()), now).orElse(null);
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

  private boolean isTooEarly(Resource resource, ModelPoolStatus wanted, Instant now) {
    boolean unmeasured =
        StatusPace.readiness(wanted)
            .filter(ready -> ready.reason().equals(Assessment.NOT_YET))
            .isPresent();
    return unmeasured
        && now.isBefore(started.plus(WARM_UP))
        && resource.status().path("observedGeneration").asLong(-1) == wanted.observedGeneration();
  }
}
