package dev.inferscale.worker.http;

import dev.inferscale.worker.engine.TokenStream;
import dev.inferscale.worker.http.CompletionDocuments.Usage;
import dev.inferscale.worker.telemetry.Finished;
import dev.inferscale.worker.telemetry.Outcome;
import dev.inferscale.worker.telemetry.RequestLog;
import io.undertow.server.HttpServerExchange;
import io.undertow.util.Headers;
import java.util.Optional;

/// One accepted completion, from its first token to the last byte of its answer. Runs on the
/// request's virtual thread.
///
/// The status line is held back until there is a token or an end, so that a request that fails in
/// the queue gets a status of its own in a stream too.
final class CompletionExchange {
  private static final String EVENT_STREAM = "text/event-stream; charset=utf-8";

  private final HttpServerExchange exchange;
  private final RequestLog.Call call;
  private final CompletionDocuments documents;
  private final CompletionText text;
  private final TokenStream tokens;
  private final ResponseWriter writer;
  private final StringBuilder whole = new StringBuilder();

  CompletionExchange(
      HttpServerExchange exchange,
      RequestLog.Call call,
      CompletionDocuments documents,
      CompletionText text,
      TokenStream tokens,
      ResponseWriter writer) {
    this.exchange = exchange;
    this.call = call;
    this.documents = documents;
    this.text = text;
    this.tokens = tokens;
    this.writer = writer;
  }

  void run() throws InterruptedException {
    ClientWatch watch = ClientWatch.start(exchange, () -> tokens.cancel(Outcome.CLIENT_DISCONNECT));
    try {
      Finished finished = follow();
      watch.end();
      int status = answer(finished);
      writer.end();
      RequestLog.finished(call, finished, status, finishReason(finished).orElse(""));
    } finally {
      // Whatever happened here, the engine shall not work for a request that nobody reads.
      tokens.cancel(Outcome.INTERNAL);
    }
  }

  private Finished follow() throws InterruptedException {
    while (true) {
      TokenStream.Piece piece = tokens.next();
      send(text.next(piece.tokens()));
      if (text.stopped()) {
        tokens.cancel(Outcome.STOP);
      }
      if (piece.end().isPresent()) {
        return piece.end().get();
      }
    }
  }

  private void send(String more) throws InterruptedException {
    if (!call.stream()) {
      whole.append(more);
    } else if (!more.isEmpty()) {
      startStream();
      if (!writer.write(documents.piece(more, null))) {
        tokens.cancel(Outcome.CLIENT_DISCONNECT);
      }
    }
  }

  /// Sends what is left; gives the status for the log.
  private int answer(Finished finished) throws InterruptedException {
    Optional<ApiError> error = ApiError.ended(finished.outcome());
    if (finished.outcome() == Outcome.CLIENT_DISCONNECT) {
      writer.abandon();
    } else if (error.isPresent() && !writer.started()) {
      writer.write(Responses.start(exchange, error.get()));
    } else if (error.isPresent()) {
      writer.write(CompletionDocuments.event(error.get().document()));
      writer.write(CompletionDocuments.done());
    } else if (call.stream()) {
      endStream(finished);
    } else {
      byte[] body =
          documents.whole(
              whole + text.end(), finishReason(finished).orElse("stop"), usage(finished));
      writer.start(200, Responses.JSON, body.length);
      writer.write(body);
    }
    return error.map(ApiError::status).orElse(200);
  }

  private void endStream(Finished finished) throws InterruptedException {
    startStream();
    writer.write(documents.piece(text.end(), finishReason(finished).orElse("stop")));
    if (documents.usageInPieces()) {
      writer.write(documents.usagePiece(usage(finished)));
    }
    writer.write(CompletionDocuments.done());
  }

  private void startStream() {
    if (!writer.started()) {
      writer.start(200, EVENT_STREAM, -1);
      exchange.getResponseHeaders().put(Headers.CACHE_CONTROL, "no-cache");
    }
  }

  /// A stop string may be found in the last tokens before the limit: the text decides.
  private Optional<String> finishReason(Finished finished) {
    return switch (finished.outcome()) {
      case STOP -> Optional.of("stop");
      case LENGTH -> Optional.of(text.stopped() ? "stop" : "length");
      default -> Optional.empty();
    };
  }

  private Usage usage(Finished finished) {
    return new Usage(
        finished.promptTokens(), text.stopped() ? text.tokens() : finished.generatedTokens());
  }
}
