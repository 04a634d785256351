package dev.inferscale.e2e;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.fasterxml.jackson.dataformat.yaml.YAMLGenerator;
import com.fasterxml.jackson.dataformat.yaml.YAMLMapper;
import dev.inferscale.signals.document.Kind;
import dev.inferscale.signals.pool.PoolKeys;
import dev.inferscale.signals.pool.StatusKeys;
import java.util.List;

/// The CustomResourceDefinition of ModelPool. Its schema comes from the keys that the reader has,
/// its columns answer whether a pool works.
final class ModelPoolDefinition {
  static final String FILE = "manifests/crd/modelpools.inferscale.dev.yaml";

  private static final String HEADER =
      """
      # Generated from the keys in dev.inferscale.signals.pool; DocsTest checks it and writes it anew.
      """;

  private static final ObjectMapper YAML =
      YAMLMapper.builder()
          .disable(YAMLGenerator.Feature.WRITE_DOC_START_MARKER)
          .disable(YAMLGenerator.Feature.SPLIT_LINES)
          .enable(YAMLGenerator.Feature.MINIMIZE_QUOTES)
          .enable(YAMLGenerator.Feature.ALWAYS_QUOTE_NUMBERS_AS_STRINGS)
          .build();

  /// In the order of `kubectl get`: what must be right first, why not last.
  private static final List<Column> COLUMNS =
      List.of(
          new Column("Ready", "string", ".status.conditions[?(@.type==\"Ready\")].status"),
          new Column("Targets", "string", ".status.targets.summary"),
          new Column("Engine", "string", ".status.engine"),
          new Column("In Flight", "integer", value("inference_tokens_in_flight")),
          new Column("Waiting", "integer", value("inference_requests_waiting")),
          new Column("Replicas", "integer", ".status.replicas.current"),
          new Column("Reason", "string", ".status.conditions[?(@.type==\"Ready\")].reason"),
          new Column("Age", "date", ".metadata.creationTimestamp"));

  /// @param type `integer` shows all digits, where `number` would show 1.2e+06
  private record Column(String name, String type, String jsonPath) {}

  private ModelPoolDefinition() {}

  static String yaml() {
    try {
      return HEADER + YAML.writeValueAsString(definition());
    } catch (JsonProcessingException e) {
      throw new AssertionError(e);
    }
  }

  private static ObjectNode definition() {
    String group = PoolKeys.API_VERSION.split("/", 2)[0];
    ObjectNode definition = YAML.createObjectNode();
    definition.put("apiVersion", "apiextensions.k8s.io/v1");
    definition.put("kind", "CustomResourceDefinition");
    definition.putObject("metadata").put("name", "modelpools." + group);
    ObjectNode spec = definition.putObject("spec").put("group", group).put("scope", "Namespaced");
    ObjectNode names = spec.putObject("names");
    names.put("kind", PoolKeys.KIND).put("listKind", PoolKeys.KIND + "List");
    names.put("plural", "modelpools").put("singular", "modelpool");
    names.putArray("shortNames").add("mp");
    names.putArray("categories").add("inferscale");
    spec.putArray("versions").add(version());
    return definition;
  }

  private static ObjectNode version() {
    ObjectNode version = YAML.createObjectNode();
    version.put("name", PoolKeys.API_VERSION.split("/", 2)[1]);
    version.put("served", true).put("storage", true);
    version.putObject("subresources").putObject("status");
    ArrayNode columns = version.putArray("additionalPrinterColumns");
    for (Column column : COLUMNS) {
      columns
          .addObject()
          .put("name", column.name())
          .put("type", column.type())
          .put("jsonPath", column.jsonPath());
    }
    version.putObject("schema").set("openAPIV3Schema", root());
    return version;
  }

  /// The API server itself sees to `apiVersion`, `kind` and `metadata`, but for the pool's name,
  /// which is stricter than Kubernetes' names.
  private static ObjectNode root() {
    ObjectNode root = YAML.createObjectNode().put("type", "object");
    root.put(
        "description",
        "One pool of serving replicas: where to measure, how often, what is wanted of it and what to"
            + " do when data is missing.");
    ObjectNode properties = root.putObject("properties");
    properties.putObject("apiVersion").put("type", "string");
    properties.putObject("kind").put("type", "string");
    Kind.Mapping metadata = (Kind.Mapping) PoolKeys.DOCUMENT.key("metadata").kind();
    Kind.Text name = (Kind.Text) metadata.key("name").kind();
    properties
        .putObject("metadata")
        .put("type", "object")
        .putObject("properties")
        .putObject("name")
        .put("type", "string")
        .put("maxLength", name.most());
    properties.set("spec", PoolSchema.of(PoolKeys.DOCUMENT.key("spec")));
    properties.set("status", PoolSchema.ofStatus(StatusKeys.STATUS));
    ArrayNode rules = root.putArray("x-kubernetes-validations");
    for (PoolSchema.Validation rule : PoolSchema.forms("self.metadata.name", name)) {
      rules.add(rule.at(".metadata.name"));
    }
    PoolSchema.presence(PoolKeys.DOCUMENT.key("spec")).forEach(rules::add);
    return root;
  }

  private static String value(String signal) {
    return ".status.values[?(@.signal==\"" + signal + "\")].value";
  }
}
