package dev.inferscale.adapter.auth;

import com.github.benmanes.caffeine.cache.Cache;
import com.github.benmanes.caffeine.cache.Caffeine;
import dev.inferscale.adapter.auth.Reviews.Reply;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.Predicate;

/// Answers of the API server, kept for a while. However many ask the same at once, it is asked
/// once. Thread-safe; bounded by a number of answers.
///
/// A good answer is used for its whole life; once it is no longer fresh, whoever uses it is told to
/// have it renewed. While the API server is away, a good one that has outlived that is still used,
/// within a limit. A bad answer is used only for its own short life, and at once in place of a good
/// one.
final class Remembered<K, V> {
  private final Cache<K, Entry<V>> entries;
  private final Map<K, CompletableFuture<Reply<V>>> flights = new ConcurrentHashMap<>();
  private final Predicate<V> isGood;
  private final Lifetimes lifetimes;
  private final InstantSource time;

  /// How long an answer is used.
  ///
  /// @param fresh a good one, without renewing it
  /// @param life of a good one
  /// @param outage of a good one, while the API server is away
  /// @param bad of one that is not good
  /// @param pause between attempts to renew one
  record Lifetimes(Duration fresh, Duration life, Duration outage, Duration bad, Duration pause) {}

  /// Asks the API server, within a limit of its own.
  @FunctionalInterface
  interface Asking<V> {
    Reply<V> ask() throws InterruptedException;
  }

  /// What is remembered.
  ///
  /// @param renew whether the caller should also [#ask] again
  record Known<V>(V value, boolean renew) {}

  private static final class Entry<V> {
    private final V value;
    private final Instant since;

    /// When somebody was last told to renew it. A race tells two, who ask once.
    private volatile Instant tried;

    /// Until then it bridges an outage without anybody asking.
    private volatile Instant bridged = Instant.MIN;

    Entry(V value, Instant since) {
      this.value = value;
      this.since = since;
      this.tried = since;
    }
  }

  /// @param most answers that are kept
  /// @param isGood whether an answer lets somebody in
  /// @param time monotonic
  Remembered(int most, Predicate<V> isGood, Lifetimes lifetimes, InstantSource time) {
    this.isGood = isGood;
    this.lifetimes = lifetimes;
    this.time = time;
    this.entries = Caffeine.newBuilder().maximumSize(most).executor(Runnable::run).build();
  }

  /// What is known without asking; empty where somebody has to ask.
  Optional<Known<V>> known(K key) {
    Entry<V> entry = entries.getIfPresent(key);
    if (entry == null) {
      return Optional.empty();
    }
    Instant now = time.instant();
    Duration age = Duration.between(entry.since, now);
    boolean good = isGood.test(entry.value);
    if (age.compareTo(good ? lifetimes.life : lifetimes.bad) > 0) {
      return now.isBefore(entry.bridged)
          ? Optional.of(new Known<>(entry.value, false))
          : Optional.empty();
    }
    boolean renew =
        good
            && age.compareTo(lifetimes.fresh) > 0
            && Duration.between(entry.tried, now).compareTo(lifetimes.pause) > 0;
    if (renew) {
      entry.tried = now;
    }
    return Optional.of(new Known<>(entry.value, renew));
  }

  /// True where the last answer was good, however old.
  boolean wasGood(K key) {
    Entry<V> entry = entries.getIfPresent(key);
    return entry != null && isGood.test(entry.value);
  }

  /// Asks, or waits for who already does.
  ///
  /// @param keep whether the answer may be kept
  /// @param limit for waiting for somebody else
  Reply<V> ask(K key, boolean keep, Asking<V> asking, Duration limit) throws InterruptedException {
    CompletableFuture<Reply<V>> mine = new CompletableFuture<>();
    CompletableFuture<Reply<V>> other = flights.putIfAbsent(key, mine);
    if (other != null) {
      return await(other, limit);
    }
    Reply<V> reply = new Reply.Away<>("the question was given up");
    try {
      reply = asking.ask();
      if (keep && reply instanceof Reply.Said<V>(V value)) {
        entries.put(key, new Entry<>(value, time.instant()));
      }
      reply = orLastGood(key, reply);
      return reply;
    } finally {
      flights.remove(key);
      mine.complete(reply);
    }
  }

  private Reply<V> orLastGood(K key, Reply<V> reply) {
    Entry<V> entry = entries.getIfPresent(key);
    if (!(reply instanceof Reply.Away<V>) || entry == null || !isGood.test(entry.value)) {
      return reply;
    }
    Instant now = time.instant();
    Instant last = entry.since.plus(lifetimes.outage);
    if (now.isAfter(last)) {
      return reply;
    }
    Instant soon = now.plus(lifetimes.pause);
    entry.bridged = soon.isBefore(last) ? soon : last;
    return new Reply.Said<>(entry.value);
  }

  private static <V> Reply<V> await(CompletableFuture<Reply<V>> other, Duration limit)
      throws InterruptedException {
    try {
      return other.get(Math.max(0, limit.toNanos()), TimeUnit.NANOSECONDS);
    } catch (TimeoutException late) {
      return new Reply.Away<>("the API server did not answer in time");
    } catch (ExecutionException never) {
      throw new IllegalStateException("a question is never completed by a failure", never);
    }
  }
}
