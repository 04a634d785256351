package dev.inferscale.adapter.auth;

import dev.inferscale.adapter.tally.Distribution;
import dev.inferscale.adapter.tally.Histogram;
import java.time.Duration;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.concurrent.atomic.LongAdder;

/// What a gate has decided and asked since it started; every outcome that can occur is there.
///
/// @param authentications by `success`, `failure` and `error`
/// @param authorizations by `allowed`, `denied` and `error`
/// @param tokenCache lookups of tokens by `hit` and `miss`
/// @param tokenReviews answers of the API server by HTTP status, `other`, and `none` where it gave
///   no answer
/// @param accessReviews the same for SubjectAccessReviews
/// @param tokenSeconds how long a TokenReview took, asked again included
/// @param accessSeconds the same for SubjectAccessReviews
/// @param clientSeconds of each request that a certificate identified, how long that certificate
///   will still be good
/// @param refusedQuestions that were not asked, because one source or all together asked too much
public record GateStatistics(
    Map<String, Long> authentications,
    Map<String, Long> authorizations,
    Map<String, Long> tokenCache,
    Map<String, Long> tokenReviews,
    Map<String, Long> accessReviews,
    Distribution tokenSeconds,
    Distribution accessSeconds,
    Distribution clientSeconds,
    long refusedQuestions) {

  /// Where there is no gate.
  public static GateStatistics none() {
    Map<String, Long> codes = Counts.ofCodes().now();
    Distribution reviews = Reviews.seconds().now();
    return new GateStatistics(
        attempts().now(),
        decisions().now(),
        lookups().now(),
        codes,
        codes,
        reviews,
        reviews,
        lives().now(),
        0);
  }

  static Counts attempts() {
    return new Counts("success", "failure", "error");
  }

  static Counts decisions() {
    return new Counts("allowed", "denied", "error");
  }

  static Counts lookups() {
    return new Counts("hit", "miss");
  }

  /// With the bounds that Kubernetes' API servers have: from none over hours and days to a year.
  static Histogram lives() {
    double day = Duration.ofDays(1).toSeconds();
    double hour = Duration.ofHours(1).toSeconds();
    return new Histogram(
        0, hour / 2, hour, 2 * hour, 6 * hour, 12 * hour, day, 2 * day, 4 * day, 7 * day, 30 * day,
        90 * day, 180 * day, 360 * day);
  }

  /// Counters by a name of a fixed set; any thread adds.
  static final class Counts {
    private final Map<String, LongAdder> counts = new LinkedHashMap<>();
    private final LongAdder other = new LongAdder();

    Counts(String... names) {
      for (String name : names) {
        counts.put(name, name.equals("other") ? other : new LongAdder());
      }
    }

    static Counts ofCodes() {
      return new Counts(
          "200", "201", "400", "401", "403", "404", "429", "500", "503", "504", "other", "none");
    }

    void add(String name) {
      counts.getOrDefault(name, other).increment();
    }

    Map<String, Long> now() {
      Map<String, Long> now = new LinkedHashMap<>();
      counts.forEach((name, count) -> now.put(name, count.sum()));
      return Collections.unmodifiableMap(now);
    }
  }
}
