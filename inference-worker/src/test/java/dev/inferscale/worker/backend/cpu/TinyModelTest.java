package dev.inferscale.worker.backend.cpu;

import static org.assertj.core.api.Assertions.assertThat;

import dev.inferscale.worker.Goldens;
import dev.inferscale.worker.model.Dtype;
import java.io.IOException;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// Where the weights of the paced worker's model come from.
class TinyModelTest {
  @Test
  void theWeightsAreTheOnesOfSeedOne(@TempDir Path drawn) throws IOException {
    new SeededModel(32, 64, 1, 4, 1, 8, 3072, true, Dtype.BF16).write(drawn, 1);

    assertThat(Goldens.TINY_MODEL.resolve("model.safetensors"))
        .hasSameBinaryContentAs(drawn.resolve("model.safetensors"));
  }
}
