package dev.inferscale.worker;

import dev.inferscale.worker.backend.Backend;
import dev.inferscale.worker.backend.Batch;
import java.util.Arrays;
import java.util.concurrent.Semaphore;
import java.util.stream.IntStream;

/// A backend whose next token is a hash of the whole sequence, read back from its KV blocks: a
/// block that is lost, shared or not written shows as a wrong token.
public final class ArithmeticBackend implements Backend {
  private static final int EMPTY = -1;

  private final Capacity capacity;
  private final int[] cache;
  private final Semaphore steps = new Semaphore(0);
  private volatile boolean gated;
  private volatile boolean failing;
  private int largestBatch;
  private int largestTokens;
  private volatile int poison = EMPTY;
  private volatile boolean closed;

  public ArithmeticBackend(int blockTokens, int blocks, int contextTokens, int vocabulary) {
    capacity = new Capacity(blockTokens, blocks, contextTokens, vocabulary, "arithmetic");
    cache = new int[blockTokens * blocks];
    Arrays.fill(cache, EMPTY);
  }

  /// The token that follows, whatever the device did in between.
  public static int next(int[] sequence, Batch.Sampling sampling, int vocabulary) {
    long hash = sampling.temperature() == 0 ? 17 : sampling.seed() * 31 + 7;
    for (int token : sequence) {
      hash = hash * 1_000_003 + token + 1;
    }
    return (int) Math.floorMod(hash ^ (hash >>> 29), (long) vocabulary);
  }

  /// What a request must give, up to the limit or the end token.
  public static int[] expected(
      int[] prompt, Batch.Sampling sampling, int vocabulary, int limit, int endToken) {
    int[] sequence = prompt;
    for (int i = 0; i < limit; i++) {
      int token = next(sequence, sampling, vocabulary);
      if (token == endToken) {
        break;
      }
      sequence = IntStream.concat(IntStream.of(sequence), IntStream.of(token)).toArray();
    }
    return Arrays.copyOfRange(sequence, prompt.length, sequence.length);
  }

  /// From now on a step waits for a permit.
  public void gate() {
    gated = true;
  }

  public void allow(int count) {
    steps.release(count);
  }

  public void open() {
    gated = false;
    steps.release(1_000_000);
  }

  public void fail() {
    failing = true;
  }

  /// From now on a sequence that holds this token has no next one.
  public void poison(int token) {
    poison = token;
  }

  public int largestBatch() {
    return largestBatch;
  }

  public int largestTokens() {
    return largestTokens;
  }

  public boolean isClosed() {
    return closed;
  }

  @Override
  public Capacity capacity() {
    return capacity;
  }

  @Override
  public int[] step(Batch batch) {
    if (gated) {
      steps.acquireUninterruptibly();
    }
    if (failing) {
      throw new IllegalStateException("the device fell off the bus");
    }
    largestBatch = Math.max(largestBatch, batch.slices().size());
    largestTokens =
        Math.max(largestTokens, batch.slices().stream().mapToInt(s -> s.tokens().length).sum());
    batch.slices().forEach(this::write);
    return batch.slices().stream().mapToInt(this::pick).toArray();
  }

  private void write(Batch.Slice slice) {
    for (int i = 0; i < slice.tokens().length; i++) {
      cache[at(slice, slice.start() + i)] = slice.tokens()[i];
    }
  }

  private int pick(Batch.Slice slice) {
    if (!slice.wantsToken()) {
      return EMPTY;
    }
    int length = slice.start() + slice.tokens().length;
    int[] sequence = IntStream.range(0, length).map(i -> cache[at(slice, i)]).toArray();
    if (IntStream.of(sequence).anyMatch(token -> token == poison)) {
      return NO_TOKEN;
    }
    return next(sequence, slice.sampling(), capacity.vocabulary());
  }

  private int at(Batch.Slice slice, int position) {
    int block = slice.blocks()[position / capacity.blockTokens()];
    return block * capacity.blockTokens() + position % capacity.blockTokens();
  }

  @Override
  public void close() {
    closed = true;
  }
}
