package dev.inferscale.adapter.wire;

import static org.assertj.core.api.Assertions.assertThat;

import dev.inferscale.adapter.wire.Negotiation.Form;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class NegotiationTest {
  private static final String DISCOVERY =
      "application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList";

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "*/*",
        "application/*",
        "APPLICATION/JSON",
        "application/vnd.kubernetes.protobuf, */*",
        "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8",
        "application/json;q=0.001"
      })
  void jsonAnswersWhoTakesIt(String accept) {
    assertThat(Negotiation.choose(accept, true)).hasValue(Form.JSON);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "text/plain",
        "application/json;q=0",
        "application/json;as=Table;v=v1;g=meta.k8s.io",
        ",",
        "json"
      })
  void nothingAnswersWhoTakesNothingOfOurs(String accept) {
    assertThat(Negotiation.choose(accept, true)).isEmpty();
  }

  @Test
  void theCallersOrderCountsAmongEqualWeights() {
    assertThat(Negotiation.choose(DISCOVERY + ",application/json", true))
        .hasValue(Form.AGGREGATED_DISCOVERY);
    assertThat(Negotiation.choose("application/json," + DISCOVERY, true)).hasValue(Form.JSON);
    assertThat(Negotiation.choose(DISCOVERY + ";q=0.5,application/json;q=0.4", true))
        .hasValue(Form.AGGREGATED_DISCOVERY);
  }

  @Test
  void aggregatedDiscoveryIsNotServedWhereThereIsNone() {
    assertThat(Negotiation.choose(DISCOVERY, false)).isEmpty();
  }
}
