package dev.inferscale.keda.push;

import dev.inferscale.keda.answer.Activity;
import dev.inferscale.keda.answer.Standing;
import dev.inferscale.keda.trigger.Trigger;
import dev.inferscale.signals.pool.PoolId;
import dev.inferscale.signals.snapshot.Answer;
import dev.inferscale.signals.snapshot.Pool;
import dev.inferscale.signals.snapshot.Snapshot;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.LongAdder;
import java.util.function.DoubleSupplier;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// All streams that are open, and the one thread (`keda-push`) that writes to them: whenever there
/// is a new snapshot, and four times a second since time alone changes things too. It also
/// remembers how active each pool has been.
public final class Streams implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(Streams.class);
  private static final Duration LOOK_AT_LEAST_EVERY = Duration.ofMillis(250);

  private final Supplier<Snapshot> snapshots;
  private final Duration grace;
  private final int most;
  private final InstantSource clock;
  private final DoubleSupplier random;
  private final Set<Stream> open = ConcurrentHashMap.newKeySet();
  // Of these, those that have a trigger: a snapshot shows a few pools anew, of many.
  private final Map<PoolId, Set<Stream>> byPool = new ConcurrentHashMap<>();
  // And those to which nothing was said yet.
  private final Set<Stream> unsaid = ConcurrentHashMap.newKeySet();
  private final AtomicInteger count = new AtomicInteger();
  private final AtomicInteger held = new AtomicInteger();
  private final LongAdder words = new LongAdder();
  private final LongAdder faults = new LongAdder();
  private final Semaphore wake = new Semaphore(0);
  private final Thread thread = Thread.ofPlatform().name("keda-push").unstarted(this::run);

  // Written by the push thread, read by everybody.
  private volatile Map<PoolId, Activity> activities = Map.of();
  // Asks the push thread to end all streams, and then itself.
  private volatile boolean draining;
  private volatile boolean closing;

  // Of the push thread alone: the pools as they were looked at last, and when all of them were.
  private Map<PoolId, Pool> seen = Map.of();
  private Instant lookedAtAll = Instant.EPOCH.minus(LOOK_AT_LEAST_EVERY);

  /// What a stream is written through. Called by the push thread alone, apart from `isReady`.
  public interface Line {
    /// False while a word is still on its way: nothing is added then.
    boolean isReady();

    void say(boolean active);

    /// Ends the stream with OK.
    void end();
  }

  /// One open stream.
  public static final class Stream {
    private final @Nullable Trigger trigger;
    private final Line line;
    private Beat beat;

    private Stream(@Nullable Trigger trigger, Line line, Beat beat) {
      this.trigger = trigger;
      this.line = line;
      this.beat = beat;
    }
  }

  /// Streams that nobody has opened yet; [#start] begins to write.
  ///
  /// @param snapshots the latest, at any time, without waiting
  /// @param grace for which a pool stays active after the last request
  /// @param most streams at the same time
  /// @param clock monotonic, the one that snapshots are stamped with
  /// @param random 0 to 1, spreads what is repeated
  public Streams(
      Supplier<Snapshot> snapshots,
      Duration grace,
      int most,
      InstantSource clock,
      DoubleSupplier random) {
    this.snapshots = snapshots;
    this.grace = grace;
    this.most = most;
    this.clock = clock;
    this.random = random;
  }

  /// Begins to write.
  public void start() {
    thread.start();
  }

  /// Says that there is something new; never waits.
  public void wake() {
    wake.release();
  }

  /// What is remembered of the pools.
  public Map<PoolId, Activity> activities() {
    return activities;
  }

  /// Opens a stream; what is said first comes at once.
  ///
  /// @return null where there are too many
  public @Nullable Stream open(Trigger trigger, Line line) {
    return add(trigger, line);
  }

  /// Opens a stream to which nothing is said, and that ends like the others.
  ///
  /// @return null where there are too many
  public @Nullable Stream hold(Line line) {
    return add(null, line);
  }

  private @Nullable Stream add(@Nullable Trigger trigger, Line line) {
    if (count.incrementAndGet() > most) {
      count.decrementAndGet();
      return null;
    }
    Beat beat = Beat.opened(clock.instant(), random.getAsDouble());
    Stream stream = new Stream(trigger, line, beat);
    if (trigger != null) {
      unsaid.add(stream);
      byPool.compute(
          trigger.pool(),
          (pool, known) -> {
            Set<Stream> streams = known == null ? ConcurrentHashMap.newKeySet() : known;
            streams.add(stream);
            return streams;
          });
    }
    // Last, so that whoever ends it finds it everywhere.
    open.add(stream);
    if (trigger == null) {
      held.incrementAndGet();
    }
    wake();
    return stream;
  }

  /// Forgets a stream whose client has gone.
  public void gone(Stream stream) {
    if (!open.remove(stream)) {
      return;
    }
    count.decrementAndGet();
    if (stream.trigger == null) {
      held.decrementAndGet();
    } else {
      unsaid.remove(stream);
      byPool.computeIfPresent(
          stream.trigger.pool(),
          (pool, streams) -> {
            streams.remove(stream);
            return streams.isEmpty() ? null : streams;
          });
    }
  }

  /// How many are open that are told things.
  public int told() {
    return count.get() - held.get();
  }

  /// How many are open to which nothing is said.
  public int held() {
    return held.get();
  }

  /// How many words were said.
  public long words() {
    return words.sum();
  }

  /// How often writing to a stream failed for a fault of ours.
  public long faults() {
    return faults.sum();
  }

  /// Ends all streams with OK, and each that is opened from now on.
  public void drain() {
    draining = true;
    wake();
  }

  private void run() {
    try {
      while (!closing) {
        if (wake.tryAcquire(LOOK_AT_LEAST_EVERY.toMillis(), TimeUnit.MILLISECONDS)) {
          wake.drainPermits();
        }
        look();
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
    look();
  }

  /// Looks at what is new, or at everything if that is due, and says what there is to say.
  void look() {
    Snapshot snapshot = snapshots.get();
    Instant now = clock.instant();
    boolean all = !now.isBefore(lookedAtAll.plus(LOOK_AT_LEAST_EVERY));
    lookedAtAll = all ? now : lookedAtAll;
    Set<PoolId> fresh = all ? snapshot.pools().keySet() : changed(snapshot);
    remember(snapshot, fresh, now);
    Map<Trigger, Standing> standings = new HashMap<>();
    for (Stream stream : all || draining ? open : due(fresh)) {
      try {
        if (draining || stream.beat.isOver(now)) {
          gone(stream);
          stream.line.end();
        } else if (stream.trigger != null) {
          tell(stream, stream.trigger, snapshot, standings, now);
        }
      } catch (RuntimeException bug) {
        // One stream's trouble is not the others'.
        gone(stream);
        if (faults.sum() == 0) {
          LOG.atError().setCause(bug).log("a stream could not be written to");
        }
        faults.increment();
      }
    }
    seen = snapshot.pools();
  }

  private Set<Stream> due(Set<PoolId> fresh) {
    Set<Stream> due = new HashSet<>(unsaid);
    fresh.forEach(pool -> due.addAll(byPool.getOrDefault(pool, Set.of())));
    return due;
  }

  /// The pools that are not as they were looked at last: the snapshot shares all others.
  private Set<PoolId> changed(Snapshot snapshot) {
    Set<PoolId> changed = new HashSet<>();
    snapshot
        .pools()
        .forEach((id, pool) -> {
          if (pool != seen.get(id)) {
            changed.add(id);
          }
        });
    return changed;
  }

  private void remember(Snapshot snapshot, Set<PoolId> fresh, Instant now) {
    Map<PoolId, Activity> next = new HashMap<>();
    snapshot
        .pools()
        .forEach((id, pool) -> {
          Activity before = activities.getOrDefault(id, Activity.UNSEEN);
          next.put(id, fresh.contains(id) ? before.next(pool, now) : before);
        });
    activities = Map.copyOf(next);
  }

  private void tell(
      Stream stream,
      Trigger trigger,
      Snapshot snapshot,
      Map<Trigger, Standing> standings,
      Instant now) {
    Boolean active =
        known(
            standings.computeIfAbsent(
                trigger, each -> Standing.of(each, snapshot, activities, grace, now)));
    if (Boolean.FALSE.equals(active)) {
      stream.beat = stream.beat.fallen();
    }
    Boolean word = stream.beat.word(active, now, random.getAsDouble());
    if (word != null && stream.line.isReady()) {
      stream.beat = stream.beat.saying(word, now);
      unsaid.remove(stream);
      stream.line.say(word);
      words.increment();
    }
  }

  /// Without a value nobody can say that there is nothing to do.
  private static @Nullable Boolean known(Standing standing) {
    boolean known = standing.active() || standing.answer() instanceof Answer.Value;
    return known ? Boolean.valueOf(standing.active()) : null;
  }

  /// Ends all streams with OK, then the thread, and waits for it.
  @Override
  public void close() {
    draining = true;
    closing = true;
    wake();
    try {
      thread.join(TimeUnit.SECONDS.toMillis(5));
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }
}
