package dev.inferscale.keda;

import dev.inferscale.keda.wire.ExternalScalerGrpc;
import dev.inferscale.keda.wire.IsActiveResponse;
import dev.inferscale.keda.wire.ScaledObjectRef;
import dev.inferscale.signals.pool.PoolId;
import dev.inferscale.signals.profile.Signal;
import dev.inferscale.signals.snapshot.Answer;
import dev.inferscale.signals.snapshot.Pool;
import dev.inferscale.signals.snapshot.Snapshot;
import io.grpc.Grpc;
import io.grpc.InsecureChannelCredentials;
import io.grpc.ManagedChannel;
import io.grpc.stub.StreamObserver;
import java.time.Duration;
import java.util.Arrays;
import java.util.Locale;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/// How soon a stream of StreamIsActive says what a new snapshot shows: from the moment at which the
/// snapshot is there, before the scaler knows of it, to the client's having the word. Pools rise in
/// turn, at random moments, while other streams of the same connection stay open. Beside it, what
/// as many threads take that only wake one another.
///
/// Run: `.ci/long bench push [TRIES [STREAMS]]`.
public final class PushBench {
  /// A stream says at most one word a second, so that each pool has a pause.
  private static final int POOLS = 10;

  /// The fold wakes the push thread, that the server's event loop, that the client's, that the
  /// thread that hears the word.
  private static final int THREADS = 4;

  private static final int WARM = 100;
  private static final long LEAST_PAUSE = TimeUnit.MILLISECONDS.toNanos(110);
  private static final long PAUSE_SPREAD = TimeUnit.MILLISECONDS.toNanos(100);

  private final LivePools pools;
  private final BlockingQueue<Long> words = new LinkedBlockingQueue<>();

  // The pool that is about to rise, and when a snapshot showed it.
  private volatile @Nullable PoolId awaited;
  private volatile long shown;

  private PushBench(LivePools pools) {
    this.pools = pools;
  }

  public static void main(String[] args) throws Exception {
    int tries = args.length == 0 ? 300 : Integer.parseInt(args[0]);
    int streams = args.length < 2 ? 2_000 : Integer.parseInt(args[1]);
    try (LivePools pools =
        new LivePools(
            IntStream.range(0, 2 * POOLS).mapToObj(PushBench::name).toArray(String[]::new))) {
      new PushBench(pools).run(tries, streams);
    }
    print(
        "for %d threads to hand a number on".formatted(THREADS),
        new HandOvers(THREADS).millis(tries, PushBench::pause));
    System.exit(0);
  }

  private static void print(String what, double[] sorted) {
    System.out.printf(
        Locale.ROOT,
        "ms %s, %d tries: p50 %.2f, p99 %.2f, most %.2f%n",
        what,
        sorted.length,
        sorted[sorted.length / 2],
        sorted[(int) (sorted.length * 0.99)],
        sorted[sorted.length - 1]);
  }

  private static String name(int pool) {
    return "pool-" + pool;
  }

  private void run(int tries, int streams) throws Exception {
    KedaConfig config =
        new KedaConfig(
            "127.0.0.1", 0, 0, Optional.empty(), false, Duration.ZERO, streams + POOLS, false);
    try (ScalerServer server = pools.scaler(config, this::look)) {
      ManagedChannel channel =
          Grpc.newChannelBuilder("127.0.0.1:" + server.port(), InsecureChannelCredentials.create())
              .build();
      for (int stream = 0; stream < streams + POOLS; stream++) {
        open(channel, stream);
      }
      for (int stream = 0; stream < streams + POOLS; stream++) {
        next();
      }
      double[] all = IntStream.range(0, WARM + tries).mapToDouble(this::rise).toArray();
      double[] sorted = Arrays.stream(all).skip(WARM).sorted().toArray();
      print("from snapshot to word, %,d streams more".formatted(streams), sorted);
      channel.shutdownNow();
    }
  }

  /// The first are of the pools that rise, by what is told in front of them; the others are of as
  /// many that never do.
  private void open(ManagedChannel channel, int stream) {
    ScaledObjectRef ref =
        ScaledObjectRef.newBuilder()
            .setName("scaled-" + stream)
            .setNamespace("serving")
            .putScalerMetadata("pool", name(stream < POOLS ? stream : POOLS + stream % POOLS))
            .putScalerMetadata("signal", Signal.REQUESTS_WAITING.wireName())
            .build();
    ExternalScalerGrpc.newStub(channel)
        .streamIsActive(
            ref,
            new StreamObserver<>() {
              @Override
              public void onNext(IsActiveResponse word) {
                words.add(System.nanoTime());
              }

              @Override
              public void onError(Throwable failure) {}

              @Override
              public void onCompleted() {}
            });
  }

  private long next() throws InterruptedException {
    Long word = words.poll(1, TimeUnit.MINUTES);
    if (word == null) {
      throw new IllegalStateException("no word came");
    }
    return word;
  }

  private void look(Snapshot snapshot) {
    PoolId id = awaited;
    Pool pool = id == null ? null : snapshot.pools().get(id);
    if (pool != null
        && pool.answer(Signal.REQUESTS_WAITING, OptionalDouble.empty(), pools.now())
            instanceof Answer.Value value
        && value.number() > 0) {
      shown = System.nanoTime();
      awaited = null;
    }
  }

  /// @return milliseconds
  private double rise(int turn) {
    String pool = name(turn % POOLS);
    pause();
    awaited = new PoolId("serving", pool);
    pools.tell(pool, 5);
    try {
      double took = (next() - shown) / 1e6;
      pools.tell(pool, 0);
      return took;
    } catch (InterruptedException e) {
      throw new IllegalStateException(e);
    }
  }

  private static void pause() {
    long until =
        System.nanoTime() + LEAST_PAUSE + ThreadLocalRandom.current().nextLong(PAUSE_SPREAD);
    while (System.nanoTime() < until) {
      LockSupport.parkNanos(until - System.nanoTime());
    }
  }
}
