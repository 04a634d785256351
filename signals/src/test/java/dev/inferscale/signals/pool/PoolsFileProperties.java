package dev.inferscale.signals.pool;

import static org.assertj.core.api.Assertions.assertThat;

import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.StringLength;

class PoolsFileProperties {

  @Property(tries = 500)
  void noTextMakesTheReaderThrow(@ForAll @StringLength(max = 200) String text) {
    assertThat(PoolsFile.parse(text).pools()).isEmpty();
  }

  @Property(tries = 500)
  void aFaultIsOneShortLine(@ForAll @StringLength(max = 200) String value) {
    String quoted = "'" + value.replaceAll("[^ -~]", "").replace("'", "''") + "'";
    PoolsFile file = PoolsFile.parse("kind: " + quoted + "\nspec: {" + quoted + ": 1}\n");

    assertThat(file.faults())
        .isNotEmpty()
        .allSatisfy(
            fault -> assertThat(fault.sentence()).doesNotContain("\n").hasSizeLessThan(400));
  }
}
