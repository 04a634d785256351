package dev.inferscale.signals.scrape;

import static org.assertj.core.api.Assertions.assertThat;

import dev.inferscale.signals.window.FetchFault;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.Test;

class ByteBudgetTest {
  private final ByteBudget budget = new ByteBudget(100);
  private final ByteBudget.Share first = budget.open();
  private final ByteBudget.Share second = budget.open();
  private final ByteBudget.Share third = budget.open();

  private static boolean isGranted(CompletableFuture<ByteBudget.Share> answer) {
    return answer.isDone() && !answer.isCompletedExceptionally();
  }

  @Test
  void bytesAreGivenAtOnceWhileThereAreSome() {
    assertThat(isGranted(first.reach(40))).isTrue();
    assertThat(isGranted(first.reach(60))).isTrue();
    assertThat(budget.free()).isEqualTo(40);

    first.close();
    assertThat(budget.free()).isEqualTo(100);
  }

  @Test
  void whoeverFindsNoneLeftWaitsUntilTheyComeBack() {
    first.reach(80).join();
    CompletableFuture<ByteBudget.Share> answer = second.reach(30);
    assertThat(answer).isNotDone();
    assertThat(second.isWaiting()).isTrue();

    first.close();
    assertThat(isGranted(answer)).isTrue();
    assertThat(second.isWaiting()).isFalse();
  }

  @Test
  void theSmallestPageIsServedFirst() {
    first.reach(60).join();
    second.reach(30).join();
    CompletableFuture<ByteBudget.Share> larger = second.reach(95);
    CompletableFuture<ByteBudget.Share> smaller = third.reach(20);

    first.close();
    assertThat(isGranted(smaller)).isTrue();
    assertThat(larger).isNotDone();
  }

  @Test
  void whereAllWaitForEachOtherTheLargestPageIsGivenUp() {
    first.reach(50).join();
    second.reach(40).join();
    CompletableFuture<ByteBudget.Share> large = first.reach(70);
    CompletableFuture<ByteBudget.Share> small = second.reach(60);

    assertThat(large)
        .isCompletedExceptionally()
        .satisfies(answer ->
            assertThat(answer.exceptionNow())
                .isInstanceOfSatisfying(
                    FetchException.class,
                    e -> assertThat(e.fault()).isEqualTo(FetchFault.NO_MEMORY))
                .hasMessageContaining("maxBufferedBytes"));
    assertThat(isGranted(small)).isTrue();
  }

  @Test
  void aPageThatIsBeingReadIsNeverGivenUp() {
    first.reach(60).join();
    second.reach(20).join();
    CompletableFuture<ByteBudget.Share> answer = second.reach(50);

    assertThat(answer).isNotDone();
    assertThat(budget.free()).isEqualTo(20);
  }

  @Test
  void onePageAloneThatIsLargerThanAllIsGivenUp() {
    assertThat(first.reach(101)).isCompletedExceptionally();
    assertThat(budget.free()).isEqualTo(100);
  }

  @Test
  void aClosedShareGetsNothingMore() {
    first.reach(100).join();
    CompletableFuture<ByteBudget.Share> waiting = second.reach(10);
    second.close();
    assertThat(waiting).isCancelled();

    first.close();
    assertThat(first.reach(10)).isCancelled();
    assertThat(budget.free()).isEqualTo(100);
  }
}
