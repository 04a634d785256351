package dev.inferscale.worker.model;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.inferscale.worker.Goldens;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.function.Consumer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// Tokenizers that cannot be served, and flags of added tokens that no golden has.
class TokenizerFaultsTest {
  @TempDir private Path directory;

  @Test
  void aMissingOrMalformedFileIsNamed() throws IOException {
    assertThatThrownBy(() -> Tokenizer.load(directory))
        .isInstanceOf(ModelFault.class)
        .hasMessageEndingWith("tokenizer.json does not exist");
    Files.writeString(directory.resolve("tokenizer.json"), "<html>");
    assertThatThrownBy(() -> Tokenizer.load(directory))
        .isInstanceOf(ModelFault.class)
        .hasMessageContaining("tokenizer.json is not JSON");
  }

  @Test
  void aTokenizerWithoutMergesIsRefused() throws IOException {
    assertFault(
        root -> model(root).remove("merges"),
        "model.merges is missing or empty; expected the list of merges of a byte-level BPE");
    assertFault(root -> model(root).putArray("merges"), "model.merges is missing or empty");
  }

  @Test
  void mergesOfUnknownTokensAreRefused() throws IOException {
    assertFault(
        root -> model(root).withArray("merges").insert(0, "a unheard-of"),
        "model.merges[0] is \"a unheard-of\"; expected two tokens of the vocabulary");
  }

  @Test
  void otherKindsOfTokenizersAreRefused() throws IOException {
    assertFault(
        root -> model(root).put("type", "Unigram"), "model.type is \"Unigram\"; expected BPE");
    assertFault(root -> model(root).remove("vocab"), "model.vocab is missing");
    assertFault(
        root -> root.putObject("pre_tokenizer").put("type", "Metaspace"),
        "pre_tokenizer has type \"Metaspace\"; expected Split, ByteLevel");
    assertFault(root -> root.putNull("pre_tokenizer"), "pre_tokenizer has no ByteLevel step");
    assertFault(
        root -> root.putObject("normalizer").put("type", "Lowercase"),
        "normalizer has type \"Lowercase\"; expected NFC or none");
    assertFault(
        root -> root.putObject("post_processor").put("type", "BertProcessing"),
        "post_processor has type \"BertProcessing\"");
    assertFault(
        root -> ((ObjectNode) model(root).path("vocab")).remove("Ā"),
        "model.vocab has no token for byte 0x00");
    assertFault(
        root -> ((ObjectNode) model(root).path("vocab")).put("x", -4),
        "model.vocab has an id of -4");
    assertFault(
        root -> root.withArray("added_tokens").addObject().put("id", 1 << 30).put("content", "<x>"),
        "added_tokens has {\"id\":1073741824");
  }

  @Test
  void addedTokensTakeWhiteSpaceAndMindWordsAsTheirFlagsSay() throws IOException {
    write(root -> {
      added(root, 5000, "<right>").put("rstrip", true);
      added(root, 5001, "cat").put("single_word", true);
      added(root, 5002, "<norm>").put("normalized", true);
    });
    Tokenizer tokenizer = Tokenizer.load(directory);

    assertThat(tokenizer.encode("<right> \n\u00a0<right>", false)).containsExactly(5000, 5000);
    assertThat(tokenizer.encode("cat", false)).containsExactly(5001);
    assertThat(tokenizer.encode("cats", false)).doesNotContain(5001);
    assertThat(tokenizer.encode("a cat.", false)).contains(5001);
    assertThat(tokenizer.encode("x<norm>", false)).endsWith(5002);
    assertThat(tokenizer.decode(new int[] {5001, 5002}, true)).isEqualTo("cat<norm>");
  }

  private static ObjectNode added(ObjectNode root, int id, String content) {
    return root.withArray("added_tokens").addObject().put("id", id).put("content", content);
  }

  private static ObjectNode model(ObjectNode root) {
    return (ObjectNode) root.path("model");
  }

  private void assertFault(Consumer<ObjectNode> change, String part) throws IOException {
    write(change);
    assertThatThrownBy(() -> Tokenizer.load(directory))
        .isInstanceOf(ModelFault.class)
        .hasMessageContaining(part);
  }

  private void write(Consumer<ObjectNode> change) throws IOException {
    Path original = Goldens.path("tokenizers/gpt2").resolve("tokenizer.json");
    var mapper = new ObjectMapper();
    ObjectNode root = (ObjectNode) mapper.readTree(original.toFile());
    change.accept(root);
    mapper.writeValue(directory.resolve("tokenizer.json").toFile(), root);
  }
}
