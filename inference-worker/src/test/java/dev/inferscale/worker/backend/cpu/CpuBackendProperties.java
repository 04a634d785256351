package dev.inferscale.worker.backend.cpu;

import static org.assertj.core.api.Assertions.assertThat;

import dev.inferscale.worker.Goldens;
import dev.inferscale.worker.backend.Batch;
import dev.inferscale.worker.backend.Batch.Sampling;
import dev.inferscale.worker.backend.Batch.Slice;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.SplittableRandom;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import net.jqwik.api.lifecycle.AfterContainer;
import net.jqwik.api.lifecycle.BeforeContainer;

/// A sequence's tokens depend on nothing but the sequence. Tokens are drawn at a high temperature,
/// so that every logit counts.
class CpuBackendProperties {
  private static final int BLOCK_TOKENS = 8;
  private static final int BLOCKS = 120;
  private static final int GENERATED = 6;

  private static CpuBackend backend = load();

  @BeforeContainer
  static void open() {
    backend.close();
    backend = load();
  }

  @AfterContainer
  static void close() {
    backend.close();
  }

  private static CpuBackend load() {
    return CpuBackend.load(
        Goldens.model("llama3-rope"), BLOCKS * BLOCK_TOKENS, BLOCK_TOKENS, 2, new VectorKernels());
  }

  @Property(tries = 25)
  void chunksOfAPromptAreTheWholePrompt(
      @ForAll @IntRange(min = 1, max = 120) int length,
      @ForAll @IntRange(min = 1, max = 60) int chunk,
      @ForAll long seed) {
    Sequence whole = new Sequence(prompt(length, seed), blocks(0), seed);
    Sequence chunked = new Sequence(prompt(length, seed), blocks(40), seed);

    while (!whole.isDone()) {
      step(List.of(whole), 1000);
    }
    while (!chunked.isDone()) {
      step(List.of(chunked), chunk);
    }

    assertThat(chunked.generated).isEqualTo(whole.generated);
  }

  @Property(tries = 25)
  void aSequenceDoesNotFeelItsBatch(
      @ForAll @IntRange(min = 2, max = 6) int count,
      @ForAll @IntRange(min = 1, max = 50) int chunk,
      @ForAll long seed) {
    var random = new SplittableRandom(seed);
    List<Sequence> together = new ArrayList<>();
    List<Sequence> alone = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      int[] prompt = prompt(1 + random.nextInt(90), seed + i);
      together.add(new Sequence(prompt, blocks(i * BLOCKS / count), seed + i));
      alone.add(new Sequence(prompt, blocks(0), seed + i));
    }

    while (together.stream().anyMatch(sequence -> !sequence.isDone())) {
      step(together.stream().filter(sequence -> !sequence.isDone()).toList(), chunk);
    }

    for (int i = 0; i < count; i++) {
      Sequence sequence = alone.get(i);
      while (!sequence.isDone()) {
        step(List.of(sequence), 1000);
      }
      assertThat(together.get(i).generated).isEqualTo(sequence.generated);
    }
  }

  @Property(tries = 25)
  void blocksMayLieInAnyOrder(@ForAll @IntRange(min = 1, max = 120) int length, @ForAll long seed) {
    int[] shuffled = blocks(0);
    var random = new SplittableRandom(seed);
    for (int i = shuffled.length - 1; i > 0; i--) {
      int other = random.nextInt(i + 1);
      int swapped = shuffled[i];
      shuffled[i] = shuffled[other];
      shuffled[other] = swapped;
    }
    Sequence inOrder = new Sequence(prompt(length, seed), blocks(0), seed);
    Sequence outOfOrder = new Sequence(prompt(length, seed), shuffled, seed);

    while (!inOrder.isDone()) {
      step(List.of(inOrder), 1000);
    }
    while (!outOfOrder.isDone()) {
      step(List.of(outOfOrder), 1000);
    }

    assertThat(outOfOrder.generated).isEqualTo(inOrder.generated);
  }

  /// Computes the next chunk, or the next token, of each sequence.
  private static void step(List<Sequence> sequences, int chunk) {
    List<Slice> slices = sequences.stream().map(sequence -> sequence.next(chunk)).toList();
    int[] tokens = backend.step(new Batch(slices));
    for (int i = 0; i < tokens.length; i++) {
      sequences.get(i).computed(slices.get(i), tokens[i]);
    }
  }

  private static int[] prompt(int length, long seed) {
    var random = new SplittableRandom(seed);
    return random.ints(length, 0, backend.capacity().vocabulary()).toArray();
  }

  private static int[] blocks(int first) {
    int[] blocks = new int[BLOCKS];
    Arrays.setAll(blocks, i -> (first + i) % BLOCKS);
    return blocks;
  }

  private static final class Sequence {
    private final int[] tokens;
    private final int promptLength;
    private final int[] blocks;
    private final long seed;
    private final List<Integer> generated = new ArrayList<>();
    private int done;

    Sequence(int[] prompt, int[] blocks, long seed) {
      tokens = Arrays.copyOf(prompt, prompt.length + GENERATED);
      promptLength = prompt.length;
      this.blocks = blocks;
      this.seed = seed;
    }

    boolean isDone() {
      return generated.size() == GENERATED;
    }

    Slice next(int chunk) {
      int known = promptLength + generated.size();
      int end = Math.min(known, done + chunk);
      int[] slice = Arrays.copyOfRange(tokens, done, end);
      return new Slice(slice, done, blocks, new Sampling(2, 1, 0, seed), end == known);
    }

    void computed(Slice slice, int token) {
      done += slice.tokens().length;
      assertThat(token >= 0).isEqualTo(slice.wantsToken());
      if (slice.wantsToken()) {
        tokens[promptLength + generated.size()] = token;
        generated.add(token);
      }
    }
  }
}
