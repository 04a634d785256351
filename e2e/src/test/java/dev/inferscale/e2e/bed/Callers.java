package dev.inferscale.e2e.bed;

import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.time.Duration;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/// People who talk to the workers of one Deployment: each has one question open at a time, puts it
/// to the ready pod with the fewest open, and asks anew as soon as the answer is there. So the load
/// is the same however many workers there are, and only what waits differs. [#close] takes all
/// questions back.
final class Callers implements AutoCloseable {
  /// 81 tokens of the tiny model, and an answer of 20.
  private static final String QUESTION =
      """
      {"model": "tiny", "prompt": "%s", "max_tokens": 20, "ignore_eos": true}
      """
          .formatted("Tell me of the sea. ".repeat(10));

  private static final int PORT = 8000;
  private static final long BEFORE_ANOTHER_TRY_MS = 200;

  /// Longer than any worker of a test stands still, so that its questions are still open when it
  /// goes on.
  private static final Duration PATIENCE = Duration.ofSeconds(90);

  private final BedNamespace home;
  private final String app;
  private final HttpClient http = HttpClient.newHttpClient();

  /// Owns `open`, and chooses.
  private final ScheduledExecutorService desk = Executors.newSingleThreadScheduledExecutor();

  private final Map<String, Integer> open = new HashMap<>();

  /// @param app of whose pods they ask; at first nobody does
  Callers(BedNamespace home, String app) {
    this.home = home;
    this.app = app;
  }

  /// That many more call, until the end.
  Callers more(int count) {
    for (int i = 0; i < count; i++) {
      desk.execute(this::ask);
    }
    return this;
  }

  private void ask() {
    List<String> addresses =
        home.ready(app).stream().map(pod -> pod.getStatus().getPodIP()).toList();
    if (addresses.isEmpty()) {
      later();
      return;
    }
    String address =
        addresses.stream()
            .min(Comparator.comparingInt(each -> open.getOrDefault(each, 0)))
            .orElseThrow();
    open.merge(address, 1, Integer::sum);
    HttpRequest request =
        HttpRequest.newBuilder(URI.create("http://" + address + ":" + PORT + "/v1/completions"))
            .header("Content-Type", "application/json")
            .timeout(PATIENCE)
            .POST(BodyPublishers.ofString(QUESTION))
            .build();
    var _ =
        http.sendAsync(request, BodyHandlers.discarding())
            .whenCompleteAsync((answer, _) -> answered(address, answer), desk);
  }

  private void answered(String address, @Nullable HttpResponse<Void> answer) {
    open.merge(address, -1, Integer::sum);
    if (answer != null && answer.statusCode() == 200) {
      ask();
    } else {
      later();
    }
  }

  private void later() {
    var _ = desk.schedule(this::ask, BEFORE_ANOTHER_TRY_MS, TimeUnit.MILLISECONDS);
  }

  @Override
  public void close() {
    desk.shutdownNow();
    http.shutdownNow();
    http.close();
  }
}
