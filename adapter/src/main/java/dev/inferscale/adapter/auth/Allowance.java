package dev.inferscale.adapter.auth;

import com.github.benmanes.caffeine.cache.Cache;
import com.github.benmanes.caffeine.cache.Caffeine;
import java.net.Inet6Address;
import java.net.InetAddress;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.Arrays;

/// How many questions may be asked for callers who have not proved anything yet: so many at once
/// and so many a second, for each source and for all together. Who sends tokens at random thus
/// costs the API server little, and callers from elsewhere less. Thread-safe.
final class Allowance {
  /// Sources that are told apart at a time; a forgotten one begins anew, within the total.
  private static final int MAX_SOURCES = 4_096;

  /// An IPv6 host may use any address of its network.
  private static final int NETWORK_BYTES = 8;

  private final Rate each;
  private final InstantSource time;
  private final Bucket all;
  private final Cache<ByteBuffer, Bucket> sources =
      Caffeine.newBuilder().maximumSize(MAX_SOURCES).executor(Runnable::run).build();

  /// @param burst at once, after a time of rest
  /// @param perSecond in the long run
  record Rate(int burst, double perSecond) {}

  private static final class Bucket {
    private final Rate rate;
    private double left;
    private Instant at;

    Bucket(Rate rate, Instant now) {
      this.rate = rate;
      this.left = rate.burst;
      this.at = now;
    }

    synchronized boolean take(Instant now) {
      double seconds = Math.max(0, Duration.between(at, now).toNanos() / 1e9);
      left = Math.min(rate.burst, left + seconds * rate.perSecond);
      at = now;
      if (left < 1) {
        return false;
      }
      left--;
      return true;
    }
  }

  /// @param each for one source
  /// @param all for all of them together
  /// @param time monotonic
  Allowance(Rate each, Rate all, InstantSource time) {
    this.each = each;
    this.time = time;
    this.all = new Bucket(all, time.instant());
  }

  /// Takes one question, or says no.
  boolean take(InetAddress source) {
    Instant now = time.instant();
    Bucket own = sources.get(network(source), _ -> new Bucket(each, now));
    // A source that asks too much takes nothing from the others.
    return own.take(now) && all.take(now);
  }

  private static ByteBuffer network(InetAddress source) {
    byte[] address = source.getAddress();
    return ByteBuffer.wrap(
        source instanceof Inet6Address ? Arrays.copyOf(address, NETWORK_BYTES) : address);
  }
}
