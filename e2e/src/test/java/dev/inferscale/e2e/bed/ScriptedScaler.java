package dev.inferscale.e2e.bed;

import dev.inferscale.keda.wire.ExternalScalerGrpc;
import dev.inferscale.keda.wire.GetMetricSpecResponse;
import dev.inferscale.keda.wire.GetMetricsRequest;
import dev.inferscale.keda.wire.GetMetricsResponse;
import dev.inferscale.keda.wire.IsActiveResponse;
import dev.inferscale.keda.wire.MetricSpec;
import dev.inferscale.keda.wire.MetricValue;
import dev.inferscale.keda.wire.ScaledObjectRef;
import io.grpc.Context;
import io.grpc.Contexts;
import io.grpc.Deadline;
import io.grpc.Metadata;
import io.grpc.Server;
import io.grpc.ServerCall;
import io.grpc.ServerCallHandler;
import io.grpc.ServerInterceptor;
import io.grpc.ServerInterceptors;
import io.grpc.Status;
import io.grpc.netty.shaded.io.grpc.netty.NettyServerBuilder;
import io.grpc.stub.StreamObserver;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;

/// An external scaler that says what a test tells it to, right or wrong, and notes who asked what:
/// it is KEDA that is looked at, not ours.
final class ScriptedScaler implements AutoCloseable {
  static final String METRIC = "Scripted_Metric";

  private static final Context.Key<String> AGENT = Context.key("agent");

  private final List<Call> calls = new CopyOnWriteArrayList<>();
  private final BlockingQueue<StreamObserver<IsActiveResponse>> streams =
      new LinkedBlockingQueue<>();
  private final int port;
  private Server server;

  private volatile Supplier<GetMetricSpecResponse> spec = () -> target(10);
  private volatile Supplier<GetMetricsResponse> values = () -> sumOf(number(5));
  private volatile Supplier<Boolean> active = () -> true;

  /// One call.
  ///
  /// @param deadline how long the caller would still have waited, empty where it said nothing
  /// @param agent what it calls itself
  record Call(
      String method, Optional<Duration> deadline, String agent, Map<String, String> metadata) {}

  ScriptedScaler() throws IOException {
    server = listen(0);
    port = server.getPort();
  }

  private Server listen(int at) throws IOException {
    return NettyServerBuilder.forAddress(
            new InetSocketAddress(InetAddress.getLoopbackAddress(), at))
        .addService(ServerInterceptors.intercept(new Scripted(), new Agents()))
        .build()
        .start();
  }

  String address() {
    return "127.0.0.1:" + port;
  }

  /// GetMetricSpec from now on.
  void specifies(Supplier<GetMetricSpecResponse> answer) {
    spec = answer;
  }

  /// GetMetrics from now on.
  void measures(Supplier<GetMetricsResponse> answer) {
    values = answer;
  }

  /// IsActive from now on.
  void isActive(Supplier<Boolean> answer) {
    active = answer;
  }

  /// One metric with that target.
  static GetMetricSpecResponse target(double target) {
    return GetMetricSpecResponse.newBuilder()
        .addMetricSpecs(
            MetricSpec.newBuilder()
                .setMetricName(METRIC)
                .setTargetSize((long) target)
                .setTargetSizeFloat(target))
        .build();
  }

  static GetMetricsResponse sumOf(MetricValue... values) {
    return GetMetricsResponse.newBuilder().addAllMetricValues(List.of(values)).build();
  }

  static MetricValue number(double number) {
    return number(number, (long) number);
  }

  /// The two fields of one value, as they were never meant to be.
  static MetricValue number(double floating, long whole) {
    return MetricValue.newBuilder()
        .setMetricName(METRIC)
        .setMetricValue(whole)
        .setMetricValueFloat(floating)
        .build();
  }

  /// For an answer that is none.
  static RuntimeException unavailable() {
    return Status.UNAVAILABLE.withDescription("the script says so").asRuntimeException();
  }

  /// All calls so far, in their order.
  List<Call> calls() {
    return calls;
  }

  /// How often a method was called.
  long calls(String method) {
    return calls.stream().filter(call -> call.method().equals(method)).count();
  }

  /// The next stream that is opened; waits for it.
  StreamObserver<IsActiveResponse> stream() throws InterruptedException {
    StreamObserver<IsActiveResponse> opened = streams.poll(2, TimeUnit.MINUTES);
    if (opened == null) {
      throw new AssertionError("nobody opens a stream");
    }
    return opened;
  }

  /// Whether a stream was opened that nobody has taken yet.
  boolean hasStream() {
    return !streams.isEmpty();
  }

  static IsActiveResponse yes() {
    return IsActiveResponse.newBuilder().setResult(true).build();
  }

  /// Ends at once, as when it is killed.
  void dies() throws InterruptedException {
    server.shutdownNow().awaitTermination();
    streams.clear();
  }

  /// Listens again, at the same port.
  void comesBack() throws IOException {
    server = listen(port);
  }

  @Override
  public void close() {
    server.shutdownNow();
  }

  private void note(String method, ScaledObjectRef asker) {
    Deadline deadline = Context.current().getDeadline();
    calls.add(
        new Call(
            method,
            Optional.ofNullable(deadline)
                .map(until -> Duration.ofMillis(until.timeRemaining(TimeUnit.MILLISECONDS))),
            String.valueOf(AGENT.get()),
            asker.getScalerMetadataMap()));
  }

  private final class Scripted extends ExternalScalerGrpc.ExternalScalerImplBase {
    @Override
    public void getMetricSpec(
        ScaledObjectRef asker, StreamObserver<GetMetricSpecResponse> answers) {
      note("GetMetricSpec", asker);
      answer(spec, answers);
    }

    @Override
    public void getMetrics(GetMetricsRequest request, StreamObserver<GetMetricsResponse> answers) {
      note("GetMetrics", request.getScaledObjectRef());
      answer(values, answers);
    }

    @Override
    public void isActive(ScaledObjectRef asker, StreamObserver<IsActiveResponse> answers) {
      note("IsActive", asker);
      answer(() -> IsActiveResponse.newBuilder().setResult(active.get()).build(), answers);
    }

    @Override
    public void streamIsActive(ScaledObjectRef asker, StreamObserver<IsActiveResponse> words) {
      note("StreamIsActive", asker);
      streams.add(words);
    }

    private static <T> void answer(Supplier<T> script, StreamObserver<T> answers) {
      try {
        answers.onNext(script.get());
        answers.onCompleted();
      } catch (RuntimeException scripted) {
        answers.onError(scripted);
      }
    }
  }

  private static final class Agents implements ServerInterceptor {
    private static final Metadata.Key<String> HEADER =
        Metadata.Key.of("user-agent", Metadata.ASCII_STRING_MARSHALLER);

    @Override
    public <Q, A> ServerCall.Listener<Q> interceptCall(
        ServerCall<Q, A> call, Metadata headers, ServerCallHandler<Q, A> next) {
      return Contexts.interceptCall(
          Context.current().withValue(AGENT, String.valueOf(headers.get(HEADER))),
          call,
          headers,
          next);
    }
  }
}
