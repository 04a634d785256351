package dev.inferscale.keda;

import io.grpc.ForwardingServerCallListener.SimpleForwardingServerCallListener;
import io.grpc.Metadata;
import io.grpc.ServerCall;
import io.grpc.ServerCallHandler;
import io.grpc.ServerInterceptor;
import io.grpc.Status;
import java.time.Duration;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;

/// Ends a call whose question has not wholly come in time: KEDA sets no deadline, and an answer
/// takes no time once the question is there. One timer looks after all of them, since a timer for
/// each would cost more than the answer.
final class TimeLimit implements ServerInterceptor, AutoCloseable {
  private static final Duration LOOKS_EVERY = Duration.ofMillis(250);

  private final Duration limit;
  private final ScheduledExecutorService timer =
      Executors.newSingleThreadScheduledExecutor(
          Thread.ofPlatform().daemon().name("keda-time-limit").factory());
  // When the calls began whose question is not there. Whoever takes one out goes on with it.
  private final Map<ServerCall<?, ?>, Long> waiting = new ConcurrentHashMap<>();

  /// @param limit from a call's headers to the end of its question
  TimeLimit(Duration limit) {
    this.limit = limit;
  }

  /// Begins to look.
  void start() {
    var _ =
        timer.scheduleWithFixedDelay(
            this::look, LOOKS_EVERY.toMillis(), LOOKS_EVERY.toMillis(), TimeUnit.MILLISECONDS);
  }

  @Override
  public <Q, A> ServerCall.Listener<Q> interceptCall(
      ServerCall<Q, A> call, Metadata headers, ServerCallHandler<Q, A> next) {
    waiting.put(call, System.nanoTime());
    return new SimpleForwardingServerCallListener<>(next.startCall(call, headers)) {
      @Override
      public void onHalfClose() {
        if (waiting.remove(call) != null) {
          super.onHalfClose();
        }
      }

      @Override
      public void onCancel() {
        waiting.remove(call);
        super.onCancel();
      }

      @Override
      public void onComplete() {
        waiting.remove(call);
        super.onComplete();
      }
    };
  }

  /// Ends those that are late.
  private void look() {
    long now = System.nanoTime();
    waiting.forEach((call, began) -> {
      if (now - began > limit.toNanos() && waiting.remove(call) != null) {
        end(call);
      }
    });
  }

  private void end(ServerCall<?, ?> call) {
    try {
      call.close(
          Status.DEADLINE_EXCEEDED.withDescription(
              "the question had not wholly come after " + limit.toMillis() + " ms"),
          new Metadata());
    } catch (IllegalStateException closed) {
      // By whoever refused the caller; the client has not read that yet.
    }
  }

  @Override
  public void close() {
    timer.shutdownNow();
  }
}
