package dev.inferscale.keda;

import dev.inferscale.keda.answer.Pair;
import dev.inferscale.keda.answer.Standing;
import dev.inferscale.keda.push.Streams;
import dev.inferscale.keda.trigger.BadTrigger;
import dev.inferscale.keda.trigger.Trigger;
import dev.inferscale.keda.trigger.TriggerReader;
import dev.inferscale.keda.wire.ExternalScalerGrpc.ExternalScalerImplBase;
import dev.inferscale.keda.wire.GetMetricSpecResponse;
import dev.inferscale.keda.wire.GetMetricsRequest;
import dev.inferscale.keda.wire.GetMetricsResponse;
import dev.inferscale.keda.wire.IsActiveResponse;
import dev.inferscale.keda.wire.MetricSpec;
import dev.inferscale.keda.wire.MetricValue;
import dev.inferscale.keda.wire.ScaledObjectRef;
import dev.inferscale.signals.document.Quoted;
import dev.inferscale.signals.snapshot.Answer;
import dev.inferscale.signals.snapshot.Snapshot;
import io.grpc.Status;
import io.grpc.StatusException;
import io.grpc.stub.ServerCallStreamObserver;
import io.grpc.stub.StreamObserver;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.function.Function;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// KEDA's five questions. Each unary one is answered from memory on the thread that read it, and
/// waits for nothing: KEDA sets no deadline, and holds a ScaledObject up for as long as a call
/// hangs.
final class ExternalScaler extends ExternalScalerImplBase {
  private static final Logger LOG = LoggerFactory.getLogger(ExternalScaler.class);

  private final Supplier<Snapshot> snapshots;
  private final Streams streams;
  private final Duration grace;
  private final InstantSource clock;
  private final OnceEach warned = new OnceEach(1_000);

  ExternalScaler(
      Supplier<Snapshot> snapshots, Streams streams, Duration grace, InstantSource clock) {
    this.snapshots = snapshots;
    this.streams = streams;
    this.grace = grace;
    this.clock = clock;
  }

  /// What a question comes to.
  @FunctionalInterface
  private interface Reply<T> {
    T of(Trigger trigger) throws StatusException;
  }

  @Override
  public void getMetricSpec(ScaledObjectRef ref, StreamObserver<GetMetricSpecResponse> caller) {
    reply(ref, caller, ExternalScaler::spec);
  }

  @Override
  public void isActive(ScaledObjectRef ref, StreamObserver<IsActiveResponse> caller) {
    reply(
        ref,
        caller,
        trigger -> {
          Standing standing = standing(trigger);
          if (!standing.active() && standing.answer() instanceof Answer.Missing missing) {
            throw unavailable(missing);
          }
          return active(standing.active());
        });
  }

  @Override
  public void getMetrics(GetMetricsRequest request, StreamObserver<GetMetricsResponse> caller) {
    reply(request.getScaledObjectRef(), caller, trigger -> metrics(trigger, request));
  }

  private GetMetricsResponse metrics(Trigger trigger, GetMetricsRequest request)
      throws StatusException {
    String asked = request.getMetricName();
    if (!trigger.isAskedBy(asked)) {
      throw Status.INVALID_ARGUMENT
          .withDescription(
              "metricName is "
                  + Quoted.text(asked)
                  + "; this trigger's metric is "
                  + trigger.metricName())
          .asException();
    }
    Standing standing = standing(trigger);
    return switch (standing.answer()) {
      case Answer.Missing missing -> throw unavailable(missing);
      case Answer.Value value -> {
        Pair pair = Pair.of(trigger, value.number());
        yield GetMetricsResponse.newBuilder()
            .addMetricValues(
                MetricValue.newBuilder()
                    .setMetricName(asked)
                    .setMetricValue(pair.whole())
                    .setMetricValueFloat(pair.exact()))
            .build();
      }
    };
  }

  @Override
  public void streamIsActive(ScaledObjectRef ref, StreamObserver<IsActiveResponse> caller) {
    ServerCallStreamObserver<IsActiveResponse> call =
        (ServerCallStreamObserver<IsActiveResponse>) caller;
    Line<IsActiveResponse> line = new Line<>(call, ExternalScaler::active);
    stream(ref, call, trigger -> streams.open(trigger, line));
  }

