package dev.inferscale.e2e;

import static java.nio.charset.StandardCharsets.UTF_8;
import static java.util.stream.Collectors.joining;

import dev.inferscale.adapter.certificate.Keytool;
import dev.inferscale.adapter.certificate.Pem;
import dev.inferscale.adapter.certificate.ServingKey;
import dev.inferscale.app.plane.KedaSection;
import dev.inferscale.app.plane.KubernetesSection;
import dev.inferscale.app.plane.Plane;
import dev.inferscale.app.plane.PlaneConfig;
import dev.inferscale.launch.MonotonicTime;
import dev.inferscale.launch.OpsPages;
import dev.inferscale.worker.telemetry.Identity;
import dev.inferscale.worker.telemetry.Load;
import dev.inferscale.worker.telemetry.WorkerMetrics;
import io.prometheus.metrics.model.registry.PrometheusRegistry;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.time.Duration;
import java.time.Instant;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SequencedMap;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/// The reference of the metrics that our programs export about themselves, from their own pages.
final class MetricTable {
  private static final Pattern LABEL = Pattern.compile("(\\w+)=\"((?:[^\"\\\\]|\\\\.)*)\"");
  private static final Pattern HEAD = Pattern.compile("# (HELP|TYPE) (\\S+) (.*)");
  private static final Pattern SAMPLE =
      Pattern.compile("(\\w+?)(?:_bucket|_sum|_count)?\\{(.*)\\}.*");

  private MetricTable() {}

  /// The plane's metrics, from the page of one that runs, speaks TLS with KEDA and watches: for
  /// that it need not reach an API server.
  static String plane() {
    KubernetesSection away =
        new KubernetesSection(
            KubernetesSection.Mode.KUBECONFIG,
            Optional.of(Path.of("kubeconfig-that-is-not-there")),
            List.of(),
            List.of());
    try (Plane plane =
            Plane.start(
                PlaneConfig.defaults().onPorts(0, 0).reaching(away).serving(keda()),
                List.of(),
                "dev",
                new MonotonicTime());
        InputStream page = plane.observation().resolve("/metrics").toURL().openStream()) {
      String text = new String(page.readAllBytes(), UTF_8);
      return table(text, "inferscale_")
          + Stream.of("apiserver_", "authentication_", "authorization_", "metrics_apiserver_")
              .map(prefix -> table(text, prefix).split("\n", 3)[2])
              .collect(joining());
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static KedaSection keda() {
    KedaSection preset = KedaSection.defaults();
    try {
      ServingKey pair = Keytool.forLoopback(Instant.now());
      Path folder = Files.createTempDirectory("metric-table");
      Path certificate = Files.write(folder.resolve("tls.crt"), Pem.of(pair.chain()));
      Path key = Files.write(folder.resolve("tls.key"), Pem.of(pair.key()));
      return new KedaSection(
          preset.host(),
          0,
          0,
          preset.insecure(),
          Optional.of(certificate),
          Optional.of(key),
          Optional.of(certificate),
          preset.clients(),
          preset.grace(),
          preset.maxStreams(),
          preset.reflection());
    } catch (GeneralSecurityException e) {
      throw new IllegalStateException(e);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /// The worker's metrics, priced and paced, so that the optional ones are there.
  static String worker() {
    PrometheusRegistry registry = new PrometheusRegistry();
    WorkerMetrics metrics =
        new WorkerMetrics(registry, new Identity("demo", "cpu", "dev", 16, 1024, 1, 1, 1, 1));
    metrics.watch(() -> new Load(0, 0, 0, 0, 0, Duration.ZERO));
    metrics.watchPace(() -> Duration.ZERO);
    OpsPages pages = new OpsPages(registry, new LinkedHashMap<>(), new LinkedHashMap<>());
    String page = new String(pages.metrics("").body(), UTF_8);
    return table(page, "inference_worker_") + table(page, "gen_ai_").split("\n", 3)[2];
  }

  private static String table(String page, String prefix) {
    Map<String, Family> families = new TreeMap<>();
    page.lines().forEach(line -> take(line, families));
    return "| metric | type | labels | help |\n|---|---|---|---|\n"
        + families.entrySet().stream()
            .filter(family -> family.getKey().startsWith(prefix))
            .map(family -> "| `" + family.getKey() + "` | " + family.getValue().cells() + " |\n")
            .collect(joining());
  }

  private static void take(String line, Map<String, Family> families) {
    for (MatchResult head : HEAD.matcher(line).results().toList()) {
      family(families, head.group(2)).head().put(head.group(1), head.group(3));
    }
    for (MatchResult sample : SAMPLE.matcher(line).results().toList()) {
      LABEL
          .matcher(sample.group(2))
          .results()
          .filter(label -> !label.group(1).equals("le"))
          .forEach(label ->
              family(families, sample.group(1))
                  .labels()
                  .computeIfAbsent(label.group(1), _ -> new TreeSet<>())
                  .add(label.group(2)));
    }
  }

  private static Family family(Map<String, Family> families, String name) {
    return families.computeIfAbsent(name, _ -> new Family(new HashMap<>(), new LinkedHashMap<>()));
  }

  /// One family while its lines are read.
  ///
  /// @param head what its HELP and TYPE lines say
  /// @param labels the values that each label has
  private record Family(Map<String, String> head, SequencedMap<String, Set<String>> labels) {
    String cells() {
      String names = labels.entrySet().stream().map(Family::label).collect(joining(", "));
      return "%s | %s | %s".formatted(head.get("TYPE"), names, head.get("HELP"));
    }

    /// Only a label with several values has fixed ones.
    private static String label(Map.Entry<String, Set<String>> label) {
      String values =
          label.getValue().size() > 1 ? " (" + String.join(", ", label.getValue()) + ")" : "";
      return "`" + label.getKey() + "`" + values;
    }
  }
}
