package dev.inferscale.signals.profile;

import static org.assertj.core.api.Assertions.assertThat;

import dev.inferscale.signals.exposition.ExpositionParser;
import dev.inferscale.signals.exposition.Limits;
import dev.inferscale.signals.exposition.Page;
import dev.inferscale.signals.exposition.Samples;
import dev.inferscale.signals.pool.PoolId;
import dev.inferscale.signals.pool.Target;
import dev.inferscale.signals.profile.Reading.Distribution;
import dev.inferscale.signals.profile.Reading.Histogram;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.net.URI;
import java.nio.charset.Charset;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/// Pages of the test resources, and readings made of them.
final class Pages {
  static final Profiles PROFILES = Profiles.bundled();
  static final Target TARGET =
      new Target(new PoolId("serving", "chat"), "a:1", URI.create("http://127.0.0.1:1/metrics"));
  static final Instant AT = Instant.EPOCH;
  static final Charset UTF_8 = StandardCharsets.UTF_8;

  private Pages() {}

  static byte[] bytes(String name) {
    try (InputStream page = Pages.class.getResourceAsStream(name)) {
      assertThat(page).as(name).isNotNull();
      return page.readAllBytes();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  static Samples samples(byte[] body) {
    Page page = ExpositionParser.parse(body, PROFILES.wanted(), Limits.DEFAULTS);
    assertThat(page).isInstanceOf(Samples.class);
    return (Samples) page;
  }

  static Reading read(String name) {
    return read(bytes(name), null);
  }

  static Reading read(byte[] body, @Nullable String onlyModel) {
    Samples samples = samples(body);
    Profile profile = PROFILES.choose(samples, Profiles.AUTO).orElseThrow();
    return profile.read(samples, TARGET, AT, onlyModel);
  }

  static Reading readText(String text) {
    return read(text.getBytes(UTF_8), null);
  }

  static Histogram histogram(Reading reading, Distribution distribution) {
    return Objects.requireNonNull(reading.histogram(distribution), distribution.name());
  }

  /// A reading by a profile that is written in the test.
  static Reading readText(String profile, String text) {
    Samples samples = samples(text.getBytes(UTF_8), Profile.parse(profile));
    return Profile.parse(profile).read(samples, TARGET, AT, null);
  }

  private static Samples samples(byte[] body, Profile profile) {
    Page page = ExpositionParser.parse(body, profile.wanted(), Limits.DEFAULTS);
    assertThat(page).isInstanceOf(Samples.class);
    return (Samples) page;
  }
}
