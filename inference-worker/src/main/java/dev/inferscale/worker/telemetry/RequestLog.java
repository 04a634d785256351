package dev.inferscale.worker.telemetry;

import java.time.Duration;
import java.util.Optional;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.slf4j.spi.LoggingEventBuilder;

/// One line per request, when it has ended: who, how much, how long, how it ended. Never a prompt
/// and never an output.
public final class RequestLog {
  private static final Logger LOG = LoggerFactory.getLogger("inference.request");

  private RequestLog() {}

  /// What is known about a request before the engine sees it.
  ///
  /// @param id sent back as `x-request-id`
  /// @param traceId of the caller's trace, or empty
  /// @param maxTokens as asked; 0 when the request could not be read
  /// @param queueDepth requests waiting when it arrived
  public record Call(
      String id,
      String traceId,
      String model,
      String tenant,
      boolean stream,
      int maxTokens,
      int queueDepth) {

    /// The same call when its body has been read.
    public Call asking(boolean forStream, int forTokens) {
      return new Call(id, traceId, model, tenant, forStream, forTokens, queueDepth);
    }
  }

  /// A request that the engine accepted and ended.
  ///
  /// @param finishReason `stop` or `length` as the client was told, else empty
  public static void finished(Call call, Finished request, int status, String finishReason) {
    LoggingEventBuilder line =
        start(call, status)
            .addKeyValue("outcome", request.outcome().outcome())
            .addKeyValue("reason", request.outcome().reason())
            .addKeyValue("finish_reason", finishReason)
            .addKeyValue("gen_ai.usage.input_tokens", request.promptTokens())
            .addKeyValue("gen_ai.usage.output_tokens", request.generatedTokens())
            .addKeyValue("queue_ms", millis(request.queued()))
            .addKeyValue("e2e_ms", millis(request.total()))
            .addKeyValue("preemptions", request.preemptions());
    Optional<Double> firstToken = request.firstToken().map(RequestLog::millis);
    Optional<Double> perToken = request.secondsPerOutputToken().map(seconds -> seconds * 1000);
    with(with(line, "ttft_ms", firstToken), "tpot_ms", perToken).log("request finished");
  }

  /// A request that was answered with an error before any work was done for it.
  public static void refused(Call call, int status, String error) {
    start(call, status).addKeyValue("error.type", error).log("request refused");
  }

  private static LoggingEventBuilder start(Call call, int status) {
    LoggingEventBuilder line =
        LOG.atInfo()
            .addKeyValue("event.name", "inference.request")
            .addKeyValue("request_id", call.id())
            .addKeyValue("gen_ai.request.model", call.model())
            .addKeyValue("tenant", call.tenant())
            .addKeyValue("stream", call.stream())
            .addKeyValue("max_tokens", call.maxTokens())
            .addKeyValue("queue_depth_at_arrival", call.queueDepth())
            .addKeyValue("http.response.status_code", status);
    return call.traceId().isEmpty() ? line : line.addKeyValue("trace_id", call.traceId());
  }

  private static LoggingEventBuilder with(
      LoggingEventBuilder line, String key, Optional<Double> value) {
    return value.isEmpty() ? line : line.addKeyValue(key, value.get());
  }

  private static double millis(Duration duration) {
    return duration.toNanos() / 1e6;
  }
}
