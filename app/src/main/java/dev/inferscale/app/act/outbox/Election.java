package dev.inferscale.app.act.outbox;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.Optional;

/// Who may hold a Lease, as client-go's leader election decides it: by what this replica has itself
/// seen change, never by the times that another one has written, since clocks differ. Pure.
///
/// @param me what this replica is called
/// @param seen the version of the Lease that was seen last, empty before
/// @param since when that version was first seen
public record Election(String me, String seen, Instant since) {
  /// How long a Lease stands that nobody renews.
  static final Duration VALID = Duration.ofSeconds(15);

  /// How long its holder believes in it after a renewal was sent.
  static final Duration BELIEVED = Duration.ofSeconds(10);

  /// Between two looks, and between two renewals.
  static final Duration EVERY = Duration.ofSeconds(2);

  private static final DateTimeFormatter MICROS =
      DateTimeFormatter.ofPattern("uuuu-MM-dd'T'HH:mm:ss.SSSSSS'Z'").withZone(ZoneOffset.UTC);

  /// Of a replica that has seen nothing yet.
  static Election of(String me) {
    return new Election(me, "", Instant.MIN);
  }

  /// After a look at the Lease.
  Election looked(JsonNode lease, Instant now) {
    String version = lease.path("metadata").path("resourceVersion").asText("");
    return version.equals(seen) ? this : new Election(me, version, now);
  }

  /// The Lease as this replica should try to write it: held by it from now on. Empty where another
  /// one holds it.
  ///
  /// @param lease that was looked at last
  Optional<ObjectNode> bid(JsonNode lease, Instant now) {
    JsonNode spec = lease.path("spec");
    String holder = spec.path("holderIdentity").asText("");
    boolean mine = holder.equals(me);
    Duration stands =
        Duration.ofSeconds(spec.path("leaseDurationSeconds").asLong(VALID.toSeconds()));
    boolean over = now.isAfter(since.plus(stands));
    if (!mine && !holder.isEmpty() && !over) {
      return Optional.empty();
    }
    ObjectNode next = lease.deepCopy();
    ObjectNode held = next.withObject("/spec");
    if (!mine) {
      held.put("acquireTime", micros(now));
      held.put("leaseTransitions", spec.path("leaseTransitions").asInt(0) + 1);
    }
    held.put("holderIdentity", me)
        .put("leaseDurationSeconds", VALID.toSeconds())
        .put("renewTime", micros(now));
    return Optional.of(next);
  }

  /// The Lease given up; empty where this replica does not hold it.
  Optional<ObjectNode> released(JsonNode lease, Instant now) {
    if (!lease.path("spec").path("holderIdentity").asText("").equals(me)) {
      return Optional.empty();
    }
    ObjectNode next = lease.deepCopy();
    next.withObject("/spec")
        .put("holderIdentity", "")
        .put("leaseDurationSeconds", 1)
        .put("renewTime", micros(now));
    return Optional.of(next);
  }

  /// As Kubernetes' MicroTime.
  public static String micros(Instant instant) {
    return MICROS.format(instant);
  }
}
