package dev.inferscale.app.apis;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.dataformat.yaml.YAMLMapper;
import java.io.IOException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/// Who depends on the external metrics, and who writes into their APIService.
final class DependentsTest {
  private static final String KEDAS =
      "{metadata: {namespace: a, name: keda-hpa-chat}, spec: {metrics: [{type: External, external:"
          + " {metric: {name: s0-x, selector: {matchLabels: {scaledobject.keda.sh/name: chat}}}}}]}}";

  private static final String PLAIN =
      "{metadata: {namespace: b, name: chat}, spec: {metrics: [{type: External, external: {metric:"
          + " {name: inference_requests_waiting}}}]}}";

  private static final String CPU =
      "{metadata: {namespace: c, name: web}, spec: {metrics: [{type: Resource}]}}";

  @ParameterizedTest
  @CsvSource({
    "OURS, '1 HPA (a/keda-hpa-chat) are KEDA''s and get no value here'",
    "FOREIGN, '1 HPA (a/keda-hpa-chat) are KEDA''s and get no value here'",
    "KEDA, 1 HPA (b/chat) ask KEDA here without a ScaledObject",
    "ABSENT, 1 HPA (a/keda-hpa-chat) ask here and nobody answers"
  })
  void whoAsksTheWrongOneIsNamed(Owner owner, String sentence) throws IOException {
    Dependents all = Dependents.of(list(KEDAS, PLAIN, CPU));

    assertThat(all.fault(owner)).get().asString().startsWith(sentence);
  }

  @Test
  void whoAsksTheRightOneIsFine() throws IOException {
    assertThat(Dependents.of(list(KEDAS, CPU)).fault(Owner.KEDA)).isEmpty();
    assertThat(Dependents.of(list(PLAIN, CPU)).fault(Owner.OURS)).isEmpty();
    assertThat(Dependents.of(list(CPU)).fault(Owner.ABSENT)).isEmpty();
  }

  @ParameterizedTest
  @CsvSource({
    "'--enable-cert-rotation=true', OURS, false, true",
    "'--enable-cert-rotation', FOREIGN, true, true",
    "'--enable-cert-rotation=true', KEDA, true, true",
    "'--enable-cert-rotation=true', KEDA, false, false",
    "'--enable-cert-rotation=false', OURS, false, false",
    "'--enable-cert-rotation=true --enable-apiservice-patching=false', OURS, true, false",
    "'--zap-encoder=json', OURS, false, false"
  })
  void anOperatorThatWritesIntoAnothersIsNamedWithTheFlag(
      String flags, Owner owner, boolean unchecked, boolean wrong) throws IOException {
    JsonNode operator =
        list(
            "{metadata: {namespace: keda, name: keda-operator}, spec: {template: {spec: {containers:"
                + " [{args: ['"
                + flags.replace(" ", "','")
                + "']}]}}}}");

    assertThat(KedaOperator.fault(operator, owner, unchecked).isPresent()).isEqualTo(wrong);
    if (wrong) {
      assertThat(KedaOperator.fault(operator, owner, unchecked).orElseThrow())
          .contains("keda/keda-operator", "--enable-apiservice-patching=false");
    }
  }

  private static JsonNode list(String... items) throws IOException {
    return new YAMLMapper().readTree("[" + String.join(",", items) + "]");
  }
}
