package dev.inferscale.adapter.wire;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import net.jqwik.api.ForAll;
import net.jqwik.api.Property;

class QuotedProperties {

  @Property
  void whatIsLeftFitsAndSurvivesEncoding(@ForAll String text) {
    String cut = Quoted.cut(text, 20);

    assertThat(cut.length()).isLessThanOrEqualTo(20);
    assertThat(new String(cut.getBytes(UTF_8), UTF_8)).isEqualTo(cut);
  }
}
