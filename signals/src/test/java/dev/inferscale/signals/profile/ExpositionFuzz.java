package dev.inferscale.signals.profile;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.inferscale.signals.exposition.ExpositionParser;
import dev.inferscale.signals.exposition.Limits;
import dev.inferscale.signals.exposition.Page;
import dev.inferscale.signals.exposition.Refused;
import dev.inferscale.signals.exposition.Samples;
import dev.inferscale.signals.profile.Reading.Histogram;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Random;
import java.util.stream.IntStream;

/// Feeds mutated pages to the parser and every profile. Arguments: pages (a million), seed (of the
/// clock), seconds (ten minutes at most). Exit code 1 names the seed and the page where something
/// was thrown or a bound broken. `.ci/long fuzz` runs it.
final class ExpositionFuzz {
  private static final Limits LIMITS = new Limits(16_384, 1_024, 400, 8, 60, 10);
  private static final int LONGEST_SEED_PAGE = 4_096;
  private static final String LETTERS = "{}=\",\\\n #:_.+-0123456789eEaNInf\r\t\u0000\u00ff";
  private static final List<String> PAGES =
      List.of(
          "vllm-loaded.prom",
          "sglang-loaded.prom",
          "inference-worker-loaded.openmetrics",
          "cases/vllm-two-bad-lines.prom",
          "cases/triton-counter-below-zero.prom",
          "cases/vllm-old-and-new-names.prom",
          "cases/sglang-hung.prom");

  private final long seed;
  private final List<byte[]> pages =
      PAGES.stream().map(Pages::bytes).map(ExpositionFuzz::cut).toList();
  private final List<Profile> profiles =
      Pages.PROFILES.names().stream().map(n -> Pages.PROFILES.named(n).orElseThrow()).toList();
  private long refused;
  private long withDefects;

  private ExpositionFuzz(long seed) {
    this.seed = seed;
  }

  public static void main(String[] args) {
    int count = args.length > 0 ? Integer.parseInt(args[0]) : 1_000_000;
    long seed = args.length > 1 ? Long.parseLong(args[1]) : System.nanoTime();
    Duration most = Duration.ofSeconds(args.length > 2 ? Long.parseLong(args[2]) : 600);
    System.out.println("seed " + seed);
    System.exit(new ExpositionFuzz(seed).run(count, most) ? 0 : 1);
  }

  private boolean run(int count, Duration most) {
    long start = System.nanoTime();
    int done = 0;
    for (; done < count && System.nanoTime() - start < most.toNanos(); done++) {
      byte[] page = mutated(new Random(seed + done));
      try {
        check(page);
      } catch (RuntimeException | AssertionError e) {
        System.out.println("page " + done + " of seed " + seed + " failed: " + e);
        e.printStackTrace(System.out);
        return false;
      }
      if (done % 100_000 == 99_999) {
        System.out.println((done + 1) + " pages");
      }
    }
    System.out.printf(
        Locale.ROOT,
        "%d of %d pages in %.1f s: %d refused, %d with defects, nothing thrown, every bound held%n",
        done,
        count,
        (System.nanoTime() - start) / 1e9,
        refused,
        withDefects);
    return true;
  }

  private static byte[] cut(byte[] page) {
    return Arrays.copyOf(page, Math.min(page.length, LONGEST_SEED_PAGE));
  }

  private byte[] mutated(Random random) {
    byte[] page = pages.get(random.nextInt(pages.size())).clone();
    int changes = 1 + random.nextInt(8);
    for (int i = 0; i < changes; i++) {
      page = changed(page, random);
    }
    return page;
  }

  private byte[] changed(byte[] page, Random random) {
    int at = random.nextInt(page.length + 1);
    int length = Math.min(random.nextInt(40), page.length - at);
    return switch (random.nextInt(6)) {
      case 0 -> joined(page, at, new byte[0], at + length);
      case 1 -> joined(page, at, Arrays.copyOfRange(page, at, at + length), at);
      case 2 -> joined(page, at, letters(random), at);
      case 3 -> joined(page, at, letters(random), at + length);
      case 4 -> at == 0 ? page : Arrays.copyOf(page, at);
      default -> {
        byte[] other = pages.get(random.nextInt(pages.size()));
        int from = random.nextInt(other.length);
        byte[] piece = Arrays.copyOfRange(other, from, Math.min(other.length, from + 200));
        yield joined(page, at, piece, at);
      }
    };
  }

  private static byte[] letters(Random random) {
    StringBuilder text = new StringBuilder();
    IntStream.range(0, 1 + random.nextInt(6))
        .forEach(_ -> text.append(LETTERS.charAt(random.nextInt(LETTERS.length()))));
    return text.toString().getBytes(UTF_8);
  }

  private static byte[] joined(byte[] page, int to, byte[] middle, int from) {
    byte[] joined = Arrays.copyOf(page, to + middle.length + page.length - from);
    System.arraycopy(middle, 0, joined, to, middle.length);
    System.arraycopy(page, from, joined, to + middle.length, page.length - from);
    return joined;
  }

  private void check(byte[] body) {
    Page page = ExpositionParser.parse(body, LIMITS);
    switch (page) {
      case Refused(String why) -> {
        refused++;
        require(why.length() <= 200, "a refusal of " + why.length() + " characters");
      }
      case Samples samples -> {
        withDefects += samples.defectCount() > 0 ? 1 : 0;
        require(samples.defects().size() <= LIMITS.defects(), "too many defects");
        require(samples.seriesCount() <= LIMITS.series(), "too many series");
        require(samples.families().size() <= LIMITS.families(), "too many families");
        profiles.forEach(profile -> check(profile.read(samples, Pages.TARGET, Pages.AT, null)));
      }
    }
  }

  private static void check(Reading reading) {
    for (double gauge : reading.gauges()) {
      require(Double.isNaN(gauge) || (gauge >= 0 && gauge < 1e25), "a gauge of " + gauge);
    }
    for (double counter : reading.counters()) {
      require(Double.isNaN(counter) || (counter >= 0 && counter < 1e25), "a total of " + counter);
    }
    for (Histogram histogram : reading.histograms()) {
      if (histogram != null) {
        check(histogram);
      }
    }
    for (Reading.Provenance provenance : reading.provenance()) {
      require(provenance.absence().length() < 1_000, "a long reason: " + provenance.absence());
    }
  }

  private static void check(Histogram histogram) {
    double last = 0;
    for (double upTo : histogram.cumulative()) {
      require(upTo >= last && upTo < 1e25, "cumulative counts that fall");
      last = upTo;
    }
    double bound = Double.NEGATIVE_INFINITY;
    for (double next : histogram.bounds()) {
      require(next > bound && Double.isFinite(next), "bounds that do not rise");
      bound = next;
    }
  }

  private static void require(boolean holds, String otherwise) {
    if (!holds) {
      throw new AssertionError(otherwise);
    }
  }
}
