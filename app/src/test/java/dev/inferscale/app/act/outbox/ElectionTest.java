package dev.inferscale.app.act.outbox;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.inferscale.app.act.Cluster;
import java.time.Instant;
import org.junit.jupiter.api.Test;

final class ElectionTest {
  private static final Instant START = Instant.parse("2026-01-01T00:00:00.123456789Z");

  @Test
  void aLeaseThatNobodyHoldsIsTaken() {
    ObjectNode lease = Cluster.tree("{metadata: {name: w, resourceVersion: '5'}}");

    ObjectNode bid = Election.of("me").looked(lease, START).bid(lease, START).orElseThrow();

    assertThat(bid.path("metadata")).isEqualTo(lease.path("metadata"));
    assertThat(bid.path("spec").path("holderIdentity").asText()).isEqualTo("me");
    assertThat(bid.path("spec").path("leaseDurationSeconds").asInt()).isEqualTo(15);
    assertThat(bid.path("spec").path("leaseTransitions").asInt()).isEqualTo(1);
    assertThat(bid.path("spec").path("renewTime").asText())
        .isEqualTo("2026-01-01T00:00:00.123456Z");
  }

  @Test
  void anothersLeaseIsLeftAloneWhileItIsSeenToChange() {
    Election election = Election.of("me");
    for (int second = 0; second < 60; second += 2) {
      ObjectNode lease = held("other", "v" + second);
      Instant now = START.plusSeconds(second);
      election = election.looked(lease, now);

      assertThat(election.bid(lease, now)).isEmpty();
    }
  }

  @Test
  void anothersLeaseIsTakenWhenItHasStoodStillForItsDurationWhateverTimesItNames() {
    ObjectNode lease = held("other", "v1");
    Election election = Election.of("me").looked(lease, START);

    assertThat(election.looked(lease, START.plusSeconds(15)).bid(lease, START.plusSeconds(15)))
        .isEmpty();
    assertThat(election.looked(lease, START.plusSeconds(16)).bid(lease, START.plusSeconds(16)))
        .hasValueSatisfying(bid -> {
          assertThat(bid.path("spec").path("holderIdentity").asText()).isEqualTo("me");
          assertThat(bid.path("spec").path("leaseTransitions").asInt()).isEqualTo(4);
        });
  }

  @Test
  void aRenewalIsNoTransition() {
    ObjectNode lease = held("me", "v1");

    assertThat(Election.of("me").looked(lease, START).bid(lease, START))
        .hasValueSatisfying(bid -> {
          assertThat(bid.path("spec").path("leaseTransitions").asInt()).isEqualTo(3);
          assertThat(bid.path("spec").path("acquireTime").asText())
              .isEqualTo("2000-01-01T00:00:00.000000Z");
        });
  }

  @Test
  void onlyItsHolderGivesALeaseUp() {
    assertThat(Election.of("me").released(held("other", "v1"), START)).isEmpty();
    ObjectNode released = Election.of("me").released(held("me", "v1"), START).orElseThrow();

    assertThat(Election.of("other").looked(released, START).bid(released, START)).isPresent();
  }

  /// Its clock is far behind ours.
  private static ObjectNode held(String holder, String version) {
    return Cluster.tree(
        """
        metadata: {name: w, resourceVersion: %s}
        spec:
          holderIdentity: %s
          leaseDurationSeconds: 15
          leaseTransitions: 3
          acquireTime: 2000-01-01T00:00:00.000000Z
          renewTime: 2000-01-01T00:00:00.000000Z
        """
            .formatted(version, holder));
  }
}
