package dev.inferscale.worker.backend.cpu;

import com.sun.management.OperatingSystemMXBean;
import dev.inferscale.worker.backend.Backend;
import dev.inferscale.worker.backend.Batch;
import dev.inferscale.worker.backend.Batch.Slice;
import dev.inferscale.worker.backend.Sampler;
import dev.inferscale.worker.backend.cpu.Llama.Trace;
import dev.inferscale.worker.model.ModelConfig;
import dev.inferscale.worker.model.ModelFault;
import dev.inferscale.worker.model.Safetensors;
import java.lang.foreign.Arena;
import java.lang.management.ManagementFactory;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Objects;

/// Computes on the CPU: weights in their file's number format, activations and KV cache in float.
///
/// Called by one thread at a time; a fixed team of helper threads shares large products. Weights
/// and cache lie outside the Java heap.
public final class CpuBackend implements Backend {
  private final Arena arena;
  private final Team team;
  private final Llama llama;
  private final Rows rows = new Rows(Llama.MAX_ROWS);
  private final Sampler sampler;
  private final Capacity capacity;

  private CpuBackend(Arena arena, Team team, Llama llama, Capacity capacity) {
    this.arena = arena;
    this.team = team;
    this.llama = llama;
    this.capacity = capacity;
    sampler = new Sampler(capacity.vocabulary());
  }

  /// Reads and packs a Hugging Face directory with `config.json` and safetensors.
  ///
  /// @param kvTokens tokens that the KV cache holds; rounded down to whole blocks
  /// @param threads that compute, the caller's included
  /// @throws ModelFault if the directory cannot be served, or weights and cache together are more
  ///   than the machine's (or container's) memory
  public static CpuBackend load(Path modelDir, long kvTokens, int blockTokens, int threads) {
    return load(modelDir, kvTokens, blockTokens, threads, Kernels.best());
  }

  @SuppressWarnings("MustBeClosedChecker") // the backend owns its memory and frees it in close()
  static CpuBackend load(
      Path modelDir, long kvTokens, int blockTokens, int threads, Kernels kernels) {
    if (blockTokens < 1 || threads < 1) {
      throw new IllegalArgumentException("blockTokens and threads must be at least 1");
    }
    ModelConfig config = ModelConfig.read(modelDir);
    Arena arena = Arena.ofShared();
    Team team = new Team(threads);
    try (Safetensors files = Safetensors.open(modelDir)) {
      int blocks = blocks(config, files.byteSize(), kvTokens, blockTokens);
      Weights weights = Weights.load(files, config, kernels.lanes(), arena, team);
      var cache =
          new KvCache(
              arena, config.layers(), blocks, blockTokens, config.kvHeads(), config.headDim());
      return new CpuBackend(
          arena,
          team,
          new Llama(config, weights, cache, kernels, team),
          new Capacity(
              blockTokens,
              blocks,
              config.contextTokens(),
              config.vocabulary(),
              "cpu (%s, %d threads)".formatted(kernels.name(), threads)));
    } catch (RuntimeException | Error failed) {
      team.close();
      arena.close();
      throw failed;
    }
  }

  /// How many blocks the cache has, if they and the weights fit the memory.
  private static int blocks(ModelConfig config, long weightBytes, long kvTokens, int blockTokens) {
    long blocks = kvTokens / blockTokens;
    if (blocks < 1 || blocks > Integer.MAX_VALUE) {
      throw new ModelFault(
          "a KV cache of %d tokens is no whole number of blocks of %d tokens from 1 to %d"
              .formatted(kvTokens, blockTokens, Integer.MAX_VALUE));
    }
    long perToken = KvCache.bytesPerToken(config.layers(), config.kvHeads(), config.headDim());
    double needed = weightBytes + (double) blocks * blockTokens * perToken;
    long memory =
        ManagementFactory.getPlatformMXBean(OperatingSystemMXBean.class).getTotalMemorySize();
    if (needed > memory) {
      throw new ModelFault(
          ("weights of %d MB and a KV cache of %d tokens at %d bytes each do not fit %d MB of"
                  + " memory; a cache of %d tokens would")
              .formatted(
                  weightBytes >> 20,
                  kvTokens,
                  perToken,
                  memory >> 20,
                  Math.max(0, (memory - weightBytes) / perToken)));
    }
    return (int) blocks;
  }

  @Override
  public Capacity capacity() {
    return capacity;
  }

  @Override
  public int[] step(Batch batch) {
    int[] picked = new int[batch.slices().size()];
    Arrays.fill(picked, -1);
    int[] wanting = new int[Llama.MAX_ROWS];
    rows.clear();
    for (int s = 0; s < picked.length; s++) {
      Slice slice = batch.slices().get(s);
      check(slice);
      for (int i = 0; i < slice.tokens().length; i++) {
        boolean wanted = slice.wantsToken() && i == slice.tokens().length - 1;
        if (wanted) {
          wanting[rows.wantedCount()] = s;
        }
        rows.add(slice.tokens()[i], slice.start() + i, slice.blocks(), wanted);
        if (rows.isFull()) {
          compute(batch, wanting, picked);
        }
      }
    }
    if (rows.count() > 0) {
      compute(batch, wanting, picked);
    }
    return picked;
  }

  /// A slice out of range is the caller's mistake, and would read or write memory of others.
  private void check(Slice slice) {
    for (int token : slice.tokens()) {
      Objects.checkIndex(token, capacity.vocabulary());
    }
    int end = slice.start() + slice.tokens().length;
    Objects.checkFromToIndex(slice.start(), end, capacity.contextTokens());
    int used = Math.ceilDiv(end, capacity.blockTokens());
    for (int i = 0; i < used; i++) {
      Objects.checkIndex(slice.blocks()[i], capacity.blocks());
    }
  }

  /// Runs the pass that was filled and picks the tokens it wanted.
  private void compute(Batch batch, int[] wanting, int[] picked) {
    llama.compute(rows, Trace.NONE);
    for (int i = 0; i < rows.wantedCount(); i++) {
      Slice slice = batch.slices().get(wanting[i]);
      int position = slice.start() + slice.tokens().length;
      picked[wanting[i]] =
          sampler.pick(llama.logits(), llama.logitsAt(i), slice.sampling(), position);
    }
    rows.clear();
  }

  /// Logits after every token of a prompt, computed in the first blocks of the cache; for tests.
  float[][] logits(int[] prompt, Trace trace) {
    int blocks = Math.ceilDiv(prompt.length, capacity.blockTokens());
    int[] table = new int[blocks];
    Arrays.setAll(table, i -> i);
    float[][] logits = new float[prompt.length][];
    rows.clear();
    int first = 0;
    for (int i = 0; i < prompt.length; i++) {
      rows.add(prompt[i], i, table, true);
      if (rows.isFull() || i == prompt.length - 1) {
        llama.compute(rows, trace);
        for (int row = 0; row < rows.count(); row++) {
          int at = llama.logitsAt(row);
          logits[first + row] = Arrays.copyOfRange(llama.logits(), at, at + capacity.vocabulary());
        }
        first += rows.count();
        rows.clear();
      }
    }
    return logits;
  }

  @Override
  public void close() {
    team.close();
    arena.close();
  }
}
