package dev.inferscale.app.act;

import com.fasterxml.jackson.databind.JsonNode;
import dev.inferscale.signals.pool.ModelPoolStatus;
import dev.inferscale.signals.pool.ModelPoolStatus.Condition;
import dev.inferscale.signals.pool.ModelPoolStatus.Condition.Truth;
import dev.inferscale.signals.pool.ModelPoolStatus.Replicas;
import dev.inferscale.signals.pool.ModelPoolStatus.Targets;
import dev.inferscale.signals.pool.ModelPoolStatus.Value;
import java.time.DateTimeException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/// Reads a status that stands in a resource, whoever wrote it: what is not understood counts as not
/// there, and is then written anew.
final class StatusText {
  private StatusText() {}

  /// Empty where no status has been written.
  static Optional<ModelPoolStatus> read(JsonNode status) {
    if (!status.isObject() || status.isEmpty()) {
      return Optional.empty();
    }
    List<Condition> conditions = new ArrayList<>();
    status.path("conditions").forEach(each -> condition(each).ifPresent(conditions::add));
    List<Value> values = new ArrayList<>();
    status.path("values").forEach(each -> value(each).ifPresent(values::add));
    JsonNode targets = status.path("targets");
    return Optional.of(
        new ModelPoolStatus(
            status.path("observedGeneration").asLong(0),
            conditions,
            new Targets(targets.path("up").asInt(0), targets.path("total").asInt(0)),
            text(status, "engine"),
            text(status, "profile"),
            replicas(status.path("replicas")),
            values));
  }

  private static Optional<Condition> condition(JsonNode node) {
    Optional<Condition.Type> type =
        Arrays.stream(Condition.Type.values())
            .filter(each -> each.word().equals(node.path("type").asText()))
            .findFirst();
    Optional<Truth> truth =
        Arrays.stream(Truth.values())
            .filter(each -> each.word().equals(node.path("status").asText()))
            .findFirst();
    Optional<Instant> since = time(node.path("lastTransitionTime").asText(""));
    if (type.isEmpty() || truth.isEmpty() || since.isEmpty()) {
      return Optional.empty();
    }
    return Optional.of(
        new Condition(
            type.get(),
            truth.get(),
            node.path("reason").asText(""),
            node.path("message").asText(""),
            since.get()));
  }

  private static Optional<Value> value(JsonNode node) {
    return time(node.path("at").asText(""))
        .map(at ->
            new Value(
                node.path("signal").asText(""),
                node.path("value").asDouble(0),
                node.path("quality").asText(""),
                at));
  }

  private static @Nullable Replicas replicas(JsonNode node) {
    return node.isObject()
        ? new Replicas(
            node.path("current").asInt(0),
            node.path("ready").asInt(0),
            node.path("starting").asInt(0))
        : null;
  }

  private static @Nullable String text(JsonNode parent, String key) {
    return parent.hasNonNull(key) ? parent.path(key).asText("") : null;
  }

  private static Optional<Instant> time(String text) {
    try {
      return Optional.of(Instant.parse(text));
    } catch (DateTimeException e) {
      return Optional.empty();
    }
  }
}
