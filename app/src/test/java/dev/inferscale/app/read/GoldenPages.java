package dev.inferscale.app.read;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.inferscale.signals.profile.Profiles;
import dev.inferscale.signals.profile.Signal;
import dev.inferscale.signals.snapshot.Answer;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.time.Duration;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/// The pages that the profiles are held to, and reports made of them.
final class GoldenPages {
  private static final String PROFILES = "/dev/inferscale/signals/profile/";
  private static final String HOSTILE = "/dev/inferscale/signals/exposition/";

  private GoldenPages() {}

  /// A page by its name; `hostile-*.txt` and the like are the parser's.
  static byte[] bytes(String name) {
    String path = (name.endsWith(".txt") ? HOSTILE : PROFILES) + name;
    try (InputStream page = GoldenPages.class.getResourceAsStream(path)) {
      assertThat(page).as(path).isNotNull();
      return page.readAllBytes();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /// What a correct reader makes of the pages.
  static JsonNode expected() {
    try {
      return new ObjectMapper().readTree(bytes("expected.json"));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  static PageReport report(String page) {
    return report(bytes(page), null, 15);
  }

  static PageReport report(String page, String later, double seconds) {
    return report(bytes(page), bytes(later), seconds);
  }

  static PageReport report(byte[] page, byte @Nullable [] later, double seconds) {
    return switch (read(page, later, seconds)) {
      case PageReport.Result.Report(PageReport report) -> report;
      case PageReport.Result.Refusal refusal -> throw new AssertionError(refusal);
    };
  }

  static PageReport.Result read(byte[] page, byte @Nullable [] later, double seconds) {
    Duration between = Duration.ofMillis((long) (1e3 * seconds));
    return PageReport.of(page, later, between, Profiles.bundled(), Profiles.AUTO);
  }

  static Answer.Value value(PageReport report, Signal signal) {
    return switch (Objects.requireNonNull(report.signals().get(signal))) {
      case Answer.Value value -> value;
      case Answer.Missing missing -> throw new AssertionError(signal + " is " + missing);
    };
  }

  static Answer.Missing missing(PageReport report, Signal signal) {
    return switch (Objects.requireNonNull(report.signals().get(signal))) {
      case Answer.Missing missing -> missing;
      case Answer.Value value -> throw new AssertionError(signal + " is " + value);
    };
  }
}
