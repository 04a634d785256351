package dev.inferscale.signals.scrape;

import dev.inferscale.signals.window.FetchFault;
import java.net.http.HttpResponse;
import java.nio.ByteBuffer;
import java.time.Instant;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.Flow;
import org.jspecify.annotations.Nullable;

/// Collects a response's body up to a limit; the first byte beyond it ends the exchange. It asks
/// for more only when its share of the memory covers what has come, so that the target is not read
/// from while others use all of it. Called by one thread at a time.
final class BoundedBody implements HttpResponse.BodySubscriber<BoundedBody.Received> {
  private final CompletableFuture<Received> whole = new CompletableFuture<>();
  private final PageBytes collected = new PageBytes();
  private final int most;
  private final long announced;
  private final ByteBudget.Share share;
  private final Instant at;
  private Flow.@Nullable Subscription subscription;
  private long covered;
  private CompletableFuture<ByteBudget.Share> covering;

  /// A body as it was sent.
  ///
  /// @param at when its head arrived, which is when engines have just written the page
  record Received(PageBytes bytes, Instant at) {}

  /// @param announced how long the body will be, 0 where nobody said; memory is taken for all of it
  ///   at once, so that no two bodies stop halfway and wait for each other
  BoundedBody(int most, long announced, ByteBudget.Share share, Instant at) {
    this.most = most;
    this.announced = Math.min(announced, most);
    this.share = share;
    this.covering = CompletableFuture.completedFuture(share);
    this.at = at;
  }

  @Override
  public CompletionStage<Received> getBody() {
    return whole;
  }

  @Override
  public void onSubscribe(Flow.Subscription given) {
    subscription = given;
    given.request(1);
  }

  @Override
  public void onNext(List<ByteBuffer> buffers) {
    for (ByteBuffer buffer : buffers) {
      if (whole.isDone()) {
        return;
      }
      if (collected.size() + buffer.remaining() > most) {
        stop(tooLarge(most));
        return;
      }
      collected.add(buffer);
    }
    if (collected.memory() > covered) {
      covered = Math.max(collected.memory(), PageBytes.memory(announced));
      covering = share.reach(covered);
    }
    onceCovered(() -> {
      if (subscription != null) {
        subscription.request(1);
      }
    });
  }

  private void onceCovered(Runnable next) {
    var _ =
        covering.whenComplete((_, fault) -> {
          if (fault == null) {
            next.run();
          } else {
            stop(fault);
          }
        });
  }

  private void stop(Throwable fault) {
    whole.completeExceptionally(fault);
    collected.clear();
    if (subscription != null) {
      subscription.cancel();
    }
  }

  @Override
  public void onError(Throwable cause) {
    whole.completeExceptionally(cause);
    collected.clear();
  }

  @Override
  public void onComplete() {
    onceCovered(() -> whole.complete(new Received(collected, at)));
  }

  static FetchException tooLarge(int most) {
    return new FetchException(
        FetchFault.TOO_LARGE,
        "its page is larger than " + most + " bytes; is this a metrics page?");
  }
}
