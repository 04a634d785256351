package dev.inferscale.signals.pool;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.fasterxml.jackson.dataformat.yaml.YAMLMapper;
import dev.inferscale.signals.document.DocumentCheck;
import dev.inferscale.signals.document.Key;
import dev.inferscale.signals.document.Kind;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import org.junit.jupiter.api.Test;

class PoolKeysTest {
  private static final ObjectMapper YAML = new YAMLMapper();

  /// Every key of a pool with pods, none with its default.
  private static final String PODS =
      """
      apiVersion: inferscale.dev/v1alpha1
      kind: ModelPool
      metadata: {name: chat-8b, namespace: serving}
      spec:
        model: acme/chat
        role: decode
        source:
          pods:
            selector:
              matchLabels: {app: chat}
              matchExpressions: [{key: zone, operator: In, values: [a]}]
            ports: [8001]
            scheme: https
            path: /engine
            tls: {caSecretRef: {name: ca, key: ca.crt}}
            bearerTokenSecretRef: {name: t, key: token}
        front:
          pods:
            selector:
              matchLabels: {app: gateway}
              matchExpressions: [{key: zone, operator: In, values: [a]}]
            ports: [9090]
            scheme: https
            path: /queue
            tls: {caSecretRef: {name: ca, key: ca.crt}}
            bearerTokenSecretRef: {name: t, key: token}
        engine: vllm
        interval: 5s
        windows: {rates: 20s, latencies: 2m}
        scaleTargetRef: {apiVersion: apps/v1, kind: Deployment, name: chat-8b}
        traffic: bursty
        objectives: {timeToFirstToken: 2s, timePerOutputToken: 100ms, attainment: 0.95}
        capacity: {coldStart: 120s, minReplicas: 2, maxReplicas: 40, usdPerReplicaHour: 3.9}
        missing: {staleAfter: 16s, answer: hold, holdFor: 10m, minCoverage: 0.75}
      """;

  /// Another, with the two keys that cannot stand beside those.
  private static final String INSECURE =
      PODS.replace("{caSecretRef: {name: ca, key: ca.crt}}", "{insecureSkipVerify: true}");

  private static final String ENDPOINTS =
      """
      apiVersion: inferscale.dev/v1alpha1
      kind: ModelPool
      metadata: {name: chat-8b}
      spec:
        model: acme/chat
        source: {endpoints: ["http://a/metrics"]}
        front: {endpoints: ["http://b/metrics"]}
      """;

  @Test
  void everyKeyThatIsServedIsRead() {
    Set<String> read = new TreeSet<>();
    for (String document : List.of(PODS, INSECURE, ENDPOINTS)) {
      for (String path : paths(document)) {
        assertThat(read(without(document, path)))
            .as("without " + path)
            .isNotEqualTo(read(tree(document)));
        read.add(path);
      }
    }
    Set<String> declared = new TreeSet<>();
    declared(PoolKeys.DOCUMENT, "", declared);

    assertThat(read).isEqualTo(declared);
  }

  @Test
  void everyDefaultHoldsToItsOwnKey() {
    List<String> problems = new ArrayList<>();
    defaults(PoolKeys.DOCUMENT, "", problems);

    assertThat(problems).isEmpty();
  }

  private static ModelPoolReader.Result read(JsonNode document) {
    return ModelPoolReader.read(document, 1, List.of());
  }

  /// `/spec/source/pods/ports`; items of lists count as `/0`.
  private static List<String> paths(String document) {
    List<String> paths = new ArrayList<>();
    paths(tree(document), "", paths);
    return paths;
  }

  private static void paths(JsonNode node, String at, List<String> paths) {
    for (var entry : node.properties()) {
      String path = at + "/" + entry.getKey();
      paths.add(path);
      if (!path.endsWith("matchLabels")) {
        paths(entry.getValue(), path, paths);
      }
    }
    if (node.isArray()) {
      paths(node.get(0), at + "/0", paths);
    }
  }

  private static JsonNode without(String document, String path) {
    JsonNode tree = tree(document);
    int last = path.lastIndexOf('/');
    ((ObjectNode) tree.at(path.substring(0, last))).remove(path.substring(last + 1));
    return tree;
  }

  private static void declared(Kind kind, String at, Set<String> paths) {
    switch (kind) {
      case Kind.Mapping mapping -> {
        for (Key key : mapping.keys()) {
          if (!(key.kind() instanceof Kind.ReadOver || key.kind() instanceof Kind.Unserved)) {
            paths.add(at + "/" + key.name());
            declared(key.kind(), at + "/" + key.name(), paths);
          }
        }
      }
      case Kind.Listing(Kind.Mapping item, _, _, _) -> declared(item, at + "/0", paths);
      default -> {}
    }
  }

  private static void defaults(Kind.Mapping mapping, String at, List<String> problems) {
    for (Key key : mapping.keys()) {
      if (key.preset() != null && !(key.kind() instanceof Kind.Mapping)) {
        JsonNode document = YAML.createObjectNode().set(key.name(), tree(key.preset()));
        Kind.Mapping alone = Kind.Mapping.of(key);
        new DocumentCheck(null, (path, problem) -> problems.add(at + path + " " + problem))
            .mapping(document, "", alone);
      }
      if (key.kind() instanceof Kind.Mapping inner) {
        defaults(inner, at + key.name() + ".", problems);
      }
    }
  }

  private static JsonNode tree(String yaml) {
    try {
      return YAML.readTree(yaml);
    } catch (JsonProcessingException e) {
      throw new AssertionError(e);
    }
  }
}
