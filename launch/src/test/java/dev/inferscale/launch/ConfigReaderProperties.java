package dev.inferscale.launch;

import static org.assertj.core.api.Assertions.assertThat;

import dev.inferscale.launch.ConfigReader.Result.Bad;
import dev.inferscale.launch.ConfigReader.Result.Good;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import net.jqwik.api.constraints.LongRange;
import net.jqwik.api.constraints.StringLength;

final class ConfigReaderProperties {
  private static final ConfigReader<Settings> READER = ConfigReader.of(Settings.class);

  @Property
  void anyTextGivesAConfigurationOrFaults(@ForAll @StringLength(max = 200) String yaml) {
    switch (READER.read(yaml, Map.of(), Map.of())) {
      case Good<Settings> good -> assertThat(good.config()).isNotNull();
      case Bad<Settings> bad -> assertThat(bad.faults()).isNotEmpty();
    }
  }

  @Property
  void anyValueOfAFlagGivesAConfigurationOrOneFault(
      @ForAll @IntRange(max = 10) int key, @ForAll String value) {
    String flag = READER.keys().get(key).flag();

    switch (READER.read("", Map.of(), Map.of(flag, List.of(value)))) {
      case Good<Settings> good -> assertThat(good.warnings()).isEmpty();
      case Bad<Settings> bad ->
          assertThat(bad.faults())
              .singleElement()
              .satisfies(fault -> assertThat(fault.line()).doesNotContain("\n"));
    }
  }

  @Property
  void durationsAreReadAsTheyAreWritten(@ForAll @LongRange(max = 1L << 40) long millis) {
    Duration duration = Duration.ofMillis(millis);

    assertThat(ConfigKeys.parse(Duration.class, ConfigKeys.format(duration)))
        .isEqualTo(Optional.of(duration));
  }

  @Property
  void editsAreADistance(
      @ForAll @StringLength(max = 12) String a, @ForAll @StringLength(max = 12) String b) {
    assertThat(ConfigKeys.edits(a, a)).isZero();
    assertThat(ConfigKeys.edits(a, b)).isEqualTo(ConfigKeys.edits(b, a));
    assertThat(ConfigKeys.edits(a, b)).isBetween(0, Math.max(a.length(), b.length()) + 12);
    assertThat(ConfigKeys.edits(a, a + "x")).isEqualTo(1);
  }
}
