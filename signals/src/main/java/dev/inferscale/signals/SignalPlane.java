package dev.inferscale.signals;

import dev.inferscale.signals.discover.FixedTargets;
import dev.inferscale.signals.pool.ModelPool;
import dev.inferscale.signals.pool.PoolTargets;
import dev.inferscale.signals.pool.PoolTargets.Gap;
import dev.inferscale.signals.pool.RejectedPool;
import dev.inferscale.signals.scrape.Mailbox;
import dev.inferscale.signals.scrape.PageReader;
import dev.inferscale.signals.scrape.Scraper;
import dev.inferscale.signals.snapshot.Snapshot;
import dev.inferscale.signals.snapshot.Windows;
import dev.inferscale.signals.window.Outcome;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Consumer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// The signal plane while it runs: one virtual thread per target asks, the fold thread
/// (`signals-fold`) owns all measuring state and publishes a snapshot, anybody may read the latest
/// one without waiting.
public final class SignalPlane implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(SignalPlane.class);

  /// However much presses, the fold thread rests four times as long as it folded, or until the
  /// pause is over.
  private static final int IDLE_SHARE = 4;

  private final SignalsConfig config;
  private final InstantSource time;
  private final Mailbox mailbox;
  private final Scraper scraper;
  private final Thread foldThread;
  private final List<Consumer<Snapshot>> subscribers = new CopyOnWriteArrayList<>();
  private final AtomicLong foldFaults = new AtomicLong();
  private final AtomicLong foldNanos = new AtomicLong();

  // Written by whoever reloads pools, read by the fold thread.
  private volatile List<PoolTargets> listed;
  private volatile List<RejectedPool> rejected = List.of();
  // Written by the fold thread, read by everybody.
  private volatile Snapshot latest;
  // Asks the fold thread to end.
  private volatile boolean closing;

  /// Starts asking and folding. The first snapshot is there at once; its pools answer `not_yet`.
  ///
  /// @param time monotonic; the clock of every age
  public static SignalPlane start(
      SignalsConfig config, List<ModelPool> pools, PageReader reader, InstantSource time) {
    return startAt(config, FixedTargets.of(pools), reader, time);
  }

  /// As [#start], with targets that somebody has found already.
  public static SignalPlane startAt(
      SignalsConfig config, List<PoolTargets> targets, PageReader reader, InstantSource time) {
    SignalPlane plane = new SignalPlane(config, targets, reader, time);
    plane.foldThread.start();
    plane.scraper.follow(plane.listed);
    return plane;
  }

  private SignalPlane(
      SignalsConfig config, List<PoolTargets> targets, PageReader reader, InstantSource time) {
    this.config = config;
    this.time = time;
    this.mailbox = new Mailbox(config.mailboxCapacity());
    this.listed = allowed(targets);
    Windows windows = new Windows();
    this.latest = windows.fold(List.of(), listed, time.instant());
    this.scraper = new Scraper(config.scrape(), reader, time, mailbox);
    this.foldThread = Thread.ofPlatform().name("signals-fold").unstarted(() -> foldOn(windows));
  }

  private List<PoolTargets> allowed(List<PoolTargets> targets) {
    int count = count(targets);
    if (count > config.maxTargets()) {
      throw new IllegalArgumentException(
          "the pools list " + count + " endpoints, but maxTargets is " + config.maxTargets());
    }
    return targets;
  }

  private static int count(List<PoolTargets> targets) {
    return targets.stream().mapToInt(PoolTargets::asked).sum();
  }

  /// The latest picture; never null, never waits.
  public Snapshot latest() {
    return latest;
  }

  /// Measures these pools from the next fold on; what is known of targets that stay is kept.
  ///
  /// @throws IllegalArgumentException when they list more targets than the configuration allows;
  ///   the pools that were there stay
  public synchronized void reload(List<ModelPool> pools) {
    follow(allowed(FixedTargets.of(pools)), List.of());
  }

  /// Measures these pools at these targets from the next fold on; what is known of targets that
  /// stay is kept. Targets beyond the number that the configuration allows are not asked, and their
  /// pools say so.
  ///
  /// @param documents that are at fault
  public synchronized void follow(List<PoolTargets> targets, List<RejectedPool> documents) {
    if (!closing) {
      listed = within(config.maxTargets(), targets);
      rejected = List.copyOf(documents);
      scraper.follow(listed);
    }
  }

  /// Whole pools only, in the order given: half a pool would answer half its load.
  private static List<PoolTargets> within(int most, List<PoolTargets> targets) {
    List<PoolTargets> fitting = new ArrayList<>(targets.size());
    int count = 0;
    for (PoolTargets pool : targets) {
      count += pool.asked();
      if (count <= most) {
        fitting.add(pool);
        continue;
      }
      count -= pool.asked();
      String problem = "its " + pool.asked() + " targets are more than maxTargets allows";
      Gap gap = new Gap(Gap.Kind.CONFIG, problem + ", which is " + most + " over all pools");
      fitting.add(
          new PoolTargets(
              pool.pool(), pool.modelAlias(), List.of(), Set.of(), gap, pool.replicas()));
    }
    return List.copyOf(fitting);
  }

  /// Takes in what somebody in front of a pool holds back; it is folded at once.
  ///
  /// @return false where the mailbox is full, so that it is lost
  public boolean tell(Outcome.Told word) {
    return mailbox.offer(word);
  }

  /// Calls a subscriber after each fold, on the fold thread: it must only wake somebody else.
  ///
  /// @return ends the subscription when run
  public Runnable subscribe(Consumer<Snapshot> subscriber) {
    subscribers.add(subscriber);
    return () -> subscribers.remove(subscriber);
  }

  /// What has been done so far.
  public PlaneStatistics statistics() {
    Snapshot now = latest;
    List<PoolTargets> targets = listed;
    return new PlaneStatistics(
        scraper.fetches(),
        scraper.defects(),
        now.sequence(),
        foldFaults.get(),
        Duration.ofNanos(foldNanos.get()),
        Duration.between(now.at(), time.instant()),
        mailbox.depth(),
        mailbox.capacity(),
        targets.size(),
        count(targets));
  }

  /// The fold thread's life.
  private void foldOn(Windows windows) {
    try {
      while (!closing) {
        List<Outcome> outcomes = mailbox.take(config.foldPeriod());
        long started = System.nanoTime();
        foldOnce(windows, outcomes);
        long spent = System.nanoTime() - started;
        foldNanos.addAndGet(spent);
        rest(started + spent, spent);
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    } catch (Error e) {
      // Measuring state may be half written: to end is safer than to fold on. All grows stale.
      LOG.atError().setCause(e).log("the fold thread ends; nothing is measured any more");
      throw e;
    }
  }

  /// @param since when the fold that took so long was done
  private void rest(long since, long spent) throws InterruptedException {
    long whole = config.foldPause().toNanos() - spent;
    if (mailbox.pause(Duration.ofNanos(whole))) {
      long least = Math.min(whole, IDLE_SHARE * spent);
      TimeUnit.NANOSECONDS.sleep(since + least - System.nanoTime());
    }
  }

  private void foldOnce(Windows windows, List<Outcome> outcomes) {
    try {
      Instant now = time.instant();
      latest = windows.fold(outcomes, listed, now).rejecting(rejected);
    } catch (RuntimeException e) {
      report(e, "fold failed; the latest snapshot stays and grows old");
    }
    for (Consumer<Snapshot> subscriber : subscribers) {
      try {
        subscriber.accept(latest);
      } catch (RuntimeException e) {
        report(e, "a subscriber failed");
      }
    }
  }

  /// The first fault is logged with its stack; a fault that repeats would fill the log.
  private void report(RuntimeException cause, String message) {
    if (foldFaults.getAndIncrement() == 0) {
      LOG.atError().setCause(cause).log(message);
    }
  }

  /// Ends all threads and waits for them; the latest snapshot can still be read.
  @Override
  public synchronized void close() {
    closing = true;
    scraper.close();
    foldThread.interrupt();
    try {
      foldThread.join();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }
}
