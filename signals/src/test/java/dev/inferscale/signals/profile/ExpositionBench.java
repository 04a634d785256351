package dev.inferscale.signals.profile;

import static java.nio.charset.StandardCharsets.UTF_8;

import com.sun.management.ThreadMXBean;
import dev.inferscale.signals.exposition.ExpositionParser;
import dev.inferscale.signals.exposition.FamilySet;
import dev.inferscale.signals.exposition.Limits;
import dev.inferscale.signals.exposition.Samples;
import dev.inferscale.signals.profile.Reading.Gauge;
import java.lang.management.ManagementFactory;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.function.ToDoubleFunction;

/// Reading a 300 kB vLLM page, beside a plain parser that splits strings. All ways take turns in
/// each round; CPU time and allocation are the thread's own. `.ci/long bench parser` runs it.
final class ExpositionBench {
  private static final int ROUNDS = 9;
  private static final int WARM_UP_ROUNDS = 4;
  private static final int PAGES_PER_ROUND = 400;
  private static final int ENGINES = 6;
  private static final ThreadMXBean THREADS = (ThreadMXBean) ManagementFactory.getThreadMXBean();

  private ExpositionBench() {}

  public static void main(String[] args) {
    byte[] page = busyPage();
    Profile vllm = Pages.PROFILES.named("vllm").orElseThrow();
    Map<String, ToDoubleFunction<byte[]>> ways = new LinkedHashMap<>();
    ways.put("String.split", body -> split(new String(body, UTF_8)));
    ways.put("parse, every family", body -> parse(body, FamilySet.ALL).seriesCount());
    ways.put(
        "parse, what profiles read", body -> parse(body, Pages.PROFILES.wanted()).seriesCount());
    ways.put(
        "parse and read",
        body ->
            vllm.read(parse(body, Pages.PROFILES.wanted()), Pages.TARGET, Pages.AT, null)
                .gauge(Gauge.REQUESTS_RUNNING));
    System.out.printf(
        Locale.ROOT,
        "page of %d bytes, %d series%n",
        page.length,
        parse(page, FamilySet.ALL).seriesCount());
    report(page, measure(page, ways));
  }

  private static Samples parse(byte[] body, FamilySet wanted) {
    return (Samples) ExpositionParser.parse(body, wanted, Limits.DEFAULTS);
  }

  /// For each way its rounds: nanoseconds of CPU time and bytes for one page.
  private static Map<String, List<double[]>> measure(
      byte[] page, Map<String, ToDoubleFunction<byte[]>> ways) {
    Map<String, List<double[]>> rounds = new LinkedHashMap<>();
    for (int round = -WARM_UP_ROUNDS; round < ROUNDS; round++) {
      boolean counts = round >= 0;
      ways.forEach((name, way) -> {
        double[] measured = round(page, way);
        if (counts) {
          rounds.computeIfAbsent(name, _ -> new ArrayList<>()).add(measured);
        }
      });
    }
    return rounds;
  }

  private static double[] round(byte[] page, ToDoubleFunction<byte[]> way) {
    long bytes = THREADS.getCurrentThreadAllocatedBytes();
    long nanos = THREADS.getCurrentThreadCpuTime();
    double check = 0;
    for (int i = 0; i < PAGES_PER_ROUND; i++) {
      check += way.applyAsDouble(page);
    }
    nanos = THREADS.getCurrentThreadCpuTime() - nanos;
    bytes = THREADS.getCurrentThreadAllocatedBytes() - bytes;
    if (!(check > 0)) {
      throw new IllegalStateException("nothing was read");
    }
    return new double[] {(double) nanos / PAGES_PER_ROUND, (double) bytes / PAGES_PER_ROUND};
  }

  private static void report(byte[] page, Map<String, List<double[]>> rounds) {
    double peer = median(rounds.getOrDefault("String.split", List.of()), 0);
    System.out.printf(
        Locale.ROOT,
        "%-26s %10s %17s %10s %12s %8s%n",
        "",
        "us/page",
        "(min - max)",
        "MB/s/core",
        "bytes/page",
        "ratio");
    rounds.forEach((name, all) -> {
      double nanos = median(all, 0);
      double[] sorted = all.stream().mapToDouble(round -> round[0] / 1e3).sorted().toArray();
      System.out.printf(
          Locale.ROOT,
          "%-26s %10.1f %7.1f - %7.1f %10.0f %12.0f %8.1f%n",
          name,
          nanos / 1e3,
          sorted[0],
          sorted[sorted.length - 1],
          page.length / nanos * 1e3,
          median(all, 1),
          peer / nanos);
    });
  }

  private static double median(List<double[]> rounds, int column) {
    double[] sorted = rounds.stream().mapToDouble(round -> round[column]).sorted().toArray();
    return sorted[sorted.length / 2];
  }

  /// What a page looks like with several data-parallel engines: every series once for each of them.
  static byte[] busyPage() {
    StringBuilder page = new StringBuilder();
    List<String> family = new ArrayList<>();
    for (String line : new String(Pages.bytes("vllm-loaded.prom"), UTF_8).lines().toList()) {
      if (line.startsWith("#")) {
        flush(family, page);
        page.append(line).append('\n');
      } else {
        family.add(line);
      }
    }
    flush(family, page);
    return page.toString().getBytes(UTF_8);
  }

  private static void flush(List<String> family, StringBuilder page) {
    for (int engine = 0; engine < ENGINES; engine++) {
      for (String line : family) {
        if (engine == 0 || line.contains("engine=\"0\"")) {
          page.append(line.replace("engine=\"0\"", "engine=\"" + engine + "\"")).append('\n');
        }
      }
    }
    family.clear();
  }

  /// The peer: what one writes first.
  private static double split(String page) {
    List<PlainSample> samples = new ArrayList<>();
    for (String line : Arrays.asList(page.split("\n", -1))) {
      if (line.isBlank() || line.startsWith("#")) {
        continue;
      }
      int brace = line.indexOf('{');
      int close = line.lastIndexOf('}');
      String name = brace < 0 ? line.substring(0, line.indexOf(' ')) : line.substring(0, brace);
      Map<String, String> labels = new HashMap<>();
      if (brace >= 0) {
        for (String label : line.substring(brace + 1, close).split(",", -1)) {
          String[] parts = label.split("=", 2);
          labels.put(parts[0], parts[1].substring(1, parts[1].length() - 1));
        }
      }
      String value = line.substring(Math.max(close + 1, name.length())).trim();
      samples.add(new PlainSample(name, labels, Double.parseDouble(value)));
    }
    return samples.size();
  }

  private record PlainSample(String name, Map<String, String> labels, double value) {}
}
