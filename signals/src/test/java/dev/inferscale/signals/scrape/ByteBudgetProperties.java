package dev.inferscale.signals.scrape;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;

class ByteBudgetProperties {
  private static final long MOST = 1000;

  /// One page on its way.
  private static final class Page {
    final ByteBudget.Share share;
    long bytes;
    CompletableFuture<ByteBudget.Share> answer = CompletableFuture.completedFuture(null);

    Page(ByteBudget.Share share) {
      this.share = share;
    }
  }

  @Property(tries = 500)
  void somebodyCanAlwaysGoOnAndAllBytesComeBack(
      @ForAll long seed, @ForAll @IntRange(min = 1, max = 12) int most) {
    Random random = new Random(seed);
    ByteBudget budget = new ByteBudget(MOST);
    List<Page> pages = new ArrayList<>();
    for (int step = 0; step < 200; step++) {
      if (pages.size() < most) {
        pages.add(new Page(budget.open()));
      }
      goOn(pages, random);

      long held = pages.stream().filter(page -> !page.answer.isDone()).count();
      boolean allWait = !pages.isEmpty() && held == pages.size();
      assertThat(allWait).isFalse();
      assertThat(budget.free()).isBetween(0L, MOST);
    }
    pages.forEach(page -> page.share.close());
    assertThat(budget.free()).isEqualTo(MOST);
  }

  /// A page grows, is complete, is given up or meets its deadline while it waits.
  private static void goOn(List<Page> pages, Random random) {
    Page page = pages.get(random.nextInt(pages.size()));
    boolean failed = page.answer.isCompletedExceptionally();
    if (failed || random.nextInt(6) == 0) {
      page.share.close();
      pages.remove(page);
    } else if (page.answer.isDone()) {
      page.bytes += random.nextInt(200);
      page.answer = page.share.reach(page.bytes);
    }
  }
}
