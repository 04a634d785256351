package dev.inferscale.worker.model;

import com.fasterxml.jackson.databind.JsonNode;
import java.nio.charset.StandardCharsets;
import java.util.HashMap;
import java.util.Map;
import java.util.PriorityQueue;
import java.util.concurrent.ConcurrentHashMap;

/// Byte-pair encoding of single words: the `model` of a byte-level tokenizer.
///
/// Safe for many threads. Words seen before are answered from a bounded cache.
final class BytePairs {
  private static final int MAX_CACHED_WORDS = 32_768;
  private static final int MAX_CACHED_LENGTH = 64;
  private static final int MAX_TOKENS = 1 << 22;

  private final Map<String, Integer> vocabulary;
  private final MergeTable merges;
  private final boolean wholeWordsFirst;
  private final int[] byteTokens = new int[256];
  private final Map<String, int[]> cache = new ConcurrentHashMap<>();

  private BytePairs(Map<String, Integer> vocabulary, MergeTable merges, boolean wholeWordsFirst) {
    this.vocabulary = vocabulary;
    this.merges = merges;
    this.wholeWordsFirst = wholeWordsFirst;
  }

  static BytePairs parse(JsonFile file) {
    JsonNode model = file.root().path("model");
    String type = model.path("type").asText("BPE");
    if (!type.equals("BPE")) {
      throw file.fault("model.type", "is " + JsonFile.brief(model.path("type")), "BPE");
    }
    Map<String, Integer> vocabulary = vocabulary(file, model.path("vocab"));
    var pairs =
        new BytePairs(
            vocabulary,
            merges(file, model.path("merges"), vocabulary),
            model.path("ignore_merges").asBoolean());
    for (int b = 0; b < 256; b++) {
      Integer token = vocabulary.get(String.valueOf(ByteAlphabet.character(b)));
      if (token == null) {
        throw file.fault(
            "model.vocab",
            "has no token for byte 0x%02x".formatted(b),
            "one for each of the 256 bytes, as a byte-level BPE has");
      }
      pairs.byteTokens[b] = token;
    }
    return pairs;
  }

  private static Map<String, Integer> vocabulary(JsonFile file, JsonNode vocab) {
    if (!vocab.isObject() || vocab.isEmpty()) {
      throw file.fault("model.vocab", "is missing", "an object from tokens to ids");
    }
    Map<String, Integer> vocabulary = HashMap.newHashMap(vocab.size());
    for (var entry : vocab.properties()) {
      JsonNode id = entry.getValue();
      if (!id.isInt() || id.asInt() < 0 || id.asInt() >= MAX_TOKENS) {
        throw file.fault(
            "model.vocab",
            "has an id of " + JsonFile.brief(id),
            "ids from 0 to " + (MAX_TOKENS - 1));
      }
      vocabulary.put(entry.getKey(), id.asInt());
    }
    return vocabulary;
  }

  private static MergeTable merges(JsonFile file, JsonNode list, Map<String, Integer> vocabulary) {
    if (!list.isArray() || list.isEmpty()) {
      throw file.fault(
          "model.merges", "is missing or empty", "the list of merges of a byte-level BPE");
    }
    var table = new MergeTable(list.size());
    for (int rank = 0; rank < list.size(); rank++) {
      String[] pair = pair(list.get(rank));
      Integer left = pair.length == 2 ? vocabulary.get(pair[0]) : null;
      Integer right = pair.length == 2 ? vocabulary.get(pair[1]) : null;
      Integer merged = pair.length == 2 ? vocabulary.get(pair[0] + pair[1]) : null;
      if (left == null || right == null || merged == null) {
        throw file.fault(
            "model.merges[%d]".formatted(rank),
            "is " + JsonFile.brief(list.get(rank)),
            "two tokens of the vocabulary that make a third");
      }
      table.put(left, right, rank, merged);
    }
    return table;
  }

  /// `["a", "b"]`, or `"a b"` in older files.
  private static String[] pair(JsonNode merge) {
    return merge.isArray() && merge.size() == 2
        ? new String[] {merge.get(0).asText(), merge.get(1).asText()}
        : merge.asText().split(" ", -1);
  }

  Map<String, Integer> vocabulary() {
    return vocabulary;
  }

  /// The tokens of one word. The array is shared: callers must not write to it.
  int[] encode(String word) {
    int[] known = cache.get(word);
    if (known != null) {
      return known;
    }
    int[] tokens = encodeAfresh(word.getBytes(StandardCharsets.UTF_8));
    if (word.length() <= MAX_CACHED_LENGTH && cache.size() < MAX_CACHED_WORDS) {
      cache.put(word, tokens);
    }
    return tokens;
  }

  private int[] encodeAfresh(byte[] bytes) {
    if (wholeWordsFirst) {
      Integer whole = vocabulary.get(ByteAlphabet.write(bytes));
      if (whole != null) {
        return new int[] {whole};
      }
    }
    int[] tokens = new int[bytes.length];
    for (int i = 0; i < bytes.length; i++) {
      tokens[i] = byteTokens[bytes[i] & 0xff];
    }
    return new Word(tokens).merged();
  }

  /// One word being merged: a linked list of tokens, and a heap of possible merges, so that a word
  /// of n bytes costs n log n. The lowest rank goes first, of equal ranks the leftmost.
  private final class Word {
    private static final int GONE = -1;

    private final int[] tokens;
    private final int[] next;
    private final int[] previous;
    private final PriorityQueue<Long> candidates = new PriorityQueue<>();

    Word(int[] tokens) {
      this.tokens = tokens;
      next = new int[tokens.length];
      previous = new int[tokens.length];
      for (int i = 0; i < tokens.length; i++) {
        next[i] = i + 1;
        previous[i] = i - 1;
      }
    }

    int[] merged() {
      for (int i = 0; i < tokens.length; i++) {
        consider(i);
      }
      int length = tokens.length;
      for (Long best = candidates.poll(); best != null; best = candidates.poll()) {
        int at = best.intValue();
        long merge = mergeAt(at);
        // A candidate may be older than a merge beside it: then its pair has another rank, or none.
        if (merge >= 0 && merge >> 32 == best >> 32) {
          apply(at, (int) merge);
          length--;
        }
      }
      return remaining(length);
    }

    private long mergeAt(int at) {
      return tokens[at] == GONE || next[at] == tokens.length
          ? -1
          : merges.get(tokens[at], tokens[next[at]]);
    }

    private void consider(int at) {
      long merge = mergeAt(at);
      if (merge >= 0) {
        candidates.add(merge >> 32 << 32 | at);
      }
    }

    private void apply(int at, int merged) {
      int swallowed = next[at];
      tokens[at] = merged;
      tokens[swallowed] = GONE;
      next[at] = next[swallowed];
      if (next[at] < tokens.length) {
        previous[next[at]] = at;
      }
      consider(at);
      if (previous[at] >= 0) {
        consider(previous[at]);
      }
    }

    private int[] remaining(int length) {
      int[] kept = new int[length];
      for (int i = 0, k = 0; k < length; i = next[i]) {
        kept[k++] = tokens[i];
      }
      return kept;
    }
  }
}
