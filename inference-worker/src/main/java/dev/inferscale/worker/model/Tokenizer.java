package dev.inferscale.worker.model;

import com.fasterxml.jackson.databind.JsonNode;
import dev.inferscale.worker.model.AddedTokens.AddedToken;
import java.nio.file.Path;
import java.text.Normalizer;
import java.util.Arrays;
import java.util.BitSet;
import java.util.List;
import java.util.stream.IntStream;

/// Text to tokens and back, as `tokenizer.json` of a byte-level BPE says.
///
/// Text is cut at added tokens, normalized, split into words, and each word's bytes are merged by
/// rank. Immutable but for a cache; safe for many threads.
public final class Tokenizer {
  private static final long MAX_FILE_BYTES = 128 << 20;

  private final BytePairs pairs;
  private final WordSplitter words;
  private final boolean composes;
  private final AddedTokens addedToText;
  private final AddedTokens addedToNormalized;
  private final int[] prefix;
  private final int[] suffix;
  private final byte[][] bytes;
  private final BitSet special = new BitSet();

  private Tokenizer(JsonFile file) {
    pairs = BytePairs.parse(file);
    words = WordSplitter.parse(file);
    composes = TokenizerFile.composes(file);
    List<AddedToken> added = TokenizerFile.addedTokens(file);
    addedToText = new AddedTokens(added.stream().filter(token -> !token.normalized()).toList());
    addedToNormalized = new AddedTokens(added.stream().filter(AddedToken::normalized).toList());
    JsonNode template = TokenizerFile.template(file);
    prefix = TokenizerFile.templateTokens(file, template, true);
    suffix = TokenizerFile.templateTokens(file, template, false);
    bytes = bytesById(added);
    added.stream().filter(AddedToken::special).forEach(token -> special.set(token.id()));
  }

  /// Reads a tokenizer.
  ///
  /// @param directory holds `tokenizer.json`
  /// @throws ModelFault if the file is missing, malformed or of another kind of tokenizer
  public static Tokenizer load(Path directory) {
    return new Tokenizer(JsonFile.read(directory.resolve("tokenizer.json"), MAX_FILE_BYTES));
  }

  private byte[][] bytesById(List<AddedToken> added) {
    int size =
        1
            + IntStream.concat(
                    pairs.vocabulary().values().stream().mapToInt(id -> id),
                    added.stream().mapToInt(AddedToken::id))
                .max()
                .orElse(0);
    byte[][] byId = new byte[size][];
    Arrays.fill(byId, new byte[0]);
    pairs.vocabulary().forEach((token, id) -> byId[id] = ByteAlphabet.read(token));
    added.forEach(token -> byId[token.id()] = ByteAlphabet.read(token.content()));
    return byId;
  }

  /// One more than the largest id; a model's vocabulary may be padded beyond it.
  public int size() {
    return bytes.length;
  }

  /// The tokens of a text.
  ///
  /// @param addSpecial whether the tokenizer's own BOS is added
  public int[] encode(String text, boolean addSpecial) {
    IntStream.Builder tokens = IntStream.builder();
    if (addSpecial) {
      Arrays.stream(prefix).forEach(tokens);
    }
    for (var piece : addedToText.split(text)) {
      if (piece.isPlain()) {
        encodePlain(piece.text(), tokens);
      } else {
        tokens.add(piece.id());
      }
    }
    if (addSpecial) {
      Arrays.stream(suffix).forEach(tokens);
    }
    return tokens.build().toArray();
  }

  private void encodePlain(String text, IntStream.Builder tokens) {
    String normalized = composes ? Normalizer.normalize(text, Normalizer.Form.NFC) : text;
    for (var piece : addedToNormalized.split(normalized)) {
      if (piece.isPlain()) {
        words
            .split(piece.text())
            .forEach(word -> Arrays.stream(pairs.encode(word)).forEach(tokens));
      } else {
        tokens.add(piece.id());
      }
    }
  }

  /// The text of a whole sequence. Ids that no token has stand for nothing.
  ///
  /// @param skipSpecial whether special tokens are left out, as if they were not there
  public String decode(int[] tokens, boolean skipSpecial) {
    Stream stream = stream(skipSpecial);
    var text = new StringBuilder();
    for (int token : tokens) {
      text.append(stream.next(token));
    }
    return text.append(stream.end()).toString();
  }

  /// A decoder for one stream of tokens: never sends a part of a character.
  public Stream stream(boolean skipSpecial) {
    return new Stream(skipSpecial);
  }

  /// Pieces of text as tokens arrive. Not thread-safe.
  public final class Stream {
    private final boolean skipSpecial;
    private final Utf8Stream utf8 = new Utf8Stream();
    private final StringBuilder decided = new StringBuilder();

    private Stream(boolean skipSpecial) {
      this.skipSpecial = skipSpecial;
    }

    /// All text that is decided after this token; may be empty.
    public String next(int token) {
      boolean known = token >= 0 && token < bytes.length;
      if (known && !(skipSpecial && special.get(token))) {
        utf8.accept(bytes[token], decided);
      }
      return take();
    }

    /// What is left when the sequence ends here.
    public String end() {
      utf8.end(decided);
      return take();
    }

    private String take() {
      String text = decided.toString();
      decided.setLength(0);
      return text;
    }
  }
}
