package dev.inferscale.worker.backend.cpu;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import dev.inferscale.worker.Goldens;
import dev.inferscale.worker.backend.Batch;
import dev.inferscale.worker.backend.Batch.Sampling;
import dev.inferscale.worker.backend.Batch.Slice;
import dev.inferscale.worker.backend.cpu.Llama.Trace;
import dev.inferscale.worker.model.Safetensors;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/// Compares with transformers' float32 results: every float within 1e-5 of the largest, every token
/// equal.
class GoldenModelsTest {
  private static final double TOLERANCE = 1e-5;

  @TempDir private Path scratch;

  @ParameterizedTest
  @CsvSource({
    "demo, vector", "demo, scalar",
    "llama, vector", "llama, scalar",
    "llama3-rope, vector", "llama3-rope, scalar",
    "llama-old-config, vector", "llama-old-config, scalar",
    "llama-sharded, vector", "llama-sharded, scalar"
  })
  void logitsHiddenStatesAndGreedyTokensAreTheReferences(String model, String kernels)
      throws Exception {
    JsonNode golden = Goldens.golden(model);
    Files.copy(
        Goldens.goldenFolder(model).resolve("golden.safetensors"),
        scratch.resolve("model.safetensors"));
    try (Safetensors expected = Safetensors.open(scratch);
        CpuBackend backend = load(model, kernels)) {
      checkShortPrompt(backend, golden, expected);
      checkLongPrompt(backend, golden, expected);
      golden
          .path("greedy")
          .properties()
          .forEach(entry -> checkGreedy(backend, golden, entry.getKey(), entry.getValue()));
    }
  }

  @ParameterizedTest
  @CsvSource({"vector", "scalar"})
  void theDemoModelGivesTheAnswersItLearned(String kernels) throws Exception {
    try (CpuBackend backend = load("demo", kernels)) {
      for (JsonNode sample : Goldens.golden("demo").path("chat_samples")) {
        int length = sample.path("until_eos").asInt();
        int[] expected = Arrays.copyOf(Goldens.ints(sample.path("tokens")), length);

        int[] answer = greedy(backend, Goldens.ints(sample.path("ids")), length);

        assertThat(answer).as(sample.path("user").asText()).containsExactly(expected);
      }
    }
  }

  @Test
  void theCapacitySaysWhatTheDeviceOffers() {
    try (CpuBackend backend = load("demo", "vector")) {
      assertThat(backend.capacity().blocks()).isEqualTo(40);
      assertThat(backend.capacity().tokens()).isEqualTo(640);
      assertThat(backend.capacity().contextTokens()).isEqualTo(1024);
      assertThat(backend.capacity().vocabulary()).isEqualTo(3072);
      assertThat(backend.capacity().device()).startsWith("cpu (Vector API, ");
    }
  }

  private static CpuBackend load(String model, String kernels) {
    Kernels chosen = kernels.equals("vector") ? new VectorKernels() : new ScalarKernels();
    return CpuBackend.load(Goldens.model(model), 640, 16, 2, chosen);
  }

  private static void checkShortPrompt(CpuBackend backend, JsonNode golden, Safetensors expected) {
    int[] prompt = Goldens.ints(golden.path("prompts").path("short").path("ids"));
    List<float[]> states = new ArrayList<>();

    float[][] logits = backend.logits(prompt, seen -> states.add(seen.clone()));

    int vocabulary = backend.capacity().vocabulary();
    float[] wanted = expected.tensor("short.logits", prompt.length, vocabulary).toArray();
    for (int i = 0; i < prompt.length; i++) {
      float[] row = Arrays.copyOfRange(wanted, i * vocabulary, (i + 1) * vocabulary);
      assertClose(logits[i], row, "logits at position " + i);
    }
    int layers = states.size() - 2;
    checkStates(states.getFirst(), expected, "short.hidden.embed", prompt.length);
    for (int layer = 0; layer < layers; layer++) {
      String name = "short.hidden.layer." + layer;
      checkStates(states.get(layer + 1), expected, name, prompt.length);
    }
    checkStates(states.getLast(), expected, "short.hidden.norm", prompt.length);
  }

  private static void checkStates(float[] states, Safetensors expected, String name, int rows) {
    int hidden = states.length / Llama.MAX_ROWS;
    float[] wanted = expected.tensor(name, rows, hidden).toArray();
    assertClose(Arrays.copyOf(states, wanted.length), wanted, name);
  }

  private static void checkLongPrompt(CpuBackend backend, JsonNode golden, Safetensors expected) {
    int[] prompt = Goldens.ints(golden.path("prompts").path("long").path("ids"));
    int vocabulary = backend.capacity().vocabulary();

    float[][] logits = backend.logits(prompt, Trace.NONE);

    assertClose(
        logits[prompt.length - 1],
        expected.tensor("long.last_logits", 1, vocabulary).toArray(),
        "logits after the long prompt");
  }

  private static void checkGreedy(
      CpuBackend backend, JsonNode golden, String prompt, JsonNode expected) {
    int[] tokens = Goldens.ints(expected.path("tokens"));
    assertThat(tokens).hasSize(64);
    int[] ids = Goldens.ints(golden.path("prompts").path(prompt).path("ids"));

    assertThat(greedy(backend, ids, 64)).as(prompt).containsExactly(tokens);
  }

  private static int[] greedy(CpuBackend backend, int[] prompt, int count) {
    int[] table = new int[backend.capacity().blocks()];
    Arrays.setAll(table, i -> i);
    int[] answer = new int[count];
    int[] next = prompt;
    int start = 0;
    for (int i = 0; i < count; i++) {
      var slice = new Slice(next, start, table, Sampling.GREEDY, true);
      answer[i] = backend.step(new Batch(List.of(slice)))[0];
      start += next.length;
      next = new int[] {answer[i]};
    }
    return answer;
  }

  private static void assertClose(float[] actual, float[] expected, String what) {
    assertThat(actual).as(what).hasSameSizeAs(expected);
    double largest = 0;
    double error = 0;
    for (int i = 0; i < expected.length; i++) {
      largest = Math.max(largest, Math.abs(expected[i]));
      error = Math.max(error, Math.abs(actual[i] - expected[i]));
    }
    assertThat(error / largest).as(what).isLessThanOrEqualTo(TOLERANCE);
  }
}
