package dev.inferscale.signals.scrape;

import dev.inferscale.signals.pool.Credentials;
import dev.inferscale.signals.pool.ModelPool;
import dev.inferscale.signals.pool.PoolId;
import dev.inferscale.signals.pool.PoolTargets;
import dev.inferscale.signals.pool.Target;
import dev.inferscale.signals.window.FetchFault;
import dev.inferscale.signals.window.Outcome;
import java.time.Duration;
import java.time.InstantSource;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.concurrent.Semaphore;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.slf4j.spi.LoggingEventBuilder;

/// Asks every target at its pool's pace, each from its own virtual thread, so that there is one
/// request in flight per target and a dead one delays nobody. [#follow] and [#close] are called by
/// one thread at a time.
public final class Scraper implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(Scraper.class);

  /// First fetches are spread so that ten thousand targets do not begin at once.
  private static final Duration START_SPREAD = Duration.ofMillis(1);

  private final ScrapeLimits limits;
  private final PageReader reader;
  private final InstantSource time;
  private final Mailbox mailbox;
  private final Fetch fetch;
  private final Semaphore fetching;
  private final FetchCounts counts = new FetchCounts();
  private final Map<Asking, Asker> threads = new HashMap<>();
  private final Map<PoolId, Presence> presences = new HashMap<>();
  private Set<Target> starting = Set.of();

  /// A target and how to ask it: the same one is not asked anew when its pool is reloaded
  /// unchanged.
  private record Asking(ModelPool pool, Target target) {}

  /// What one target's thread works with.
  ///
  /// @param presence of its pool
  private record Errand(
      Asking asking, Presence presence, AtomicReference<Credentials> credentials, Semaphore now) {}

  /// @param now given a permit when its target should be asked without waiting
  /// @param credentials for the next fetch
  private record Asker(Thread thread, Semaphore now, AtomicReference<Credentials> credentials) {}

  public Scraper(ScrapeLimits limits, PageReader reader, InstantSource time, Mailbox mailbox) {
    this.limits = limits;
    this.reader = reader;
    this.time = time;
    this.mailbox = mailbox;
    this.fetch = new Fetch(limits.maxBodyBytes(), new ByteBudget(limits.maxBufferedBytes()), time);
    this.fetching = new Semaphore(limits.maxConcurrentFetches());
  }

  /// Asks these targets from now on, and no others.
  public void follow(List<PoolTargets> listed) {
    ask(listed);
    fetch.retain(
        listed.stream()
            .flatMap(pool -> Stream.of(pool.credentials(), pool.front().credentials()))
            .map(Credentials::trust)
            .collect(Collectors.toSet()));
  }

  private void ask(List<PoolTargets> listed) {
    Map<Asking, Asker> staying = new HashMap<>();
    Map<Asking, Credentials> joining = new LinkedHashMap<>();
    Set<Target> notReady = new HashSet<>();
    for (PoolTargets targets : listed) {
      notReady.addAll(targets.starting());
      notReady.addAll(targets.front().starting());
      Map<Asking, Credentials> asked = new LinkedHashMap<>();
      targets
          .targets()
          .forEach(each -> asked.put(new Asking(targets.pool(), each), targets.credentials()));
      PoolTargets.Front front = targets.front();
      front
          .targets()
          .forEach(each -> asked.put(new Asking(targets.pool(), each), front.credentials()));
      asked.forEach((asking, credentials) -> {
        Asker running = threads.remove(asking);
        if (running == null) {
          joining.put(asking, credentials);
        } else {
          staying.put(asking, running);
          boolean ready = starting.contains(asking.target()) && !notReady.contains(asking.target());
          if (!running.credentials().getAndSet(credentials).equals(credentials) || ready) {
            // It may have failed until now, and wait for long.
            running.now().release();
          }
        }
      });
    }
    starting = notReady;
    threads.values().forEach(asker -> asker.thread().interrupt());
    threads.clear();
    threads.putAll(staying);
    join(joining);
    tellPresences(listed);
  }

  private void tellPresences(List<PoolTargets> listed) {
    presences
        .keySet()
        .retainAll(listed.stream().map(each -> each.pool().id()).collect(Collectors.toSet()));
    for (PoolTargets targets : listed) {
      List<Semaphore> fronts =
          targets.front().targets().stream()
              .map(target -> threads.get(new Asking(targets.pool(), target)))
              .filter(Objects::nonNull)
              .map(Asker::now)
              .toList();
      presence(targets.pool()).follow(targets, fronts);
    }
  }

  private Presence presence(ModelPool pool) {
    return presences.computeIfAbsent(pool.id(), _ -> new Presence());
  }

  private void join(Map<Asking, Credentials> joining) {
    Duration delay = Duration.ZERO;
    for (Map.Entry<Asking, Credentials> each : joining.entrySet()) {
      Asking asking = each.getKey();
      Duration after = Pace.shorter(delay, asking.pool().interval());
      String name = "scrape-" + asking.target().name();
      Errand errand =
          new Errand(
              asking,
              presence(asking.pool()),
              new AtomicReference<>(each.getValue()),
              new Semaphore(0));
      Thread thread = Thread.ofVirtual().name(name).start(() -> ask(errand, after));
      threads.put(asking, new Asker(thread, errand.now(), errand.credentials()));
      delay = delay.plus(START_SPREAD);
    }
  }

  /// Fetches by what came of them; every outcome is listed, also where it never happened.
  public Map<String, Long> fetches() {
    return counts.byOutcome();
  }

  /// Lines of pages that could not be used.
  public long defects() {
    return counts.defects();
  }

  /// One target's life. Ends when it is interrupted.
  private void ask(Errand errand, Duration delay) {
    Asking asking = errand.asking();
    boolean front = asking.target().front();
    int failures = 0;
    try {
      TimeUnit.NANOSECONDS.sleep(delay.toNanos());
      while (true) {
        long started = System.nanoTime();
        Outcome.Asked outcome = fetched(asking, errand.credentials().get());
        tell(outcome, failures > 0);
        failures = outcome instanceof Outcome.Failed ? failures + 1 : 0;
        mailbox.put(outcome);
        if (!front) {
          errand.presence().note(outcome);
        }
        double random = ThreadLocalRandom.current().nextDouble();
        Duration period =
            front
                ? Pace.frontPeriod(asking.pool(), !errand.presence().serves(), failures, random)
                : Pace.period(asking.pool(), failures, random);
        long left = period.toNanos() - (System.nanoTime() - started);
        if (errand.now().tryAcquire(left, TimeUnit.NANOSECONDS)) {
          errand.now().drainPermits();
        }
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  private Outcome.Asked fetched(Asking asking, Credentials as) throws InterruptedException {
    Duration deadline = Pace.shorter(limits.timeout(), asking.pool().interval());
    fetching.acquire();
    // The page's bytes count as in use until it has been read.
    try (Fetch.Page page = fetch.get(asking.target().page(), as, deadline)) {
      return reader.read(
          asking.pool(), asking.target(), page.body(), page.contentType(), page.at());
    } catch (FetchException e) {
      return new Outcome.Failed(asking.target(), e.fault(), e.detail(), time.instant());
    } catch (RuntimeException e) {
      // A bug of ours must not end the only thread that asks this target.
      LOG.atError().setCause(e).addKeyValue("target", asking.target().name()).log("page not read");
      String detail = "its page could not be read; see the log";
      return new Outcome.Failed(asking.target(), FetchFault.REFUSED, detail, time.instant());
    } finally {
      fetching.release();
    }
  }

  /// Counts every outcome; logs only when a target stops answering and when it does again.
  private void tell(Outcome.Asked outcome, boolean failing) {
    switch (outcome) {
      case Outcome.Read read -> {
        counts.read(read.defects());
        if (failing) {
          about(LOG.atInfo(), outcome).log("target answers again");
        }
      }
      case Outcome.Failed failed -> {
        counts.failed(failed.fault());
        if (!failing) {
          about(LOG.atWarn(), outcome)
              .addKeyValue("fault", failed.fault().word())
              .addKeyValue("detail", failed.detail())
              .log("target gives no reading");
        }
      }
    }
  }

  private static LoggingEventBuilder about(LoggingEventBuilder event, Outcome.Asked outcome) {
    return event
        .addKeyValue("pool", outcome.target().pool().toString())
        .addKeyValue(outcome.target().front() ? "front" : "target", outcome.target().name());
  }

  /// Ends all threads and waits for them.
  @Override
  public void close() {
    List<Thread> running = threads.values().stream().map(Asker::thread).toList();
    ask(List.of());
    fetch.close();
    boolean interrupted = false;
    for (Thread thread : running) {
      try {
        thread.join();
      } catch (InterruptedException e) {
        interrupted = true;
      }
    }
    if (interrupted) {
      Thread.currentThread().interrupt();
    }
  }
}
