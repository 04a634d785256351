package dev.inferscale.worker.backend.cpu;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.inferscale.worker.Goldens;
import dev.inferscale.worker.backend.Batch;
import dev.inferscale.worker.backend.Batch.Sampling;
import dev.inferscale.worker.backend.Batch.Slice;
import dev.inferscale.worker.model.Dtype;
import dev.inferscale.worker.model.ModelFault;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class CpuBackendTest {
  private static final Path MODEL = Goldens.model("llama");

  @Test
  void aCacheLargerThanTheMemoryIsRefusedWithOneThatFits() {
    assertThatThrownBy(() -> CpuBackend.load(MODEL, 1L << 34, 16, 1))
        .isInstanceOf(ModelFault.class)
        .hasMessageMatching(
            "weights of 0 MB and a KV cache of 17179869184 tokens at 512 bytes each do not fit"
                + " \\d+ MB of memory; a cache of \\d+ tokens would");
  }

  @Test
  void aCacheWithoutOneBlockIsRefused() {
    assertThatThrownBy(() -> CpuBackend.load(MODEL, 15, 16, 1))
        .isInstanceOf(ModelFault.class)
        .hasMessageContaining("a KV cache of 15 tokens");
  }

  @Test
  void slicesThatReachOutsideAreRefused() {
    try (CpuBackend backend = CpuBackend.load(MODEL, 64, 16, 1)) {
      assertRefused(backend, new int[] {512}, 0, 0);
      assertRefused(backend, new int[] {-1}, 0, 0);
      assertRefused(backend, new int[] {1}, 0, 4);
      assertRefused(backend, new int[] {1}, 0, -1);
      assertRefused(backend, new int[] {1}, 512, 0);
      assertRefused(backend, new int[] {1}, 16, 0);
    }
  }

  private static void assertRefused(CpuBackend backend, int[] tokens, int start, int block) {
    var slice = new Slice(tokens, start, new int[] {block}, Sampling.GREEDY, true);
    assertThatThrownBy(() -> backend.step(new Batch(List.of(slice))))
        .isInstanceOf(IndexOutOfBoundsException.class);
  }

  @Test
  void anEmptyBatchGivesNoTokens() {
    try (CpuBackend backend = CpuBackend.load(MODEL, 64, 16, 1)) {
      assertThat(backend.step(new Batch(List.of()))).isEmpty();
    }
  }

  @ParameterizedTest
  @EnumSource
  void anyShapeRunsWithBothKernelsAndAnyNumberOfThreads(Dtype dtype, @TempDir Path directory)
      throws IOException {
    new SeededModel(60, 250, 2, 6, 3, 20, 333, false, dtype).write(directory, 7);
    int[] prompt = {5, 4, 3, 2, 1, 0, 332};

    float[][] expected = logits(directory, prompt, new ScalarKernels(), 1);

    assertThat(expected[6]).hasSize(333).doesNotContain(Float.NaN);
    assertThat(logits(directory, prompt, new VectorKernels(), 1)).isDeepEqualTo(expected);
    assertThat(logits(directory, prompt, new VectorKernels(), 3)).isDeepEqualTo(expected);
  }

  private static float[][] logits(Path model, int[] prompt, Kernels kernels, int threads) {
    try (CpuBackend backend = CpuBackend.load(model, 64, 4, threads, kernels)) {
      return backend.logits(prompt, Llama.Trace.NONE);
    }
  }

  @Test
  void withoutTheVectorModuleItComputesInPlainJava() throws IOException {
    Process process =
        new ProcessBuilder(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-cp",
                System.getProperty("java.class.path"),
                NameOfKernels.class.getName())
            .redirectErrorStream(true)
            .start();

    String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);

    assertThat(output.strip()).isEqualTo("plain Java");
  }

  /// Run as a program of its own.
  static final class NameOfKernels {
    private NameOfKernels() {}

    public static void main(String[] args) {
      System.out.println(Kernels.best().name());
    }
  }
}
