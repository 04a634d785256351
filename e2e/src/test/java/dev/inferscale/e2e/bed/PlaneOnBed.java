package dev.inferscale.e2e.bed;

import static java.nio.charset.StandardCharsets.UTF_8;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.inferscale.e2e.Started;
import java.io.IOException;
import java.io.InputStream;
import java.net.HttpURLConnection;
import java.net.URI;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Pattern;

/// A signal plane that finds its pools in one namespace of the bed; a process of its own.
final class PlaneOnBed implements AutoCloseable {
  private static final Pattern OBSERVATION =
      Pattern.compile("\"message\":\"observation listens[^}]*\"port\":(\\d+)");

  private static final Pattern ADAPTER =
      Pattern.compile("\"message\":\"metrics API listens[^}]*\"port\":(\\d+)");

  private static final Pattern KEDA =
      Pattern.compile("\"message\":\"KEDA's external scaler listens[^}]*\"port\":(\\d+)");

  private final Started process;
  private final String namespace;
  private final URI observation;

  private PlaneOnBed(Started process, String namespace) {
    this.process = process;
    this.namespace = namespace;
    this.observation =
        URI.create("http://127.0.0.1:" + process.awaitSaid(OBSERVATION).group(1) + "/");
  }

  /// @param temporary folder for its temporary files
  /// @param flags further ones of `inferscale serve`
  static PlaneOnBed start(Bed bed, BedNamespace namespace, Path temporary, String... flags)
      throws IOException {
    return start(bed.kubeconfig(), namespace, temporary, flags);
  }

  /// One with the rights of that kubeconfig's user.
  ///
  /// @param kubeconfig whose credentials it uses
  /// @param temporary folder for its temporary files
  /// @param flags further ones of `inferscale serve`
  static PlaneOnBed start(Path kubeconfig, BedNamespace namespace, Path temporary, String... flags)
      throws IOException {
    List<String> words =
        new ArrayList<>(
            List.of(
                "serve",
                "--kubernetes.kubeconfig",
                kubeconfig.toString(),
                "--kubernetes.namespaces",
                namespace.name(),
                "--observation.port",
                "0",
                "--adapter.port",
                "0"));
    words.addAll(List.of(flags));
    return new PlaneOnBed(
        Started.inferscale(temporary, words.toArray(String[]::new)), namespace.name());
  }

  /// One that knows no cluster, only pools of files, all in the given namespace.
  ///
  /// @param pools file or folder
  /// @param temporary folder for its temporary files
  /// @param flags further ones of `inferscale serve`
  static PlaneOnBed ofFiles(Path pools, String namespace, Path temporary, String... flags)
      throws IOException {
    List<String> words =
        new ArrayList<>(
            List.of(
                "serve",
                "--pools",
                pools.toString(),
                "--observation.port",
                "0",
                "--adapter.port",
                "0"));
    words.addAll(List.of(flags));
    return new PlaneOnBed(Started.inferscale(temporary, words.toArray(String[]::new)), namespace);
  }

  long pid() {
    return process.pid();
  }

  /// All pools and the documents at fault, as the JSON API gives them.
  JsonNode pools() throws IOException {
    return new ObjectMapper().readTree(text("api/v1/pools"));
  }

  /// What it says of one signal of a pool, as the JSON API gives it.
  JsonNode signal(String pool, String signal) throws IOException {
    return new ObjectMapper()
        .readTree(text("api/v1/pools/" + namespace + "/" + pool + "/signals/" + signal));
  }

  /// NaN where there is none.
  double value(String pool, String signal) throws IOException {
    return signal(pool, signal).path("value").asDouble(Double.NaN);
  }

  /// How many targets count now: `covered/total`, or the reason why nothing does.
  String coverage(String pool) throws IOException {
    JsonNode signal = signal(pool, "inference_requests_running");
    JsonNode targets = signal.path("targets");
    return signal.has("value")
        ? targets.path("covered").asInt() + "/" + targets.path("total").asInt()
        : signal.findPath("reason").asText();
  }

  /// Where the metrics API answers.
  URI adapter() {
    return URI.create("https://localhost:" + process.awaitSaid(ADAPTER).group(1) + "/");
  }

  /// The port of KEDA's external scaler, where it was started with one.
  int keda() {
    return Integer.parseInt(process.awaitSaid(KEDA).group(1));
  }

  /// Where its pools are.
  String namespace() {
    return namespace;
  }

  /// Where the observation API answers.
  URI observation() {
    return observation;
  }

  /// How many calls of KEDA's have ended.
  ///
  /// @param rpc such as `GetMetrics`
  double calls(String rpc) throws IOException {
    return MetricLines.sum(text("metrics"), "inferscale_keda_calls_total", rpc(rpc));
  }

  /// How many streams of activity KEDA has open.
  double streams() throws IOException {
    return MetricLines.sum(text("metrics"), "inferscale_keda_streams", rpc("StreamIsActive"));
  }

  private static String rpc(String name) {
    return "rpc=\"" + name + "\"";
  }

  /// Sends it a signal by its name, such as `TERM`.
  void signal(String name) throws IOException, InterruptedException {
    process.signal(name);
  }

  /// Waits for its end and gives the exit status.
  int status() throws InterruptedException {
    return process.status();
  }

  /// All that it has logged so far.
  String log() {
    return process.out() + process.err();
  }

  /// The body of a page, whatever its status.
  String text(String path) throws IOException {
    var connection = (HttpURLConnection) observation.resolve(path).toURL().openConnection();
    try (InputStream in =
        connection.getResponseCode() < 400
            ? connection.getInputStream()
            : connection.getErrorStream()) {
      return in == null ? "" : new String(in.readAllBytes(), UTF_8);
    }
  }

  @Override
  public void close() {
    process.close();
  }
}
