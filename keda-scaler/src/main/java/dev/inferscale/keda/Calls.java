package dev.inferscale.keda;

import dev.inferscale.keda.wire.ExternalScalerGrpc;
import io.grpc.ForwardingServerCall.SimpleForwardingServerCall;
import io.grpc.Metadata;
import io.grpc.MethodDescriptor;
import io.grpc.ServerCall;
import io.grpc.ServerCallHandler;
import io.grpc.ServerInterceptor;
import io.grpc.Status;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.LongAdder;

/// Counts calls by RPC and code.
final class Calls implements ServerInterceptor {
  private final Map<Kind, Sum> sums = new ConcurrentHashMap<>();

  private record Kind(String rpc, Status.Code code) {}

  private record Sum(LongAdder count, LongAdder nanos) {
    Sum() {
      this(new LongAdder(), new LongAdder());
    }
  }

  Calls() {
    for (MethodDescriptor<?, ?> rpc : ExternalScalerGrpc.getServiceDescriptor().getMethods()) {
      sums.put(new Kind(name(rpc), Status.Code.OK), new Sum());
    }
  }

  @Override
  public <Q, A> ServerCall.Listener<Q> interceptCall(
      ServerCall<Q, A> call, Metadata headers, ServerCallHandler<Q, A> next) {
    String rpc = name(call.getMethodDescriptor());
    long started = System.nanoTime();
    return next.startCall(
        new SimpleForwardingServerCall<>(call) {
          @Override
          public void close(Status status, Metadata trailers) {
            Sum sum = sums.computeIfAbsent(new Kind(rpc, status.getCode()), kind -> new Sum());
            sum.count().increment();
            sum.nanos().add(System.nanoTime() - started);
            super.close(status, trailers);
          }
        },
        headers);
  }

  private static String name(MethodDescriptor<?, ?> rpc) {
    String name = rpc.getBareMethodName();
    return name == null ? rpc.getFullMethodName() : name;
  }

  List<ScalerStatistics.Row> rows() {
    List<ScalerStatistics.Row> rows = new ArrayList<>();
    sums.forEach((kind, sum) ->
        rows.add(
            new ScalerStatistics.Row(
                kind.rpc(),
                kind.code().name(),
                sum.count().sum(),
                Duration.ofNanos(sum.nanos().sum()))));
    rows.sort(
        Comparator.comparing(ScalerStatistics.Row::rpc).thenComparing(ScalerStatistics.Row::code));
    return rows;
  }
}
