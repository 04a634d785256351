package dev.inferscale.worker.engine;

import dev.inferscale.worker.backend.Backend;
import dev.inferscale.worker.backend.Batch;
import dev.inferscale.worker.telemetry.Finished;
import dev.inferscale.worker.telemetry.Outcome;
import dev.inferscale.worker.telemetry.Seconds;
import dev.inferscale.worker.telemetry.WorkerMetrics;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Deque;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/// The engine's state and one turn of its loop: end what is due, plan, compute, deliver.
///
/// Owned by the engine thread; has no lock and no thread of its own, so that a test can turn it by
/// hand. Invariants: `running` followed by `waiting` is in order of arrival; a sequence is in
/// exactly one of them until it ends, which it does once; only running sequences hold blocks.
final class Batcher {
  private final Backend backend;
  private final EngineSettings settings;
  private final WorkerMetrics metrics;
  private final InstantSource time;
  private final Occupancy occupancy;
  private final Scheduler.Limits limits;
  private final int longestSequence;
  private final BlockPool pool;
  private final List<Sequence> running = new ArrayList<>();
  private final Deque<Sequence> waiting = new ArrayDeque<>();

  Batcher(
      Backend backend,
      EngineSettings settings,
      WorkerMetrics metrics,
      InstantSource time,
      Occupancy occupancy) {
    this.backend = backend;
    this.settings = settings;
    this.metrics = metrics;
    this.time = time;
    this.occupancy = occupancy;
    Backend.Capacity capacity = backend.capacity();
    limits =
        new Scheduler.Limits(
            settings.maxRunning(), settings.maxBatchTokens(), capacity.blockTokens());
    longestSequence = (int) Math.min(capacity.contextTokens(), capacity.tokens());
    pool = new BlockPool(capacity.blocks());
  }

  /// Longest sequence that fits both the model's context and the whole KV cache: with it a sequence
  /// that runs alone can always go on to its end.
  int longestSequence() {
    return longestSequence;
  }

  boolean isEmpty() {
    return running.isEmpty() && waiting.isEmpty();
  }

  /// Takes over a sequence that [Occupancy#tryEnter] has counted.
  void arrive(Sequence sequence) {
    waiting.addLast(sequence);
  }

  /// Does one turn. False when there was nothing to compute.
  boolean turn() {
    Instant now = time.instant();
    running.removeIf(sequence -> endedRunning(sequence, sequence.due(now, settings), now));
    waiting.removeIf(sequence -> endedWaiting(sequence, sequence.due(now, settings), now));
    Scheduler.Plan plan =
        Scheduler.plan(
            running.stream().map(Sequence::demand).toList(),
            waiting.stream()
                .limit(settings.maxRunning() - running.size())
                .map(Sequence::demand)
                .toList(),
            pool.free(),
            limits);
    if (!plan.isEmpty()) {
      compute(plan, now);
    }
    show();
    return !plan.isEmpty();
  }

  /// Ends everything, in the queue and in the batch.
  void endAll(Outcome outcome) {
    Instant now = time.instant();
    running.removeIf(sequence -> endedRunning(sequence, outcome, now));
    waiting.removeIf(sequence -> endedWaiting(sequence, outcome, now));
    show();
  }

  /// Throws [IllegalStateException] when blocks or counts do not add up.
  void checkInvariants() {
    pool.checkInvariants();
    int held = running.stream().mapToInt(Sequence::blockCount).sum();
    if (held != pool.used() || waiting.stream().anyMatch(sequence -> sequence.blockCount() > 0)) {
      throw new IllegalStateException(
          "running sequences hold %d blocks but %d are taken".formatted(held, pool.used()));
    }
    if (occupancy.waiting() < waiting.size()) {
      throw new IllegalStateException(
          "%d wait but %d are counted".formatted(waiting.size(), occupancy.waiting()));
    }
  }

  private void compute(Scheduler.Plan plan, Instant now) {
    preempt(plan.preempted(), now);
    List<Sequence> batch = new ArrayList<>(running.subList(0, plan.running().size()));
    batch.addAll(admit(plan.admitted().size(), now));
    List<Scheduler.Share> shares = new ArrayList<>(plan.running());
    shares.addAll(plan.admitted());
    List<Batch.Slice> slices = new ArrayList<>(batch.size());
    for (int i = 0; i < batch.size(); i++) {
      batch.get(i).give(pool.take(shares.get(i).newBlocks()));
      slices.add(batch.get(i).slice(shares.get(i).tokens()));
    }
    show();
    Instant before = time.instant();
    int[] next = backend.step(new Batch(slices));
    Instant after = time.instant();
    deliver(batch, slices, next, Seconds.of(Duration.between(before, after)), after);
  }

