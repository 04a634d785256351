package dev.inferscale.e2e;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// `inferscale worker` with models that cannot be served.
final class WorkerModelTest {
  private static final String NAME = "inference-worker";
  private static final Path MODEL =
      SourceTree.root()
          .resolve(
              "inference-worker/src/test/resources/dev/inferscale/worker/goldens/models/llama");

  @TempDir private Path folder;

  @Test
  void aModelThatIsNotThereIsSaid() throws Exception {
    refused(folder.resolve("nowhere"), "nowhere/config.json does not exist");
  }

  @Test
  void weightsThatAreCutShortAreSaid() throws Exception {
    Path model = copy();
    Path weights = model.resolve("model.safetensors");
    byte[] whole = Files.readAllBytes(weights);
    Files.write(weights, Arrays.copyOf(whole, whole.length / 2));

    refused(model, "model.safetensors: tensor ", "is it cut short?");
  }

  @Test
  void weightsOfAnotherTypeAreSaid() throws Exception {
    Path model = copy();
    Path weights = model.resolve("model.safetensors");
    String bytes = new String(Files.readAllBytes(weights), ISO_8859_1);
    // As long as before: the header's length stands in the file.
    Files.writeString(
        weights, bytes.replace("\"dtype\":\"BF16\"", "\"dtype\":\"I16\" "), ISO_8859_1);

    refused(model, "has dtype I16; expected BF16, F16 or F32");
  }

  @Test
  void aTokenizerWithoutMergesIsSaid() throws Exception {
    Path model = copy();
    Path tokenizer = model.resolve("tokenizer.json");
    ObjectMapper json = new ObjectMapper();
    ObjectNode root = (ObjectNode) json.readTree(tokenizer.toFile());
    ((ObjectNode) root.path("model")).remove("merges");
    json.writeValue(tokenizer.toFile(), root);

    refused(model, "tokenizer.json", "model.merges is missing or empty");
  }

  private void refused(Path model, String... words) throws Exception {
    try (Started worker =
        Started.inferscale(folder, "worker", "--port", "0", "--model", model.toString())) {
      assertThat(worker.status()).isEqualTo(1);
      assertThat(worker.sentences(NAME)).singleElement().asString().contains(words);
      assertThat(worker.err()).doesNotContain("error.stack");
    }
  }

  private Path copy() throws IOException {
    Path model = Files.createDirectory(folder.resolve("model"));
    for (String file :
        List.of("config.json", "generation_config.json", "model.safetensors", "tokenizer.json")) {
      Files.copy(MODEL.resolve(file), model.resolve(file));
    }
    return model;
  }
}
