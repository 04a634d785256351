package dev.inferscale.app.apis;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.dataformat.yaml.YAMLMapper;
import java.io.IOException;
import java.util.EnumMap;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/// What a plane is to a cluster, by what it found and by what it was told.
final class StanceTest {
  private static final String OURS = "inferscale/inferscale";

  @ParameterizedTest
  @CsvSource({
    "inferscale, inferscale, '', OURS",
    "inferscale, other, '', FOREIGN",
    "other, inferscale, '', FOREIGN",
    "keda, keda-operator-metrics-apiserver, '', KEDA",
    "keda, keda-metrics-apiserver, '', KEDA",
    "autoscaling, metrics, keda-operator, KEDA",
    "monitoring, prometheus-adapter, prometheus, FOREIGN",
    "inferscale, inferscale, keda-operator, OURS"
  })
  void anApiServiceIsWhoseItsServiceIs(
      String namespace, String service, String partOf, Owner expected) throws IOException {
    JsonNode document =
        new YAMLMapper()
            .readTree(
                """
                metadata: {labels: {app.kubernetes.io/part-of: "%s"}}
                spec: {service: {namespace: %s, name: %s}}
                """
                    .formatted(partOf, namespace, service));

    assertThat(Registered.read(document, OURS))
        .isEqualTo(new Registered(expected, namespace + "/" + service));
  }

  @Test
  void anApiServiceWithoutAServiceIsTheApiServersOwn() throws IOException {
    JsonNode document = new YAMLMapper().readTree("{spec: {service: null}}");

    assertThat(Registered.read(document, OURS))
        .isEqualTo(new Registered(Owner.FOREIGN, "(the API server itself)"));
  }

  @ParameterizedTest
  @CsvSource({
    "ABSENT, ABSENT, EXTERNAL",
    "OURS, OURS, EXTERNAL",
    "OURS, FOREIGN, EXTERNAL",
    "KEDA, ABSENT, KEDA",
    "KEDA, OURS, KEDA",
    "FOREIGN, ABSENT, CUSTOM",
    "FOREIGN, OURS, CUSTOM",
    "FOREIGN, UNKNOWN, CUSTOM",
    "FOREIGN, FOREIGN, NONE",
    "UNKNOWN, OURS, ",
    "UNKNOWN, UNKNOWN, "
  })
  void ifNobodySaysItIsWhatIsFound(Owner external, Owner custom, Mode expected) {
    Stance stance = Stance.of(Mode.AUTO, true, found(external, custom));

    assertThat(stance.mode().orElse(null)).isEqualTo(expected);
    assertThat(stance.warnings()).isEmpty();
  }

  @ParameterizedTest
  @CsvSource({
    "EXTERNAL, KEDA, ABSENT, 'is KEDA''s (keda/keda-operator-metrics-apiserver) and is left alone'",
    "EXTERNAL, FOREIGN, ABSENT, leads to Service monitoring/prometheus-adapter and is left alone",
    "KEDA, ABSENT, ABSENT, is KEDA's metrics server there?",
    "KEDA, OURS, ABSENT, kubectl delete apiservice v1beta1.external.metrics.k8s.io",
    "KEDA, FOREIGN, ABSENT, do not grow beyond one replica until KEDA's metrics server has it",
    "CUSTOM, OURS, OURS, kubectl delete apiservice v1beta1.external.metrics.k8s.io",
    "CUSTOM, ABSENT, FOREIGN, custom.metrics.k8s.io leads to Service monitoring/prometheus-adapter",
    "NONE, OURS, ABSENT, kubectl delete apiservice v1beta1.external.metrics.k8s.io",
    "NONE, ABSENT, OURS, custom.metrics.k8s.io leads to our Service"
  })
  void aModeThatContradictsWhatIsFoundStaysAndIsWarnedOf(
      Mode configured, Owner external, Owner custom, String sentence) {
    Stance stance = Stance.of(configured, true, found(external, custom));

    assertThat(stance.mode()).contains(configured);
    assertThat(stance.warnings())
        .singleElement()
        .asString()
        .startsWith("apis.mode is " + configured.word() + ", but ")
        .contains(sentence);
  }

  @ParameterizedTest
  @CsvSource({
    "EXTERNAL, OURS, OURS",
    "EXTERNAL, ABSENT, FOREIGN",
    "EXTERNAL, UNKNOWN, UNKNOWN",
    "KEDA, KEDA, OURS",
    "KEDA, UNKNOWN, UNKNOWN",
    "CUSTOM, FOREIGN, OURS",
    "NONE, KEDA, FOREIGN"
  })
  void whatFitsIsNotWarnedOf(Mode configured, Owner external, Owner custom) {
    assertThat(Stance.of(configured, true, found(external, custom)).warnings()).isEmpty();
  }

  @Test
  void withKedaThereAndNobodyToAnswerItThatIsSaid() {
    assertThat(Stance.of(Mode.AUTO, false, found(Owner.KEDA, Owner.ABSENT)).warnings())
        .singleElement()
        .asString()
        .contains("no section keda");
  }

  @Test
  void whatIsFoundIsSaidInOneSentenceThatNamesTheService() {
    assertThat(Stance.of(Mode.AUTO, true, found(Owner.KEDA, Owner.OURS)).said())
        .contains("is KEDA's (keda/keda-operator-metrics-apiserver)")
        .contains("./inferscale hpa --pool P --keda")
        .endsWith("custom.metrics.k8s.io leads to us");
    assertThat(Stance.of(Mode.AUTO, true, Map.of()).said())
        .contains("manifests/base/rbac/api-service-reader.yaml");
  }

  private static Map<MetricsApi, Registered> found(Owner external, Owner custom) {
    Map<MetricsApi, Registered> found = new EnumMap<>(MetricsApi.class);
    found.put(MetricsApi.EXTERNAL, registered(external));
    found.put(MetricsApi.CUSTOM_V1BETA2, registered(custom));
    if (custom == Owner.ABSENT) {
      found.put(MetricsApi.CUSTOM_V1BETA1, registered(custom));
    }
    return found;
  }

  private static Registered registered(Owner owner) {
    return new Registered(
        owner,
        switch (owner) {
          case OURS -> OURS;
          case KEDA -> "keda/keda-operator-metrics-apiserver";
          case FOREIGN -> "monitoring/prometheus-adapter";
          case ABSENT, UNKNOWN -> "";
        });
  }
}
