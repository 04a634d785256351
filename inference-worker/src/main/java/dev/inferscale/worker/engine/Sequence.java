package dev.inferscale.worker.engine;

import dev.inferscale.worker.backend.Batch;
import dev.inferscale.worker.telemetry.Finished;
import dev.inferscale.worker.telemetry.Outcome;
import java.time.Duration;
import java.time.Instant;
import java.util.Arrays;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/// A request inside the engine: its tokens, how many of them are computed, its blocks and its
/// times. Owned by the engine thread once it is submitted.
final class Sequence {
  private static final int[] NO_BLOCKS = {};

  private final Generation request;
  private final TokenStream stream = new TokenStream();
  private final Instant queuedAt;
  private int[] tokens;
  private int length;
  private int computed;
  private int promptCounted;
  private int[] blocks = NO_BLOCKS;
  private int preemptions;
  private double busySeconds;
  private Instant waitingSince;
  private @Nullable Instant startedAt;
  private @Nullable Instant firstTokenAt;
  private @Nullable Instant lastTokenAt;

  Sequence(Generation request, Instant now) {
    this.request = request;
    queuedAt = now;
    waitingSince = now;
    tokens = Arrays.copyOf(request.prompt(), request.prompt().length + 16);
    length = request.prompt().length;
  }

  TokenStream stream() {
    return stream;
  }

  int length() {
    return length;
  }

  int blockCount() {
    return blocks.length;
  }

  Instant waitingSince() {
    return waitingSince;
  }

  boolean started() {
    return startedAt != null;
  }

  Scheduler.Demand demand() {
    return new Scheduler.Demand(length, computed, blocks.length);
  }

  /// How the request must end now, or null.
  @Nullable Outcome due(Instant now, EngineSettings settings) {
    Outcome cancelled = stream.cancelled();
    if (cancelled != null) {
      return cancelled;
    }
    if (!now.isBefore(request.arrived().plus(settings.requestTimeout()))) {
      return Outcome.DEADLINE;
    }
    boolean tooLate = !started() && !now.isBefore(queuedAt.plus(settings.queueTimeout()));
    return tooLate ? Outcome.QUEUE_TIMEOUT : null;
  }

  /// True when it had never run before.
  boolean start(Instant now) {
    boolean first = startedAt == null;
    if (first) {
      startedAt = now;
    }
    return first;
  }

  Duration waited(Instant now) {
    return Duration.between(queuedAt, now);
  }

  void give(int[] more) {
    if (more.length > 0) {
      int held = blocks.length;
      blocks = Arrays.copyOf(blocks, held + more.length);
      System.arraycopy(more, 0, blocks, held, more.length);
    }
  }

  /// Gives up all blocks; what was computed is lost with them.
  int[] surrender() {
    int[] held = blocks;
    blocks = NO_BLOCKS;
    computed = 0;
    return held;
  }

  void preempted(Instant now) {
    preemptions++;
    waitingSince = now;
  }

  Batch.Slice slice(int count) {
    return new Batch.Slice(
        Arrays.copyOfRange(tokens, computed, computed + count),
        computed,
        blocks,
        request.sampling(),
        computed + count == length);
  }

  /// Notes what a step computed; tells how many of the tokens are of the prompt and were computed
  /// for the first time.
  int computed(int count, double seconds) {
    computed += count;
    busySeconds += seconds;
    int prompt = Math.min(computed, request.prompt().length);
    int fresh = Math.max(0, prompt - promptCounted);
    promptCounted += fresh;
    return fresh;
  }

  void append(int token) {
    if (length == tokens.length) {
      tokens = Arrays.copyOf(tokens, length + length / 2);
    }
    tokens[length++] = token;
  }

  boolean isFirstToken() {
    return firstTokenAt == null;
  }

  /// Notes a token; tells the time since the last one, or since arrival for the first.
  Duration tokenAt(Instant now) {
    Duration gap = Duration.between(lastTokenAt == null ? request.arrived() : lastTokenAt, now);
    if (firstTokenAt == null) {
      firstTokenAt = now;
    }
    lastTokenAt = now;
    return gap;
  }

  boolean endsWith(int token, EngineSettings settings) {
    return !request.ignoreEnd() && settings.endTokens().contains(token);
  }

  boolean reachedLimit(int longestSequence) {
    return generated() >= request.maxTokens() || length >= longestSequence;
  }

  Finished finished(Outcome outcome, Instant now) {
    return new Finished(
        outcome,
        request.tenant(),
        request.prompt().length,
        generated(),
        Duration.between(queuedAt, startedAt == null ? now : startedAt),
        Optional.ofNullable(firstTokenAt).map(at -> Duration.between(request.arrived(), at)),
        firstTokenAt == null || lastTokenAt == null
            ? Duration.ZERO
            : Duration.between(firstTokenAt, lastTokenAt),
        Duration.between(request.arrived(), now),
        busySeconds,
        preemptions);
  }

  private int generated() {
    return length - request.prompt().length;
  }
}