  /// The spec depends on the metadata alone, so that there is never a second one to send.
  @Override
  public void streamMetricSpec(ScaledObjectRef ref, StreamObserver<GetMetricSpecResponse> caller) {
    ServerCallStreamObserver<GetMetricSpecResponse> call =
        (ServerCallStreamObserver<GetMetricSpecResponse>) caller;
    stream(
        ref,
        call,
        trigger -> {
          call.onNext(spec(trigger));
          return streams.hold(new Line<>(call, word -> spec(trigger)));
        });
  }

  private void stream(
      ScaledObjectRef ref,
      ServerCallStreamObserver<?> call,
      Function<Trigger, Streams.@Nullable Stream> open) {
    try {
      Streams.Stream stream = open.apply(trigger(ref));
      if (stream == null) {
        throw Status.RESOURCE_EXHAUSTED
            .withDescription("too many streams are open; see keda.maxStreams")
            .asException();
      }
      call.setOnReadyHandler(streams::wake);
      call.setOnCancelHandler(() -> streams.gone(stream));
    } catch (StatusException refusal) {
      call.onError(refusal);
    }
  }

  private <T> void reply(ScaledObjectRef ref, StreamObserver<T> caller, Reply<T> reply) {
    T answer;
    try {
      answer = reply.of(trigger(ref));
    } catch (StatusException refusal) {
      caller.onError(refusal);
      return;
    } catch (RuntimeException bug) {
      LOG.atError().setCause(bug).log("a question of KEDA's failed");
      caller.onError(
          Status.INTERNAL.withDescription("a fault of ours; its log has the cause").asException());
      return;
    }
    caller.onNext(answer);
    caller.onCompleted();
  }

  private Trigger trigger(ScaledObjectRef ref) throws StatusException {
    Callers.requireMayAskFor(ref.getNamespace());
    try {
      TriggerReader.Reading reading =
          TriggerReader.read(ref.getNamespace(), ref.getScalerMetadataMap());
      for (String warning : reading.warnings()) {
        warn(ref, warning);
      }
      return reading.trigger();
    } catch (BadTrigger bad) {
      warn(ref, bad.sentence());
      throw Status.INVALID_ARGUMENT.withDescription(bad.sentence()).asException();
    }
  }

  /// Once for each ScaledObject: KEDA asks on.
  private void warn(ScaledObjectRef ref, String sentence) {
    String scaledObject = ref.getNamespace() + "/" + ref.getName();
    if (warned.isFirst(scaledObject + " " + sentence)) {
      LOG.atWarn()
          .addKeyValue("scaledObject", Quoted.text(scaledObject))
          .addKeyValue("problem", sentence)
          .log("a trigger's metadata");
    }
  }

  private Standing standing(Trigger trigger) {
    // First the snapshot, then the time: in the other order its age could be negative.
    Snapshot snapshot = snapshots.get();
    Instant now = clock.instant();
    return Standing.of(trigger, snapshot, streams.activities(), grace, now);
  }

  private static StatusException unavailable(Answer.Missing missing) {
    return Status.UNAVAILABLE
        .withDescription(missing.why().word() + ": " + missing.explanation())
        .asException();
  }

  private static IsActiveResponse active(boolean result) {
    return IsActiveResponse.newBuilder().setResult(result).build();
  }

  private static GetMetricSpecResponse spec(Trigger trigger) {
    Pair target = Standing.target(trigger);
    return GetMetricSpecResponse.newBuilder()
        .addMetricSpecs(
            MetricSpec.newBuilder()
                .setMetricName(trigger.metricName())
                .setTargetSize(target.whole())
                .setTargetSizeFloat(target.exact()))
        .build();
  }

  /// A stream of gRPC.
  private record Line<T>(ServerCallStreamObserver<T> call, Function<Boolean, T> message)
      implements Streams.Line {
    @Override
    public boolean isReady() {
      return call.isReady();
    }

    @Override
    public void say(boolean active) {
      call.onNext(message.apply(active));
    }

    @Override
    public void end() {
      call.onCompleted();
    }
  }
}
