package dev.inferscale.e2e.bed;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;

/// What stands in front of a pool and tells a plane, at once and then every second, how many
/// requests it holds back.
final class Gateway implements AutoCloseable {
  private final HttpClient http = HttpClient.newHttpClient();
  private final AtomicInteger holding = new AtomicInteger();
  private final ScheduledExecutorService timer =
      Executors.newSingleThreadScheduledExecutor(Thread.ofPlatform().daemon().factory());
  private final PlaneOnBed plane;
  private final String pool;

  /// It holds none at first.
  Gateway(PlaneOnBed plane, String pool) {
    this.plane = plane;
    this.pool = pool;
    var _ = timer.scheduleAtFixedRate(this::tell, 0, 1, TimeUnit.SECONDS);
  }

  void holds(int requests) {
    holding.set(requests);
    timer.execute(this::tell);
  }

  private void tell() {
    String body =
        "{\"namespace\": \"%s\", \"pool\": \"%s\", \"waiting_requests\": %d}"
            .formatted(plane.namespace(), pool, holding.get());
    URI demand = plane.observation().resolve("api/v1/demand");
    try {
      HttpResponse<String> told =
          http.send(
              HttpRequest.newBuilder(demand)
                  .POST(HttpRequest.BodyPublishers.ofString(body))
                  .build(),
              BodyHandlers.ofString());
      // Before the pool is known it is told in vain.
      assertThat(told.statusCode()).as(told.body()).isIn(200, 404);
    } catch (IOException e) {
      throw new IllegalStateException(e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  @Override
  public void close() {
    timer.shutdownNow();
    http.close();
  }
}