  private void preempt(int count, Instant now) {
    for (int i = 0; i < count; i++) {
      Sequence youngest = running.removeLast();
      pool.release(youngest.surrender());
      youngest.preempted(now);
      occupancy.reenter(youngest.length());
      waiting.addFirst(youngest);
      metrics.preempted();
    }
  }

  private List<Sequence> admit(int count, Instant now) {
    List<Sequence> admitted = new ArrayList<>(count);
    for (int i = 0; i < count; i++) {
      Sequence sequence = waiting.removeFirst();
      occupancy.leave(sequence.length());
      if (sequence.start(now)) {
        metrics.leftQueue(sequence.waited(now));
      }
      admitted.add(sequence);
    }
    running.addAll(admitted);
    return admitted;
  }

  private void deliver(
      List<Sequence> batch, List<Batch.Slice> slices, int[] next, double seconds, Instant now) {
    int computed = slices.stream().mapToInt(slice -> slice.tokens().length).sum();
    int promptTokens = 0;
    int generated = 0;
    Set<Sequence> ended = new HashSet<>();
    for (int i = 0; i < batch.size(); i++) {
      Sequence sequence = batch.get(i);
      int count = slices.get(i).tokens().length;
      promptTokens += sequence.computed(count, seconds * count / computed);
      if (slices.get(i).wantsToken()) {
        boolean given = next[i] != Backend.NO_TOKEN;
        generated += given ? 1 : 0;
        Outcome end = given ? accept(sequence, valid(next[i]), now) : Outcome.INTERNAL;
        if (endedRunning(sequence, end, now)) {
          ended.add(sequence);
        }
      }
    }
    metrics.promptTokens(promptTokens);
    metrics.generationTokens(generated);
    running.removeIf(ended::contains);
  }

  /// Takes a token; tells how the sequence ends with it, or null.
  private @Nullable Outcome accept(Sequence sequence, int token, Instant now) {
    boolean first = sequence.isFirstToken();
    Duration gap = sequence.tokenAt(now);
    if (first) {
      metrics.firstToken(gap);
    } else {
      metrics.nextToken(gap);
    }
    sequence.append(token);
    if (sequence.endsWith(token, settings)) {
      return Outcome.STOP;
    }
    sequence.stream().offer(token);
    return sequence.reachedLimit(longestSequence) ? Outcome.LENGTH : null;
  }

  private int valid(int token) {
    if (token < 0 || token >= backend.capacity().vocabulary()) {
      throw new IllegalStateException("the backend picked token " + token);
    }
    return token;
  }

  private boolean endedRunning(Sequence sequence, @Nullable Outcome outcome, Instant now) {
    if (outcome == null) {
      return false;
    }
    pool.release(sequence.surrender());
    end(sequence, outcome, now);
    return true;
  }

  private boolean endedWaiting(Sequence sequence, @Nullable Outcome outcome, Instant now) {
    if (outcome == null) {
      return false;
    }
    occupancy.leave(sequence.length());
    if (!sequence.started()) {
      metrics.leftQueue(sequence.waited(now));
    }
    end(sequence, outcome, now);
    return true;
  }

  private void end(Sequence sequence, Outcome outcome, Instant now) {
    Finished finished = sequence.finished(outcome, now);
    metrics.finished(finished);
    sequence.stream().end(finished);
  }

  private void show() {
    occupancy.show(
        new Occupancy.Held(
            running.size(),
            running.stream().mapToLong(Sequence::length).sum(),
            (long) pool.used() * limits.blockTokens(),
            oldest(waiting)));
  }

  /// Preempted sequences stand before those that never ran and wait for a shorter time; of the
  /// others the first is the oldest.
  private static @Nullable Instant oldest(Collection<Sequence> waiting) {
    Instant oldest = null;
    for (Sequence sequence : waiting) {
      if (oldest == null || sequence.waitingSince().isBefore(oldest)) {
        oldest = sequence.waitingSince();
      }
      if (!sequence.started()) {
        break;
      }
    }
    return oldest;
  }
}
