package dev.inferscale.worker.model;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.inferscale.worker.Goldens;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class SafetensorsTest {
  @TempDir private Path directory;

  @Test
  void tensorsAreReadFromShardsAndFromOneFile() {
    try (Safetensors sharded = Safetensors.open(Goldens.model("llama-sharded"));
        Safetensors whole = Safetensors.open(Goldens.model("llama"))) {
      assertThat(sharded.tensor("model.norm.weight", 64).dtype()).isEqualTo(Dtype.F32);
      assertThat(sharded.byteSize()).isEqualTo(902_912);
      assertThat(whole.tensor("lm_head.weight", 512, 64).dtype()).isEqualTo(Dtype.BF16);
      assertThat(whole.tensor("model.norm.weight", 64).toArray()).doesNotContain(Float.NaN);
    }
  }

  @Test
  void everyFormatIsWidenedExactly() throws IOException {
    write(
        """
        {"a": {"dtype": "BF16", "shape": [2], "data_offsets": [0, 4]},
         "b": {"dtype": "F16", "shape": [1, 2], "data_offsets": [4, 8]},
         "c": {"dtype": "F32", "shape": [], "data_offsets": [8, 12]},
         "__metadata__": {"format": "pt"}}
        """,
        0x80,
        0x3f,
        0x20,
        0xc0,
        0x00,
        0x3c,
        0x01,
        0x00,
        0x00,
        0x00,
        0x80,
        0x3e);

    try (Safetensors file = Safetensors.open(directory)) {
      assertThat(file.tensor("a", 2).toArray()).containsExactly(1f, -2.5f);
      assertThat(file.tensor("b", 1, 2).toArray()).containsExactly(1f, 0x1p-24f);
      assertThat(file.tensor("c").toArray()).containsExactly(0.25f);
      assertThat(file.byteSize()).isEqualTo(12);
    }
  }

  @Test
  void aMissingFileIsNamed() {
    assertFault("model.safetensors does not exist");
  }

  @Test
  void aMissingTensorOrAnotherShapeOrFormatIsNamed() throws IOException {
    write(
        """
        {"ids": {"dtype": "I64", "shape": [1], "data_offsets": [0, 8]},
         "norm": {"dtype": "F32", "shape": [2], "data_offsets": [8, 16]}}
        """,
        new int[16]);

    try (Safetensors file = Safetensors.open(directory)) {
      assertThatThrownBy(() -> file.tensor("other", 2))
          .hasMessageEndingWith("tensor other is missing");
      assertThatThrownBy(() -> file.tensor("norm", 2, 1))
          .hasMessageEndingWith("tensor norm has shape [2]; config.json asks for [2, 1]");
      assertThatThrownBy(() -> file.tensor("ids", 1))
          .hasMessageEndingWith("tensor ids has dtype I64; expected BF16, F16 or F32");
    }
  }

  @Test
  void aTruncatedFileIsRefused() throws IOException {
    byte[] whole = Files.readAllBytes(Goldens.model("llama").resolve("model.safetensors"));

    for (int length : new int[] {0, 7, 8, 100, 2000, 5000, whole.length - 1}) {
      Files.write(directory.resolve("model.safetensors"), Arrays.copyOf(whole, length));
      assertThatThrownBy(() -> Safetensors.open(directory))
          .isInstanceOf(ModelFault.class)
          .hasMessageContaining("model.safetensors")
          .message()
          .containsAnyOf("is not a whole safetensors file", "is it cut short?");
    }
  }

  @Test
  void aHeaderThatIsTooLongOrNotJsonIsRefused() throws IOException {
    Files.write(directory.resolve("model.safetensors"), new byte[] {0, 0, 0, 0, 0, 0, 0, -1, 1});
    assertFault("it says its header has 18374686479671623680 bytes, the file has 9");
    write("{\"a\": ");
    assertFault("model.safetensors is not JSON");
    write("[1]");
    assertFault("model.safetensors must hold a JSON object");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      textBlock =
          """
          {"a": 1}                                                        | needs dtype, shape and two data_offsets
          {"a": {"dtype": "F32", "shape": [-1], "data_offsets": [0, 4]}}  | needs dtype, shape and two data_offsets
          {"a": {"dtype": "F32", "shape": [1.5], "data_offsets": [0, 4]}} | needs dtype, shape and two data_offsets
          {"a": {"dtype": "F32", "shape": [1], "data_offsets": [4, 0]}}   | lies at bytes 4 to 0
          {"a": {"dtype": "F32", "shape": [2], "data_offsets": [4, 12]}}  | lies at bytes 4 to 12, but the file holds 8 bytes
          {"a": {"dtype": "F32", "shape": [2], "data_offsets": [0, 4]}}   | has 4 bytes; dtype F32 and shape [2] ask for 8
          {"a": {"dtype": "F16", "shape": [9223372036854775807, 2], "data_offsets": [0, 4]}} | more than there can be
          {"a": {"dtype": "F32", "shape": [1], "data_offsets": [0, 4]}, "b": {"dtype": "F16", "shape": [1], "data_offsets": [2, 4]}} | tensor b overlaps tensor a
          """)
  void aTensorThatContradictsItselfIsRefused(String header, String sentence) throws IOException {
    write(header, new int[8]);

    assertFault(sentence);
  }

  @Test
  void anIndexThatReachesOutsideItsDirectoryIsRefused() throws IOException {
    index("{\"weight_map\": {\"a\": \"../model.safetensors\"}}");
    assertFault("weight_map names \"../model.safetensors\"");
    index("{\"weight_map\": {}}");
    assertFault("weight_map is missing");
  }

  @Test
  void aShardThatIsMissingOrLacksATensorIsNamed() throws IOException {
    index("{\"weight_map\": {\"a\": \"x.safetensors\"}}");
    assertFault("x.safetensors does not exist");
    index("{\"weight_map\": {\"a\": \"model.safetensors\"}}");
    write("{}");
    assertFault("tensor a is not in model.safetensors, where model.safetensors.index.json says");
  }

  private void assertFault(String part) {
    assertThatThrownBy(() -> Safetensors.open(directory))
        .isInstanceOf(ModelFault.class)
        .hasMessageContaining(part);
  }

  private void index(String json) throws IOException {
    Files.writeString(directory.resolve("model.safetensors.index.json"), json);
  }

  private void write(String header, int... bytes) throws IOException {
    byte[] json = header.getBytes(StandardCharsets.UTF_8);
    var file = ByteBuffer.allocate(8 + json.length + bytes.length).order(ByteOrder.LITTLE_ENDIAN);
    file.putLong(json.length).put(json);
    for (int b : bytes) {
      file.put((byte) b);
    }
    Files.write(directory.resolve("model.safetensors"), file.array());
  }
}
