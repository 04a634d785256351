package dev.inferscale.signals.scrape;

import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;

/// Java's HTTP client, replaced now and then. It never closes a connection on which an answer came
/// that is not HTTP, and keeps what it had read of it: a target of another protocol would cost a
/// socket and up to a megabyte each time it is asked. A client that is shut down does close them,
/// once the requests that it has in flight are over. Thread-safe.
final class RenewedClient implements AutoCloseable {
  /// How many connections may be left open before the client is replaced.
  static final int MOST_SPOILT = 16;

  private final ExecutorService threads;
  private HttpClient client;
  private int spoilt;
  private boolean closed;

  RenewedClient() {
    // Platform threads: looking up a host name holds on to its carrier, and a dead name server must
    // not stop the other targets' virtual threads.
    threads =
        Executors.newCachedThreadPool(
            Thread.ofPlatform().daemon().name("scrape-http-", 0).factory());
    client = newClient(threads);
  }

  private static HttpClient newClient(ExecutorService threads) {
    return HttpClient.newBuilder()
        .version(HttpClient.Version.HTTP_1_1)
        .followRedirects(HttpClient.Redirect.NEVER)
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
      client = newClient(threads);
      spoilt = 0;
    }
  }

  @Override
  public void close() {
    HttpClient last;
    synchronized (this) {
      closed = true;
      last = client;
    }
    last.shutdownNow();
    last.close();
    threads.shutdownNow();
  }
}
