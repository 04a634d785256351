package dev.inferscale.e2e;

import static java.util.stream.Collectors.toMap;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.dataformat.yaml.YAMLMapper;
import dev.inferscale.app.plane.KedaSection;
import dev.inferscale.app.plane.PlaneConfig;
import dev.inferscale.launch.ConfigReader;
import dev.inferscale.launch.ConfigReader.Result;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;

/// That what `manifests/keda` says in several places is the same.
final class KedaManifestsTest {
  private static final Path FOLDER = SourceTree.root().resolve("manifests/keda");

  @Test
  void itsEnvironmentIsASectionThatAPlaneTakesAndThePortsAreItsOwn() throws IOException {
    KedaSection keda = configured();
    JsonNode ports = container().path("ports");

    assertThat(container().path("env")).isNotEmpty();
    assertThat(keda.insecure()).isFalse();
    assertThat(ports.get(0).path("containerPort").asInt()).isEqualTo(keda.port());
    assertThat(ports.get(1).path("containerPort").asInt()).isEqualTo(keda.healthPort());
    JsonNode service = document("component/service.yaml", "Service");
    assertThat(service.at("/spec/clusterIP").asText()).isEqualTo("None");
    assertThat(service.at("/spec/ports/0/port").asInt()).isEqualTo(keda.port());
    assertThat(service.at("/spec/ports/0/targetPort")).isEqualTo(ports.get(0).path("name"));
    assertThat(
            document("component/service.yaml", "NetworkPolicy").at("/spec/ingress/0/ports/0/port"))
        .isEqualTo(ports.get(0).path("name"));
  }

  @Test
  void theFilesThatItNamesAreThoseOfTheSecretThatIsMounted() throws IOException {
    KedaSection keda = configured();
    String mounted = container().at("/volumeMounts/0/mountPath").asText();

    assertThat(List.of(keda.certificate(), keda.key(), keda.clientCa()))
        .containsExactly(
            Optional.of(Path.of(mounted, "tls.crt")),
            Optional.of(Path.of(mounted, "tls.key")),
            Optional.of(Path.of(mounted, "ca.crt")));
    JsonNode certificate = named("cert-manager/certificates.yaml", "inferscale-keda");
    assertThat(deployment().at("/spec/template/spec/volumes/0/secret/secretName"))
        .isEqualTo(certificate.at("/spec/secretName"));
  }

  /// KEDA checks the host of the address against the certificate.
  @Test
  void theCertificateIsForTheHostThatTriggersName() throws IOException {
    JsonNode certificate = named("cert-manager/certificates.yaml", "inferscale-keda");
    JsonNode service = document("component/service.yaml", "Service").path("metadata");
    String host = service.path("name").asText() + "." + service.path("namespace").asText();

    assertThat(certificate.at("/spec/dnsNames").valueStream().map(JsonNode::asText))
        .containsExactly(host, host + ".svc", host + ".svc.cluster.local");
    assertThat(
            document("samples/scaled-object.yaml", "ScaledObject")
                .at("/spec/triggers/0/metadata/scalerAddress")
                .asText())
        .isEqualTo(host + ".svc:" + configured().port());
  }

  @Test
  void theSamplesUseTheCertificateThatIsMadeForKeda() throws IOException {
    JsonNode client = named("cert-manager/certificates.yaml", "inferscale-keda-client");
    JsonNode authentication =
        document("samples/trigger-authentication.yaml", "ClusterTriggerAuthentication");

    assertThat(authentication.at("/spec/secretTargetRef").findValuesAsText("name"))
        .hasSize(3)
        .containsOnly(client.at("/spec/secretName").asText());
    for (String kind : List.of("ScaledObject", "ScaledJob")) {
      String file = kind.equals("ScaledJob") ? "scaled-job" : "scaled-object";
      assertThat(document("samples/" + file + ".yaml", kind).at("/spec/triggers"))
          .isNotEmpty()
          .allSatisfy(trigger ->
              assertThat(trigger.at("/authenticationRef/name"))
                  .isEqualTo(authentication.at("/metadata/name")));
    }
  }

  private static KedaSection configured() throws IOException {
    Map<String, String> environment =
        container()
            .path("env")
            .valueStream()
            .collect(
                toMap(each -> each.path("name").asText(), each -> each.path("value").asText()));
    return switch (ConfigReader.of(PlaneConfig.class).read("", environment, Map.of())) {
      case Result.Good<PlaneConfig>(PlaneConfig config, _) -> config.keda().orElseThrow();
      case Result.Bad<PlaneConfig> bad -> throw new AssertionError(bad);
    };
  }

  private static JsonNode container() throws IOException {
    return deployment().at("/spec/template/spec/containers/0");
  }

  private static JsonNode deployment() throws IOException {
    return document("component/deployment.yaml", "Deployment");
  }

  private static JsonNode named(String file, String name) throws IOException {
    return documents(file).stream()
        .filter(each -> each.path("kind").asText().equals("Certificate"))
        .filter(each -> each.at("/metadata/name").asText().equals(name))
        .findFirst()
        .orElseThrow();
  }

  private static JsonNode document(String file, String kind) throws IOException {
    return documents(file).stream()
        .filter(each -> each.path("kind").asText().equals(kind))
        .findFirst()
        .orElseThrow();
  }

  private static List<JsonNode> documents(String file) throws IOException {
    try (var values =
        new YAMLMapper()
            .readerFor(JsonNode.class)
            .<JsonNode>readValues(Files.readString(FOLDER.resolve(file)))) {
      return values.readAll();
    }
  }
}
