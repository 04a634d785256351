package dev.inferscale.signals.scrape;

import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutorService;
import javax.net.ssl.SSLContext;

/// Java's HTTP client, replaced now and then. It never closes a connection on which an answer came
/// that is not HTTP, and keeps what it had read of it: a target of another protocol would cost a
/// socket and up to a megabyte each time it is asked. A client that is shut down does close them,
/// once the requests that it has in flight are over. Thread-safe.
final class RenewedClient implements AutoCloseable {
  /// How many connections may be left open before the client is replaced.
  static final int MOST_SPOILT = 16;

  private final ExecutorService threads;
  private final SSLContext tls;
  private HttpClient client;
  private int spoilt;
  private boolean closed;

  /// @param threads of all its work; outlives it
  /// @param tls for https
  RenewedClient(ExecutorService threads, SSLContext tls) {
    this.threads = threads;
    this.tls = tls;
    this.client = newClient(threads, tls);
  }

  private static HttpClient newClient(ExecutorService threads, SSLContext tls) {
    return HttpClient.newBuilder()
        .version(HttpClient.Version.HTTP_1_1)
        .followRedirects(HttpClient.Redirect.NEVER)
        .sslContext(tls)
        .proxy(HttpClient.Builder.NO_PROXY)
        .executor(threads)
        .build();
  }

  /// Begins one exchange; the lock is held only to hand it over.
  synchronized <T> CompletableFuture<HttpResponse<T>> send(
      HttpRequest request, HttpResponse.BodyHandler<T> handler) {
    return client.sendAsync(request, handler);
  }

  /// Takes note of an answer that could not be read as HTTP.
  synchronized void spoilt() {
    spoilt++;
    if (spoilt >= MOST_SPOILT && !closed) {
      client.shutdown();
      client = newClient(threads, tls);
      spoilt = 0;
    }
  }

  /// Ends it once the requests that it has in flight are over; does not wait for that.
  synchronized void retire() {
    closed = true;
    client.shutdown();
  }

  /// Breaks off what is in flight, and waits until all connections are closed.
  @Override
  public void close() {
    HttpClient last;
    synchronized (this) {
      closed = true;
      last = client;
    }
    last.shutdownNow();
    last.close();
  }
}
