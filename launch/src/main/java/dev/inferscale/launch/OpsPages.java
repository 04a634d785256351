package dev.inferscale.launch;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.prometheus.metrics.expositionformats.ExpositionFormatWriter;
import io.prometheus.metrics.expositionformats.ExpositionFormats;
import io.prometheus.metrics.model.registry.PrometheusRegistry;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.SequencedMap;

/// The pages every program has for its operators: `/metrics`, `/livez`, `/readyz`. Renders them;
/// the program mounts them on the server that it has. Thread-safe.
public final class OpsPages {
  private static final String TEXT = "text/plain; charset=utf-8";
  private static final String OPEN_METRICS = "application/openmetrics-text";
  private static final int MAX_REASON = 200;

  private final PrometheusRegistry registry;
  private final SequencedMap<String, Check> live;
  private final SequencedMap<String, Check> ready;
  private final ExpositionFormats formats = ExpositionFormats.init();

  /// A finished answer.
  public record Page(int status, String contentType, byte[] body) {}

  /// One thing that must hold. Called on the server's thread: answers from memory, at once.
  @FunctionalInterface
  public interface Check {
    /// Empty when it holds, else one sentence that says what is wrong.
    Optional<String> fault();

    /// What else is worth knowing while it holds, for the verbose page; one line, may be empty.
    default String note() {
      return "";
    }
  }

  /// Pages over these metrics and checks.
  ///
  /// @param live what must hold, by name, or the process should be restarted
  /// @param ready what must hold, by name, for traffic to come here
  public OpsPages(
      PrometheusRegistry registry,
      SequencedMap<String, Check> live,
      SequencedMap<String, Check> ready) {
    this.registry = registry;
    this.live = new LinkedHashMap<>(live);
    this.ready = new LinkedHashMap<>(ready);
  }

  /// The registry as Prometheus text 0.0.4, or as OpenMetrics 1.0 to a client that accepts it.
  ///
  /// @param accept the request's `Accept` header; may be empty
  public Page metrics(String accept) {
    ExpositionFormatWriter writer =
        accept.contains(OPEN_METRICS)
            ? formats.getOpenMetricsTextFormatWriter()
            : formats.getPrometheusTextFormatWriter();
    ByteArrayOutputStream body = new ByteArrayOutputStream(16 * 1024);
    try {
      writer.write(body, registry.scrape());
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    return new Page(200, writer.getContentType(), body.toByteArray());
  }

  /// Whether the process works at all: 200 or 503, in the words of Kubernetes' own `/livez`.
  public Page livez(boolean verbose) {
    return answer("livez", live, verbose);
  }

  /// Whether traffic may come: 200 or 503, in the words of Kubernetes' own `/readyz`.
  public Page readyz(boolean verbose) {
    return answer("readyz", ready, verbose);
  }

  private static Page answer(String name, Map<String, Check> checks, boolean verbose) {
    StringBuilder lines = new StringBuilder();
    boolean holds = true;
    for (Map.Entry<String, Check> check : checks.entrySet()) {
      Optional<String> fault = check.getValue().fault();
      holds &= fault.isEmpty();
      lines.append(
          fault
              .map(reason -> "[-]" + check.getKey() + " failed: " + oneLine(reason) + "\n")
              .orElseGet(() -> "[+]" + check.getKey() + " ok" + note(check.getValue()) + "\n"));
    }
    if (holds && !verbose) {
      return page(200, "ok");
    }
    lines.append(name).append(holds ? " check passed\n" : " check failed\n");
    return page(holds ? 200 : 503, lines.toString());
  }

  private static String note(Check check) {
    String note = check.note();
    return note.isEmpty() ? "" : ": " + oneLine(note);
  }

  private static Page page(int status, String text) {
    return new Page(status, TEXT, text.getBytes(UTF_8));
  }

  private static String oneLine(String reason) {
    String line = reason.replaceAll("\\p{Cntrl}+", " ");
    return line.length() <= MAX_REASON ? line : line.substring(0, MAX_REASON);
  }
}
