package dev.inferscale.signals.pool;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.List;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/// What the plane says of a ModelPool resource in its status; [StatusKeys] says what each part
/// means.
///
/// @param observedGeneration of the resource that this is about
/// @param conditions each type once
/// @param engine null while unknown
/// @param profile null while unknown
/// @param replicas null where the pool names no scale target, or it cannot be read
/// @param values each signal once
public record ModelPoolStatus(
    long observedGeneration,
    List<Condition> conditions,
    Targets targets,
    @Nullable String engine,
    @Nullable String profile,
    @Nullable Replicas replicas,
    List<Value> values) {

  public ModelPoolStatus {
    conditions = List.copyOf(conditions);
    values = List.copyOf(values);
  }

  /// One condition, as Kubernetes writes them.
  ///
  /// @param reason one word, `[A-Za-z][A-Za-z0-9_]*`
  /// @param message for people; may be empty
  /// @param lastTransitionTime when `status` last changed
  public record Condition(
      Type type, Truth status, String reason, String message, Instant lastTransitionTime) {

    /// What a condition is about.
    public enum Type {
      READY("Ready"),
      DEGRADED("Degraded");

      private final String word;

      Type(String word) {
        this.word = word;
      }

      /// As documents print it.
      public String word() {
        return word;
      }
    }

    /// Whether it holds.
    public enum Truth {
      TRUE,
      FALSE,
      UNKNOWN;

      /// As documents print it.
      public String word() {
        return name().charAt(0) + name().substring(1).toLowerCase(Locale.ROOT);
      }
    }
  }

  /// How many pages answer.
  public record Targets(int up, int total) {
    /// Both in one, for a column.
    public String summary() {
      return up + "/" + total;
    }
  }

  /// Of the scale target.
  public record Replicas(int current, int ready, int starting) {}

  /// A signal's last value.
  ///
  /// @param signal its name, such as `inference_tokens_in_flight`
  /// @param value finite, in the signal's unit
  public record Value(String signal, double value, String quality, Instant at) {}

  /// As the resource holds it; what is unknown is left out. Times are cut to seconds, as
  /// Kubernetes' are.
  public ObjectNode json() {
    ObjectNode status = JsonNodeFactory.instance.objectNode();
    status.put("observedGeneration", observedGeneration);
    ArrayNode list = status.putArray("conditions");
    conditions.forEach(each -> list.add(json(each)));
    status
        .putObject("targets")
        .put("up", targets.up())
        .put("total", targets.total())
        .put("summary", targets.summary());
    if (engine != null) {
      status.put("engine", engine);
    }
    if (profile != null) {
      status.put("profile", profile);
    }
    if (replicas != null) {
      status
          .putObject("replicas")
          .put("current", replicas.current())
          .put("ready", replicas.ready())
          .put("starting", replicas.starting());
    }
    ArrayNode last = status.putArray("values");
    values.forEach(each -> last.add(json(each)));
    return status;
  }

  private ObjectNode json(Condition condition) {
    return JsonNodeFactory.instance
        .objectNode()
        .put("type", condition.type().word())
        .put("status", condition.status().word())
        .put("reason", condition.reason())
        .put("message", condition.message())
        .put("lastTransitionTime", time(condition.lastTransitionTime()))
        .put("observedGeneration", observedGeneration);
  }

  /// A whole number is written as one, so that kubectl's columns show all its digits.
  private static ObjectNode json(Value value) {
    ObjectNode node = JsonNodeFactory.instance.objectNode().put("signal", value.signal());
    boolean whole = value.value() == Math.rint(value.value()) && Math.abs(value.value()) < 1e15;
    if (whole) {
      node.put("value", (long) value.value());
    } else {
      node.put("value", value.value());
    }
    return node.put("quality", value.quality()).put("at", time(value.at()));
  }

  private static String time(Instant instant) {
    return instant.truncatedTo(ChronoUnit.SECONDS).toString();
  }
}
