package dev.inferscale.worker.model;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.regex.PatternSyntaxException;

/// Splits plain text into the words that byte pairs are merged within: the `pre_tokenizer` of a
/// byte-level tokenizer, a list of patterns applied one after another.
///
/// @param spaceBefore whether a space is put before text that does not begin with one
record WordSplitter(List<Pattern> patterns, boolean spaceBefore) {
  /// GPT-2's own pattern, used by `ByteLevel` with `use_regex`.
  private static final String GPT2 =
      "'s|'t|'re|'ve|'m|'ll|'d| ?\\p{L}+| ?\\p{N}+| ?[^\\s\\p{L}\\p{N}]+|\\s+(?!\\S)|\\s+";

  static WordSplitter parse(JsonFile file) {
    var patterns = new ArrayList<Pattern>();
    boolean byteLevel = false;
    boolean spaceBefore = false;
    for (JsonNode step : TokenizerFile.steps(file, "pre_tokenizer", "pretokenizers")) {
      switch (step.path("type").asText()) {
        case "Split" -> patterns.add(splitPattern(file, step));
        case "ByteLevel" -> {
          byteLevel = true;
          spaceBefore = step.path("add_prefix_space").asBoolean(true);
          if (step.path("use_regex").asBoolean(true)) {
            patterns.add(compile(file, GPT2));
          }
        }
        default ->
            throw file.fault(
                "pre_tokenizer",
                "has type " + JsonFile.brief(step.path("type")),
                "Split, ByteLevel");
      }
    }
    if (!byteLevel) {
      throw file.fault(
          "pre_tokenizer", "has no ByteLevel step", "a byte-level BPE (Llama 3, Qwen, GPT-2 …)");
    }
    return new WordSplitter(List.copyOf(patterns), spaceBefore);
  }

  private static Pattern splitPattern(JsonFile file, JsonNode step) {
    if (!step.path("behavior").asText().equals("Isolated") || step.path("invert").asBoolean()) {
      throw file.fault(
          "pre_tokenizer.behavior",
          "is " + JsonFile.brief(step.path("behavior")),
          "Isolated and not inverted");
    }
    JsonNode pattern = step.path("pattern");
    return pattern.has("Regex")
        ? compile(file, pattern.path("Regex").asText())
        : compile(file, Pattern.quote(pattern.path("String").asText()));
  }

  /// UNICODE_CHARACTER_CLASS gives `\s` and case folding the meaning they have in Hugging Face's
  /// regular expressions.
  private static Pattern compile(JsonFile file, String regex) {
    try {
      return Pattern.compile(regex, Pattern.UNICODE_CHARACTER_CLASS);
    } catch (PatternSyntaxException malformed) {
      throw file.fault(
          "pre_tokenizer.pattern",
          "does not compile: " + malformed.getDescription(),
          "a regular expression");
    }
  }

  List<String> split(String text) {
    List<String> words =
        List.of(spaceBefore && !text.isEmpty() && !text.startsWith(" ") ? " " + text : text);
    for (Pattern pattern : patterns) {
      var next = new ArrayList<String>();
      words.forEach(word -> splitBy(pattern, word, next));
      words = next;
    }
    return words;
  }

  /// Matches and what lies between them become words of their own.
  private static void splitBy(Pattern pattern, String text, List<String> words) {
    Matcher matcher = pattern.matcher(text);
    int done = 0;
    while (matcher.find()) {
      if (matcher.start() > done) {
        words.add(text.substring(done, matcher.start()));
      }
      if (matcher.end() > matcher.start()) {
        words.add(matcher.group());
      }
      done = matcher.end();
    }
    if (done < text.length()) {
      words.add(text.substring(done));
    }
  }
}
