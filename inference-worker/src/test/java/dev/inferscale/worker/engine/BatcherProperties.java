package dev.inferscale.worker.engine;

import static org.assertj.core.api.Assertions.assertThat;

import dev.inferscale.worker.ArithmeticBackend;
import dev.inferscale.worker.ManualTime;
import dev.inferscale.worker.backend.Batch;
import dev.inferscale.worker.telemetry.Finished;
import dev.inferscale.worker.telemetry.Identity;
import dev.inferscale.worker.telemetry.Load;
import dev.inferscale.worker.telemetry.Outcome;
import dev.inferscale.worker.telemetry.WorkerMetrics;
import io.prometheus.metrics.model.registry.PrometheusRegistry;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Set;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.Combinators;
import net.jqwik.api.Example;
import net.jqwik.api.ForAll;
import net.jqwik.api.From;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import net.jqwik.api.Tuple;
import net.jqwik.api.constraints.IntRange;
import net.jqwik.api.constraints.Size;

/// Whole lives of requests, turned by hand: tight blocks, so that preemption is common.
class BatcherProperties {
  private static final int BLOCK = 4;
  private static final int CONTEXT = 40;
  private static final int VOCABULARY = 29;
  private static final int END = 2;
  private static final int MAX_TURNS = 5000;

  /// @param cancelAt turn after which its reader leaves; beyond all turns is never
  record Plan(int promptLength, int maxTokens, long seed, int arriveAt, int cancelAt) {}

  @Property(tries = 300)
  void everyRequestEndsOnceWithItsOwnTokens(
      @ForAll @Size(min = 1, max = 12) List<@From("plans") Plan> plans,
      @ForAll @IntRange(min = 10, max = 40) int blocks,
      @ForAll @IntRange(min = 4, max = 30) int budget) {
    Run run = new Run(blocks, budget);

    List<Request> requests = run.play(plans);

    assertThat(run.backend.largestTokens()).isLessThanOrEqualTo(budget);
    assertThat(run.backend.largestBatch()).isLessThanOrEqualTo(4);
    for (Request request : requests) {
      Finished end = request.finished();
      int[] whole = run.expected(request);
      if (end.outcome() == Outcome.CLIENT_DISCONNECT) {
        assertThat(request.tokens()).isEqualTo(Arrays.copyOf(whole, request.tokens().length));
      } else {
        assertThat(request.tokens()).isEqualTo(whole);
        assertThat(end.outcome()).isIn(Outcome.STOP, Outcome.LENGTH);
      }
    }
    assertThat(run.load()).isEqualTo(new Load(0, 0, 0, 0, 0, Duration.ZERO));
  }

  @Property(tries = 100)
  void requestsStartInOrderOfArrival(
      @ForAll @Size(min = 2, max = 12) List<@From("patient") Plan> plans,
      @ForAll @IntRange(min = 10, max = 20) int blocks) {
    Run run = new Run(blocks, 8);

    List<Request> requests = run.play(plans);

    List<Duration> starts =
        requests.stream()
            .map(request -> request.finished().queued().plus(Duration.ofMillis(request.arrivedAt)))
            .toList();
    assertThat(starts).isSorted();
  }

  @Example
  void aPreemptedSequenceIsComputedAgainToTheSameTokens() {
    Run run = new Run(10, 16);
    // Four sequences of 35 tokens where there is room for 40.
    List<Plan> plans =
        Stream.of(3L, 5L, 7L, 9L).map(seed -> new Plan(5, 30, seed, 0, Integer.MAX_VALUE)).toList();

    List<Request> requests = run.play(plans);

    assertThat(requests).anyMatch(request -> request.finished().preemptions() > 0);
    for (Request request : requests) {
      assertThat(request.tokens()).isEqualTo(run.expected(request));
    }
  }

  @Provide
  Arbitrary<Plan> plans() {
    return Combinators.combine(
            Arbitraries.integers().between(1, CONTEXT - 1),
            Arbitraries.integers().between(1, 30),
            Arbitraries.longs(),
            Arbitraries.integers().between(0, 15),
            Arbitraries.frequencyOf(
                Tuple.of(3, Arbitraries.just(Integer.MAX_VALUE)),
                Tuple.of(1, Arbitraries.integers().between(0, 30))))
        .as(Plan::new);
  }

