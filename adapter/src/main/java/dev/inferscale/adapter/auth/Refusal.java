package dev.inferscale.adapter.auth;

import com.fasterxml.jackson.core.JsonGenerator;
import dev.inferscale.adapter.wire.JsonPage;
import dev.inferscale.adapter.wire.Page;
import dev.inferscale.adapter.wire.Quoted;
import java.io.IOException;
import java.util.Optional;

/// Why a request is not answered. There is never a `Retry-After`, which would make Go's client
/// sleep inside the HPA's worker.
public final class Refusal {
  /// Kubernetes says user and resource in full; names may have 253 characters each.
  private static final int MAX_MESSAGE = 1_000;

  private final int code;
  private final String reason;
  private final String message;
  private final Optional<Attributes> denied;

  private Refusal(int code, String reason, String message, Optional<Attributes> denied) {
    this.code = code;
    this.reason = reason;
    this.message = Quoted.cut(message, MAX_MESSAGE);
    this.denied = denied;
  }

  /// Nobody knows who calls.
  static Refusal unauthorized() {
    return new Refusal(401, "Unauthorized", "Unauthorized", Optional.empty());
  }

  /// That one may not.
  static Refusal forbidden(Question question, String why) {
    String message = question.wanted().forbidden(question.user().name(), why);
    return new Refusal(403, "Forbidden", escaped(message), Optional.of(question.wanted()));
  }

  /// There is no place for one more request.
  public static Refusal tooManyInFlight() {
    return tooMany("as many as may be are being answered");
  }

  /// There is no place for one more request that has to wait.
  public static Refusal tooManyWait() {
    return tooMany("as many as may be wait to hear from the API server who calls");
  }

  /// Kubernetes' own servers say 429 with `Retry-After`, on which their client sleeps inside the
  /// HPA's worker; 503 without it comes back at once.
  static Refusal tooMany(String why) {
    return unavailable("too many requests: on this replica " + why);
  }

  /// It cannot be known now.
  static Refusal unavailable(String sentence) {
    return new Refusal(503, "ServiceUnavailable", sentence, Optional.empty());
  }

  /// It cannot be known until somebody mends something.
  static Refusal failed(String sentence) {
    return new Refusal(
        500, "InternalError", "Internal error occurred: " + sentence, Optional.empty());
  }

  /// HTTP status: 401, 403, 500 or 503.
  public int code() {
    return code;
  }

  /// Of one word, as Kubernetes has them.
  public String reason() {
    return reason;
  }

  /// One line.
  public String message() {
    return message;
  }

  /// As a Status of Kubernetes.
  public Page status() {
    return JsonPage.of(code, this::write);
  }

  private void write(JsonGenerator json) throws IOException {
    json.writeStartObject();
    json.writeStringField("kind", "Status");
    json.writeStringField("apiVersion", "v1");
    json.writeObjectFieldStart("metadata");
    json.writeEndObject();
    json.writeStringField("status", "Failure");
    json.writeStringField("message", message);
    json.writeStringField("reason", reason);
    if (denied.isPresent()) {
      json.writeObjectFieldStart("details");
      field(json, "name", denied.get().name());
      field(json, "group", denied.get().group());
      field(json, "kind", denied.get().resource());
      json.writeEndObject();
    }
    json.writeNumberField("code", code);
    json.writeEndObject();
  }

  private static void field(JsonGenerator json, String name, String value) throws IOException {
    if (!value.isEmpty()) {
      json.writeStringField(name, Quoted.cut(value, MAX_MESSAGE));
    }
  }

  private static String escaped(String message) {
    return message.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;");
  }
}
