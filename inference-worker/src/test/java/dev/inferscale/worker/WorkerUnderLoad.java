package dev.inferscale.worker;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.BufferedReader;
import java.io.File;
import java.io.IOException;
import java.io.InputStreamReader;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;

/// A worker's process, started as a person would, with clients that ask again as soon as they have
/// their answer. It ends with the bench, also when that is killed: it watches its standard input.
final class WorkerUnderLoad {
  private static final int PORT = 18_000;

  /// Ticks per second of `/proc/PID/stat`; the same on every Linux since 2.6.
  private static final int TICKS = 100;

  /// Tokens of each prompt, and of each answer.
  static final int TOKENS = 64;

  private final Process process;
  private final URI base;
  private final HttpClient http;
  private final List<Thread> clients = new ArrayList<>();
  private final List<Double> latencies = Collections.synchronizedList(new ArrayList<>());
  private volatile boolean asking = true;

  /// What a page and the kernel tell at one time.
  record Seen(
      long nanos,
      double cpuSeconds,
      double generated,
      double prompted,
      double first,
      double gaps,
      double gapSeconds,
      double waiting,
      double lostSeconds,
      long rssBytes) {}

  /// @param index gives the worker its address
  WorkerUnderLoad(int index, List<String> flags, HttpClient http) throws IOException {
    this.http = http;
    String host = "127.10.0." + (index + 1);
    base = URI.create("http://" + host + ":" + PORT);
    List<String> command = new ArrayList<>(List.of("../inferscale", "worker"));
    command.addAll(List.of("--host", host, "--port", "" + PORT, "--exit-with-stdin"));
    command.addAll(flags);
    ProcessBuilder builder = new ProcessBuilder(command);
    builder.environment().put("INFERSCALE_BUILT", "1");
    File log = Path.of("target", "paced-bench-" + (index + 1) + ".log").toFile();
    process = builder.redirectErrorStream(true).redirectOutput(log).start();
  }

  void awaitReady(Duration limit) throws Exception {
    long end = System.nanoTime() + limit.toNanos();
    while (System.nanoTime() < end && process.isAlive()) {
      try {
        if (http.send(get("/readyz"), HttpResponse.BodyHandlers.discarding()).statusCode() == 200) {
          return;
        }
      } catch (IOException notYet) {
        // Nobody listens yet.
      }
      TimeUnit.MILLISECONDS.sleep(50);
    }
    throw new IllegalStateException(base + " is not ready; see target/paced-bench-*.log");
  }

  /// Starts clients that read their answers whole or as streams, one after the other within
  /// `spread`, so that they do not go in step.
  void load(int count, boolean stream, Duration spread) {
    for (int i = 0; i < count; i++) {
      Duration delay = spread.multipliedBy(i).dividedBy(count);
      clients.add(Thread.ofVirtual().start(() -> ask(stream, delay)));
    }
  }

  private void ask(boolean stream, Duration delay) {
    String ids = Arrays.stream(new int[TOKENS]).mapToObj(_ -> "7").collect(Collectors.joining(","));
    String body =
        "{\"prompt\":[%s],\"max_tokens\":%d,\"ignore_eos\":true,\"temperature\":0,\"stream\":%b}"
            .formatted(ids, TOKENS, stream);
    HttpRequest request =
        HttpRequest.newBuilder(base.resolve("/v1/completions"))
            .POST(HttpRequest.BodyPublishers.ofString(body))
            .build();
    try {
      TimeUnit.NANOSECONDS.sleep(delay.toNanos());
      while (asking) {
        long begin = System.nanoTime();
        read(request);
        latencies.add((System.nanoTime() - begin) / 1e9);
      }
    } catch (IOException | InterruptedException end) {
      if (asking) {
        throw new IllegalStateException(base + " broke off", end);
      }
    }
  }

  private void read(HttpRequest request) throws IOException, InterruptedException {
    var answer = http.send(request, HttpResponse.BodyHandlers.ofInputStream());
    try (var lines = new BufferedReader(new InputStreamReader(answer.body(), UTF_8))) {
      long count = lines.lines().count();
      if (answer.statusCode() != 200) {
        throw new IOException("status " + answer.statusCode() + ", " + count + " lines");
      }
    }
  }

  /// Latencies that clients saw since the last call, in seconds.
  List<Double> takeLatencies() {
    synchronized (latencies) {
      List<Double> taken = List.copyOf(latencies);
      latencies.clear();
      return taken;
    }
  }

  Seen look() throws Exception {
    String page = http.send(get("/metrics"), HttpResponse.BodyHandlers.ofString()).body();
    return new Seen(
        System.nanoTime(),
        cpuSeconds(process.pid()),
        value(page, "generation_tokens_total"),
        value(page, "prompt_tokens_total"),
        value(page, "time_to_first_token_seconds_count"),
        value(page, "inter_token_latency_seconds_count"),
        value(page, "inter_token_latency_seconds_sum"),
        value(page, "requests_waiting"),
        value(page, "pace_lost_seconds_total"),
        rssBytes());
  }

  /// User and system time of a process so far.
  static double cpuSeconds(long pid) throws IOException {
    String stat = Files.readString(Path.of("/proc/" + pid + "/stat"));
    String[] fields = stat.substring(stat.lastIndexOf(')') + 2).split(" ", -1);
    return (Long.parseLong(fields[11]) + Long.parseLong(fields[12])) / (double) TICKS;
  }

  private long rssBytes() throws IOException {
    return Files.readAllLines(Path.of("/proc/" + process.pid() + "/status")).stream()
        .filter(line -> line.startsWith("VmRSS:"))
        .mapToLong(line -> Long.parseLong(line.replaceAll("\\D", "")) * 1024)
        .sum();
  }

  private static double value(String page, String name) {
    String start = "inference_worker_" + name + "{";
    return page.lines()
        .filter(line -> line.startsWith(start))
        .mapToDouble(line -> Double.parseDouble(line.substring(line.indexOf("} ") + 2)))
        .findFirst()
        .orElseThrow(() -> new IllegalStateException("the page has no " + start));
  }

  private HttpRequest get(String path) {
    return HttpRequest.newBuilder(base.resolve(path)).timeout(Duration.ofSeconds(10)).build();
  }

  /// Ends the clients and the process.
  void end() throws InterruptedException {
    asking = false;
    process.destroy();
    if (!process.waitFor(10, TimeUnit.SECONDS)) {
      process.destroyForcibly().waitFor();
    }
    for (Thread client : clients) {
      client.join();
    }
  }
}