  @Provide
  Arbitrary<Plan> patient() {
    return plans()
        .map(p -> new Plan(p.promptLength(), p.maxTokens(), p.seed(), 0, Integer.MAX_VALUE));
  }

  private static final class Request {
    private final Generation generation;
    private final TokenStream stream;
    private final int cancelAt;
    private final long arrivedAt;
    private final List<Integer> tokens = new ArrayList<>();
    private final List<Finished> ends = new ArrayList<>();

    Request(Generation generation, TokenStream stream, int cancelAt, long arrivedAt) {
      this.generation = generation;
      this.stream = stream;
      this.cancelAt = cancelAt;
      this.arrivedAt = arrivedAt;
    }

    int[] tokens() {
      return tokens.stream().mapToInt(i -> i).toArray();
    }

    Finished finished() {
      assertThat(ends).hasSize(1);
      return ends.getFirst();
    }

    void read() throws InterruptedException {
      if (ends.isEmpty()) {
        TokenStream.Piece piece = stream.next();
        Arrays.stream(piece.tokens()).forEach(tokens::add);
        piece.end().ifPresent(ends::add);
      }
    }
  }

  private static final class Run {
    private final ManualTime time = new ManualTime();
    private final ArithmeticBackend backend;
    private final Occupancy occupancy = new Occupancy(100);
    private final Batcher batcher;

    Run(int blocks, int budget) {
      backend = new ArithmeticBackend(BLOCK, blocks, CONTEXT, VOCABULARY);
      EngineSettings settings =
          new EngineSettings(4, 100, budget, Duration.ofHours(1), Duration.ofHours(1), Set.of(END));
      WorkerMetrics metrics =
          new WorkerMetrics(
              new PrometheusRegistry(),
              new Identity("m", "cpu", "test", BLOCK, (long) blocks * BLOCK, 4, 100, 0, 5));
      batcher = new Batcher(backend, settings, metrics, time, occupancy);
    }

    List<Request> play(List<Plan> plans) {
      List<Request> requests = new ArrayList<>();
      for (int turn = 0; turn < MAX_TURNS; turn++) {
        for (Plan plan : plans) {
          if (plan.arriveAt() == turn) {
            requests.add(arrive(plan, turn));
          }
        }
        cancel(requests, turn);
        boolean busy = batcher.turn();
        batcher.checkInvariants();
        time.advance(Duration.ofMillis(1));
        if (!busy && requests.size() == plans.size()) {
          break;
        }
      }
      assertThat(batcher.isEmpty()).as("all work ends").isTrue();
      requests.forEach(Run::readToTheEnd);
      return requests;
    }

    int[] expected(Request request) {
      Generation generation = request.generation;
      int limit =
          Math.min(generation.maxTokens(), batcher.longestSequence() - generation.prompt().length);
      return ArithmeticBackend.expected(
          generation.prompt(), generation.sampling(), VOCABULARY, limit, END);
    }

    Load load() {
      return occupancy.load(time.instant(), null);
    }

    private Request arrive(Plan plan, int turn) {
      Instant now = time.instant();
      int[] prompt =
          IntStream.range(0, Math.min(plan.promptLength(), batcher.longestSequence() - 1))
              .map(i -> (int) Math.floorMod(plan.seed() + i * 7L, (long) VOCABULARY))
              .toArray();
      Batch.Sampling sampling = new Batch.Sampling(plan.seed() % 2, 1, 0, plan.seed());
      Generation generation =
          new Generation(prompt, plan.maxTokens(), sampling, false, "unknown", now);
      Sequence sequence = new Sequence(generation, now);
      assertThat(occupancy.tryEnter(prompt.length)).isTrue();
      batcher.arrive(sequence);
      return new Request(generation, sequence.stream(), plan.cancelAt(), turn);
    }

    private static void cancel(List<Request> requests, int turn) {
      requests.stream()
          .filter(request -> request.cancelAt <= turn)
          .forEach(request -> request.stream.cancel(Outcome.CLIENT_DISCONNECT));
    }

    private static void readToTheEnd(Request request) {
      try {
        request.read();
      } catch (InterruptedException e) {
        throw new AssertionError(e);
      }
    }
  }
}
