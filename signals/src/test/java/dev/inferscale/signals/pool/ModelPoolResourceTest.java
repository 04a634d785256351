package dev.inferscale.signals.pool;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.dataformat.yaml.YAMLMapper;
import java.net.URI;
import java.util.List;
import org.junit.jupiter.api.Test;

class ModelPoolResourceTest {
  private static final ObjectMapper YAML = new YAMLMapper();

  private static final String FILE =
      """
      apiVersion: inferscale.dev/v1alpha1
      kind: ModelPool
      metadata: {name: chat, namespace: serving}
      spec:
        model: acme/chat
        source: {endpoints: ["http://a:8000/metrics", "http://b:8000/metrics"]}
      """;

  private static JsonNode tree(String yaml) {
    try {
      return YAML.readTree(yaml);
    } catch (JsonProcessingException e) {
      throw new AssertionError(e);
    }
  }

  private static ModelPoolResource read(String yaml) {
    return ModelPoolResource.read(tree(yaml), List.of("vllm"), page -> !isB(page));
  }

  private static boolean isB(URI page) {
    return "b".equals(page.getHost());
  }

  @Test
  void aResourceIsReadAsAFileIs() {
    String resource =
        FILE.replace(
                "namespace: serving}",
                "namespace: serving, uid: u, generation: 3, resourceVersion: '7', creationTimestamp:"
                    + " '2026-11-27T10:00:00Z', finalizers: [f], ownerReferences: [{name: o}],"
                    + " labels: {a: b}, annotations: {c: d}, managedFields: [{manager: kubectl}]}")
            + "status: {engine: vllm, conditions: [{type: Ready}]}\n";

    ModelPoolResource read = ModelPoolResource.read(tree(resource), List.of(), _ -> true);

    assertThat(read.faults()).isEmpty();
    assertThat(read.pool()).isEqualTo(PoolsFile.parse(FILE).pools().getFirst());
  }

  @Test
  void pagesOfHostsThatTheOperatorDoesNotAllowAreRefused() {
    ModelPoolResource read = read(FILE);

    assertThat(read.pool()).isNull();
    assertThat(read.faults())
        .extracting(PoolFault::sentence)
        .containsExactly(
            "ModelPool (serving/chat): spec.source.endpoints[1]: names 'b:8000', which"
                + " kubernetes.allowedEndpointHosts does not; select pods, or have it added");
  }

  @Test
  void soAreThoseInFrontOfAPool() {
    String fronted = FILE + "  front: {endpoints: ['http://gateway:8088/metrics']}\n";

    assertThat(ModelPoolResource.read(tree(fronted), List.of(), _ -> true).faults()).isEmpty();
    assertThat(
            ModelPoolResource.read(
                    tree(fronted), List.of(), page -> !"gateway".equals(page.getHost()))
                .faults())
        .extracting(PoolFault::sentence)
        .containsExactly(
            "ModelPool (serving/chat): spec.front.endpoints[0]: names 'gateway:8088', which"
                + " kubernetes.allowedEndpointHosts does not; select pods, or have it added");
  }

  @Test
  void podsNeedNobodysLeave() {
    String pods =
        FILE.replaceFirst(
            "endpoints.*", "pods: {selector: {matchLabels: {app: chat}}, ports: [8000]}}");

    assertThat(ModelPoolResource.read(tree(pods), List.of(), _ -> false).pool()).isNotNull();
  }

  @Test
  void everyFaultOfAResourceIsSaidAtOnce() {
    assertThat(read(FILE + "  engine: vlm\n  interval: 2\n").faults())
        .extracting(PoolFault::path)
        .containsExactlyInAnyOrder("spec.engine", "spec.interval");
  }

  @Test
  void whatIsNoResourceIsAFaultToo() {
    assertThat(read("[]").faults()).hasSize(1);
    assertThat(read("{kind: Pod}").faults())
        .extracting(PoolFault::sentence)
        .containsExactly("ModelPool: kind: is 'Pod' but must be ModelPool");
  }
}
