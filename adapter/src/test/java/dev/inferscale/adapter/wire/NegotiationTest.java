package dev.inferscale.adapter.wire;

import static org.assertj.core.api.Assertions.assertThat;

import dev.inferscale.adapter.wire.Negotiation.Form;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class NegotiationTest {
  private static final String DISCOVERY =
      "application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList";

  private static final Set<Form> GROUPS = Set.of(Form.JSON, Form.AGGREGATED_DISCOVERY);
  private static final Set<Form> VALUES =
      Set.of(Form.JSON, Form.PROTOBUF, Form.TABLE_V1, Form.TABLE_V1BETA1);

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
    assertThat(Negotiation.choose(accept, GROUPS)).hasValue(Form.JSON);
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
    assertThat(Negotiation.choose(accept, GROUPS)).isEmpty();
  }

  @Test
  void theCallersOrderCountsAmongEqualWeights() {
    assertThat(Negotiation.choose(DISCOVERY + ",application/json", GROUPS))
        .hasValue(Form.AGGREGATED_DISCOVERY);
    assertThat(Negotiation.choose("application/json," + DISCOVERY, GROUPS)).hasValue(Form.JSON);
    assertThat(Negotiation.choose(DISCOVERY + ";q=0.5,application/json;q=0.4", GROUPS))
        .hasValue(Form.AGGREGATED_DISCOVERY);
  }

  @Test
  void aggregatedDiscoveryIsNotServedWhereThereIsNone() {
    assertThat(Negotiation.choose(DISCOVERY, VALUES)).isEmpty();
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "application/vnd.kubernetes.protobuf, */* | PROTOBUF",
        "application/vnd.kubernetes.protobuf,application/json | PROTOBUF",
        "application/json, application/vnd.kubernetes.protobuf | JSON",
        "application/vnd.kubernetes.protobuf;q=0.1, */*;q=0.2 | JSON",
        "application/json;as=Table;v=v1;g=meta.k8s.io,application/json;as=Table;v=v1beta1;g=meta.k8s.io,application/json | TABLE_V1",
        "application/json;as=Table;v=v1beta1;g=meta.k8s.io,application/json | TABLE_V1BETA1",
        "application/json;as=Table;v=v2;g=meta.k8s.io,application/json | JSON",
        "application/json;as=PartialObjectMetadata;v=v1;g=meta.k8s.io,application/json | JSON",
        "application/vnd.kubernetes.protobuf;as=Table;v=v1;g=meta.k8s.io,application/json | JSON",
        "*/* | JSON"
      })
  void aListOfValuesHasManyForms(String accept, Form form) {
    assertThat(Negotiation.choose(accept, VALUES)).hasValue(form);
  }
}
