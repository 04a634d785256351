package dev.inferscale.adapter.auth;

import static org.assertj.core.api.Assertions.assertThat;

import java.net.InetAddress;
import java.net.UnknownHostException;
import java.time.Instant;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class AllowanceTest {
  private Instant now = Instant.parse("2027-01-02T03:04:05Z");
  private final Allowance allowance =
      new Allowance(new Allowance.Rate(5, 2), new Allowance.Rate(8, 4), () -> now);

  private long taken(String source, int tries) throws UnknownHostException {
    InetAddress address = InetAddress.getByName(source);
    return IntStream.range(0, tries).filter(_ -> allowance.take(address)).count();
  }

  @Test
  void aSourceHasItsBurstAndThenItsPace() throws UnknownHostException {
    assertThat(taken("192.0.2.1", 100)).isEqualTo(5);
    now = now.plusSeconds(1);
    assertThat(taken("192.0.2.1", 100)).isEqualTo(2);
    now = now.plusSeconds(1_000);
    assertThat(taken("192.0.2.1", 100)).isEqualTo(5);
  }

  @Test
  void oneThatAsksTooMuchLeavesSomethingForTheOthersWithinTheTotal() throws UnknownHostException {
    assertThat(taken("192.0.2.1", 1_000)).isEqualTo(5);
    assertThat(taken("192.0.2.2", 1_000)).isEqualTo(3);
    assertThat(taken("192.0.2.3", 1_000)).isZero();
  }

  @Test
  void theAddressesOfOneNetworkAreOneSource() throws UnknownHostException {
    assertThat(taken("2001:db8::1", 3)).isEqualTo(3);
    assertThat(taken("2001:db8::ffff:1", 3)).isEqualTo(2);
    assertThat(taken("2001:db8:0:1::1", 3)).isEqualTo(3);
  }

  @Test
  void aClockThatStandsStillGivesNothing() throws UnknownHostException {
    taken("192.0.2.1", 5);
    now = now.minusSeconds(100);
    assertThat(taken("192.0.2.1", 5)).isZero();
  }
}
