package dev.inferscale.e2e.bed;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.fabric8.kubernetes.api.model.GenericKubernetesResource;
import io.fabric8.kubernetes.api.model.Status;
import io.fabric8.kubernetes.api.model.StatusCause;
import io.fabric8.kubernetes.api.model.StatusDetails;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientException;
import io.fabric8.kubernetes.client.dsl.FieldValidateable.Validation;
import java.util.List;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/// ModelPools on the bed's API server, with the committed definition; pools are tried, or deleted
/// at once.
final class PoolsOnAServer {
  private static final ObjectMapper JSON = new ObjectMapper();

  /// What stands before the sentence, with the value where the API server shows it.
  private static final Pattern CLASS =
      Pattern.compile("(?s)(?:Invalid value|Required value|Forbidden): (.*)");

  /// What the schema itself says, before and instead of its rules.
  private static final Pattern OF_THE_SCHEMA =
      Pattern.compile(
          "(?s)(Too long|Too many|Duplicate value):.*|.*(must be of type|invalid data, expected).*");

  /// Where it says that it has not checked the rules.
  private static final String NO_PATH = "<nil>";

  private final KubernetesClient client;

  /// @param path as the reader writes it; empty where the API server names none
  /// @param sentence as the reader would say it
  /// @param isOfTheSchema whether these are the API server's own words
  record Refusal(String path, String sentence, boolean isOfTheSchema) {}

  private static final class Holder {
    static final PoolsOnAServer SERVER = new PoolsOnAServer();
  }

  static PoolsOnAServer get() {
    return Holder.SERVER;
  }

  private PoolsOnAServer() {
    client = Bed.shared().kube();
  }

  /// Everything that the API server refuses of a pool; empty where it takes it.
  List<Refusal> refusals(JsonNode pool) {
    Optional<Status> status = failure(pool).map(KubernetesClientException::getStatus);
    List<StatusCause> causes =
        status.map(Status::getDetails).map(StatusDetails::getCauses).orElse(List.of()).stream()
            .filter(cause -> !NO_PATH.equals(cause.getField()))
            .toList();
    return causes.isEmpty() && status.isPresent()
        ? List.of(new Refusal("", status.get().getMessage(), true))
        : causes.stream().map(PoolsOnAServer::refusal).toList();
  }

  /// What it says as a whole.
  String message(JsonNode pool) {
    return failure(pool).map(failure -> failure.getStatus().getMessage()).orElse("");
  }

  /// The pool as it would be stored.
  JsonNode accepted(JsonNode pool) {
    return JSON.valueToTree(create(pool));
  }

  /// The status that the API server stores of a pool to which it is written.
  JsonNode storedStatus(JsonNode pool, JsonNode status) {
    ObjectNode written = pool.deepCopy();
    written.set("status", status);
    var stored = client.resource(resource(pool));
    try {
      stored.create();
      return JSON.valueToTree(client.resource(resource(written)).patchStatus()).path("status");
    } finally {
      stored.delete();
    }
  }

  private Optional<KubernetesClientException> failure(JsonNode pool) {
    try {
      create(pool);
      return Optional.empty();
    } catch (KubernetesClientException e) {
      if (e.getStatus() == null || e.getCode() < 400 || e.getCode() >= 500) {
        throw e;
      }
      return Optional.of(e);
    }
  }

  private GenericKubernetesResource create(JsonNode pool) {
    return client.resource(resource(pool)).dryRun().fieldValidation(Validation.STRICT).create();
  }

  private GenericKubernetesResource resource(JsonNode pool) {
    return client
        .getKubernetesSerialization()
        .unmarshal(pool.toString(), GenericKubernetesResource.class);
  }

  private static Refusal refusal(StatusCause cause) {
    String message = cause.getMessage();
    boolean own = OF_THE_SCHEMA.matcher(message).matches();
    Matcher matcher = CLASS.matcher(message);
    String sentence = matcher.matches() && !own ? withoutValue(matcher.group(1)) : message;
    String path = cause.getField().replaceAll("\\[([^0-9\\]][^\\]]*)]", ".$1");
    return new Refusal(path, sentence, own);
  }

  /// `"spiky": is 'spiky' but ...` or `90: is '90' but ...`; mappings and lists are not shown.
  private static String withoutValue(String detail) {
    return detail.replaceFirst("(?s)^(\"(?:[^\"\\\\]|\\\\.)*\"|-?[0-9.e+-]+): ", "");
  }
}
