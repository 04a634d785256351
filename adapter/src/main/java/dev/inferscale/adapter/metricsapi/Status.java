package dev.inferscale.adapter.metricsapi;

import com.fasterxml.jackson.core.JsonGenerator;
import dev.inferscale.adapter.metricsapi.encoding.ProtobufMessage;
import dev.inferscale.adapter.wire.JsonPage;
import dev.inferscale.adapter.wire.MalformedRequest;
import dev.inferscale.adapter.wire.Negotiation;
import dev.inferscale.adapter.wire.Negotiation.Form;
import dev.inferscale.adapter.wire.Page;
import dev.inferscale.adapter.wire.Quoted;
import java.io.IOException;

/// Kubernetes' error document. Its message reaches the HPA's condition and event word for word, so
/// it is one line under 200 characters. There is never a `Retry-After`, which would make Go's
/// client sleep inside the HPA's worker.
public enum Status {
  BAD_REQUEST(400, "BadRequest"),
  NOT_FOUND(404, "NotFound"),
  METHOD_NOT_ALLOWED(405, "MethodNotAllowed"),
  NOT_ACCEPTABLE(406, "NotAcceptable"),
  URI_TOO_LONG(414, "RequestURITooLong"),
  INTERNAL_ERROR(500, "InternalError"),
  SERVICE_UNAVAILABLE(503, "ServiceUnavailable");

  static final int MAX_MESSAGE = 199;

  private final int code;
  private final String reason;

  Status(int code, String reason) {
    this.code = code;
    this.reason = reason;
  }

  /// The document for a request that cannot be read.
  public static Page of(MalformedRequest malformed) {
    Status status = malformed.status() == URI_TOO_LONG.code ? URI_TOO_LONG : BAD_REQUEST;
    return status.page(malformed.sentence());
  }

  /// The document with that message, cut to its limit. JSON, which every client reads.
  public Page page(String message) {
    return page(message, Form.JSON, false);
  }

  /// The document in that form, in JSON where it has none: errors are never tables.
  ///
  /// @param indented for people, where the form can be
  Page page(String message, Form form, boolean indented) {
    String line = Quoted.cut(message, MAX_MESSAGE);
    return form == Form.PROTOBUF
        ? new Page(code, Negotiation.PROTOBUF_TYPE, protobuf(line))
        : JsonPage.of(code, indented, json -> write(json, line));
  }

  private void write(JsonGenerator json, String message) throws IOException {
    json.writeStartObject();
    json.writeStringField("kind", "Status");
    json.writeStringField("apiVersion", "v1");
    json.writeObjectFieldStart("metadata");
    json.writeEndObject();
    json.writeStringField("status", "Failure");
    json.writeStringField("message", message);
    json.writeStringField("reason", reason);
    json.writeNumberField("code", code);
    json.writeEndObject();
  }

  private byte[] protobuf(String message) {
    ProtobufMessage status =
        new ProtobufMessage()
            .message(1, ProtobufMessage.listMeta())
            .text(2, "Failure")
            .text(3, message)
            .text(4, reason)
            .number(6, code);
    return ProtobufMessage.body("v1", "Status", status);
  }
}
