package dev.inferscale.signals.scrape;

import dev.inferscale.signals.window.FetchFault;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.net.http.HttpResponse;
import java.nio.ByteBuffer;
import java.time.Instant;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.Flow;
import java.util.zip.GZIPInputStream;
import org.jspecify.annotations.Nullable;

/// Collects a response's body up to a limit; the first byte beyond it ends the exchange. Called by
/// one thread at a time.
final class BoundedBody implements HttpResponse.BodySubscriber<BoundedBody.Received> {
  private static final int CHUNK = 1 << 14;

  private final CompletableFuture<Received> whole = new CompletableFuture<>();
  private final ByteArrayOutputStream collected = new ByteArrayOutputStream();
  private final int most;
  private final Instant at;
  private Flow.@Nullable Subscription subscription;

  /// A body as it was sent.
  ///
  /// @param at when its head arrived, which is when engines have just written the page
  record Received(byte[] bytes, Instant at) {}

  BoundedBody(int most, Instant at) {
    this.most = most;
    this.at = at;
  }

  @Override
  public CompletionStage<Received> getBody() {
    return whole;
  }

  @Override
  public void onSubscribe(Flow.Subscription given) {
    subscription = given;
    given.request(Long.MAX_VALUE);
  }

  @Override
  public void onNext(List<ByteBuffer> buffers) {
    for (ByteBuffer buffer : buffers) {
      if (collected.size() + buffer.remaining() > most) {
        stop();
        return;
      }
      byte[] bytes = new byte[buffer.remaining()];
      buffer.get(bytes);
      collected.write(bytes, 0, bytes.length);
    }
  }

  private void stop() {
    whole.completeExceptionally(tooLarge(most));
    if (subscription != null) {
      subscription.cancel();
    }
  }

  @Override
  public void onError(Throwable cause) {
    whole.completeExceptionally(cause);
  }

  @Override
  public void onComplete() {
    whole.complete(new Received(collected.toByteArray(), at));
  }

  /// Decompresses at most so many bytes: a few kilobytes of gzip can hold gigabytes.
  static byte[] gunzip(byte[] compressed, int most) throws FetchException {
    ByteArrayOutputStream plain = new ByteArrayOutputStream(Math.min(most, compressed.length * 4));
    byte[] chunk = new byte[CHUNK];
    try (InputStream in = new GZIPInputStream(new ByteArrayInputStream(compressed), CHUNK)) {
      for (int read = in.read(chunk); read >= 0; read = in.read(chunk)) {
        if (plain.size() + read > most) {
          throw tooLarge(most);
        }
        plain.write(chunk, 0, read);
      }
    } catch (FetchException e) {
      throw e;
    } catch (IOException e) {
      throw new FetchException(
          FetchFault.REFUSED, "says that its body is gzip, but it cannot be decompressed");
    }
    return plain.toByteArray();
  }

  private static FetchException tooLarge(int most) {
    return new FetchException(
        FetchFault.TOO_LARGE,
        "its page is larger than " + most + " bytes; is this a metrics page?");
  }
}
