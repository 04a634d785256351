package dev.inferscale.signals.snapshot;

import static dev.inferscale.signals.ManualTime.second;
import static dev.inferscale.signals.Readings.reading;
import static org.assertj.core.api.Assertions.assertThat;

import dev.inferscale.signals.pool.Credentials;
import dev.inferscale.signals.pool.PoolTargets;
import dev.inferscale.signals.pool.PoolTargets.Gap;
import dev.inferscale.signals.pool.Replicas;
import dev.inferscale.signals.pool.Target;
import dev.inferscale.signals.profile.Signal;
import dev.inferscale.signals.window.FetchFault;
import dev.inferscale.signals.window.Outcome;
import java.net.URI;
import java.util.Arrays;
import java.util.List;
import java.util.Set;
import java.util.stream.IntStream;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.Combinators;
import net.jqwik.api.ForAll;
import net.jqwik.api.From;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import net.jqwik.api.constraints.IntRange;
import net.jqwik.api.constraints.Size;

/// Whatever the pages in front of an empty pool say and whenever they fall silent, what is answered
/// is what those say together who can be believed, and 0 only where all of them can.
class FrontProperties extends OnePool {
  private static final int PAGES = 3;
  private static final int STALE_AFTER = 10;

  /// @param waiting -1 where the page does not answer
  record Word(int page, int waiting, int after) {}

  @Provide
  Arbitrary<Word> word() {
    return Combinators.combine(
            Arbitraries.integers().between(0, PAGES - 1),
            Arbitraries.integers().between(-1, 4),
            Arbitraries.integers().between(0, 6))
        .as(Word::new);
  }

  @Property
  void silenceIsNeverZero(
      @ForAll @Size(max = 20) List<@From("word") Word> words,
      @ForAll @IntRange(max = 12) int later) {
    noPod();
    int[] said = new int[PAGES];
    int[] at = new int[PAGES];
    Arrays.fill(at, -1 - STALE_AFTER);
    int now = 0;
    for (Word word : words) {
      now += word.after();
      fold(now, outcome(word, now));
      if (word.waiting() >= 0) {
        said[word.page()] = word.waiting();
        at[word.page()] = now;
      }
    }
    int read = now + later;
    int known =
        IntStream.range(0, PAGES).filter(i -> read - at[i] <= STALE_AFTER).map(i -> said[i]).sum();
    boolean all = IntStream.range(0, PAGES).allMatch(i -> read - at[i] <= STALE_AFTER);

    Answer answer = answer(Signal.REQUESTS_WAITING, read);
    if (known == 0 && !all) {
      assertThat(answer).isInstanceOf(Answer.Missing.class);
    } else {
      assertThat(value(Signal.REQUESTS_WAITING, read).number()).isEqualTo(known);
      assertThat(value(Signal.REQUESTS_WAITING, read).quality())
          .isEqualTo(all ? Quality.EXACT : Quality.PARTIAL);
    }
    assertThat(pool.waitingInFront(second(read))).isEqualTo(known);
  }

  private void noPod() {
    use(0);
    List<Target> pages =
        IntStream.range(0, PAGES)
            .mapToObj(i ->
                new Target(listed.pool().id(), "g" + i, URI.create("http://g" + i + "/metrics"))
                    .inFront())
            .toList();
    listed =
        new PoolTargets(
            listed.pool(),
            listed.modelAlias(),
            List.of(),
            Set.of(),
            List.of(),
            new Gap(Gap.Kind.NONE, "no pod"),
            Replicas.UNREAD,
            Credentials.NONE,
            new PoolTargets.Front(pages, Set.of(), null, Credentials.NONE));
    fold(0);
  }

  private Outcome outcome(Word word, int at) {
    Target page = listed.front().targets().get(word.page());
    return word.waiting() < 0
        ? new Outcome.Failed(page, FetchFault.UNREACHABLE, "connection refused", second(at))
        : reading().waiting(word.waiting()).read(page, second(at));
  }
}
