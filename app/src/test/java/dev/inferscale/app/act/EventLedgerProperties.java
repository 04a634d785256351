package dev.inferscale.app.act;

import static org.assertj.core.api.Assertions.assertThat;

import dev.inferscale.signals.pool.PoolId;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import net.jqwik.api.constraints.Size;

final class EventLedgerProperties {
  private static final Instant START = Instant.parse("2026-01-01T00:00:00Z");

  @Property(tries = 200)
  void neitherOnePoolNorAllTogetherAreTooLoud(
      @ForAll @Size(max = 400) List<@IntRange(max = 99) Integer> pools,
      @ForAll @IntRange(min = 1, max = 4) int each) {
    Life life = new Life();
    Instant now = START;
    for (int pool : pools) {
      for (int i = 0; i < each; i++) {
        life.happens(pool + i, now);
      }
      now = now.plusMillis(700);
      life.write(now);
    }

    for (Instant write : life.writes) {
      assertThat(life.writes)
          .filteredOn(at -> !at.isBefore(write) && at.isBefore(write.plusSeconds(60)))
          .hasSizeLessThanOrEqualTo(EventLedger.MOST_PER_MINUTE);
    }
    life.byKey
        .values()
        .forEach(times -> {
          for (int i = 1; i < times.size(); i++) {
            assertThat(Duration.between(times.get(i - 1), times.get(i)))
                .isGreaterThanOrEqualTo(EventLedger.BETWEEN);
          }
        });
  }

  @Property(tries = 200)
  void whatHappensToAFewPoolsIsToldToTheLastTime(
      @ForAll @Size(min = 1, max = 200) List<@IntRange(max = 4) Integer> pools) {
    Map<EventLedger.Key, Integer> happened = new HashMap<>();
    Life life = new Life();
    Instant now = START;
    for (int pool : pools) {
      happened.merge(life.happens(pool, now), 1, Integer::sum);
      now = now.plusSeconds(1);
      life.write(now);
    }
    for (int minute = 0; minute < 12; minute++) {
      now = now.plusSeconds(60);
      life.write(now);
    }

    assertThat(life.told).isEqualTo(happened);
    assertThat(life.ledger.sweep(now)).isZero();
  }

  /// One life of a ledger.
  private static final class Life {
    private final EventLedger ledger = new EventLedger();
    private final List<Instant> writes = new ArrayList<>();
    private final Map<EventLedger.Key, List<Instant>> byKey = new HashMap<>();
    private final Map<EventLedger.Key, Integer> told = new HashMap<>();

    EventLedger.Key happens(int pool, Instant now) {
      Subject subject = new Subject(new PoolId("serving", "p" + pool), "uid-" + pool);
      Happening happening = new Happening(true, "NotReady", "nobody answers");
      assertThat(ledger.happened(subject, happening, now)).isTrue();
      return new EventLedger.Key(subject.uid(), happening.reason());
    }

    void write(Instant now) {
      ledger.sweep(now);
      for (EventLedger.Entry entry : ledger.due(now)) {
        ledger.tried(now);
        ledger.wrote(entry, "name", now);
        writes.add(now);
        byKey.computeIfAbsent(entry.key(), _ -> new ArrayList<>()).add(now);
        told.put(entry.key(), entry.stands() ? entry.count() + entry.waiting() : 1);
      }
    }
  }
}
