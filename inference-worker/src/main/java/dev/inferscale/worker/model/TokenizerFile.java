package dev.inferscale.worker.model;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.MissingNode;
import dev.inferscale.worker.model.AddedTokens.AddedToken;
import java.util.ArrayList;
import java.util.List;

/// Reads the parts of `tokenizer.json` around its model: normalizer, added tokens and template.
final class TokenizerFile {
  private static final int MAX_ID = 1 << 22;

  private TokenizerFile() {}

  /// Whether text is composed to NFC first.
  static boolean composes(JsonFile file) {
    boolean composes = false;
    for (JsonNode step : steps(file, "normalizer", "normalizers")) {
      if (!step.path("type").asText().equals("NFC")) {
        throw file.fault(
            "normalizer", "has type " + JsonFile.brief(step.path("type")), "NFC or none");
      }
      composes = true;
    }
    return composes;
  }

  static List<AddedToken> addedTokens(JsonFile file) {
    var tokens = new ArrayList<AddedToken>();
    for (JsonNode node : file.root().path("added_tokens")) {
      JsonNode id = node.path("id");
      String content = node.path("content").asText();
      if (!id.isInt() || id.asInt() < 0 || id.asInt() >= MAX_ID || content.isEmpty()) {
        throw file.fault(
            "added_tokens", "has " + JsonFile.brief(node), "an id and content in each");
      }
      tokens.add(
          new AddedToken(
              id.asInt(),
              content,
              node.path("single_word").asBoolean(),
              node.path("lstrip").asBoolean(),
              node.path("rstrip").asBoolean(),
              node.path("normalized").asBoolean(),
              node.path("special").asBoolean()));
    }
    return tokens;
  }

  /// The `TemplateProcessing` step of the post-processor, or a missing node. `ByteLevel` steps only
  /// trim offsets, which nobody asks for here.
  static JsonNode template(JsonFile file) {
    JsonNode found = MissingNode.getInstance();
    for (JsonNode step : steps(file, "post_processor", "processors")) {
      switch (step.path("type").asText()) {
        case "TemplateProcessing" -> found = step;
        case "ByteLevel" -> {}
        default ->
            throw file.fault(
                "post_processor",
                "has type " + JsonFile.brief(step.path("type")),
                "TemplateProcessing or ByteLevel");
      }
    }
    return found;
  }

  /// The special tokens that a template puts before the text, or after it.
  static int[] templateTokens(JsonFile file, JsonNode template, boolean before) {
    var ids = new ArrayList<Integer>();
    boolean seenText = false;
    for (JsonNode part : template.path("single")) {
      if (part.has("Sequence")) {
        seenText = true;
      } else if (seenText != before) {
        String name = part.path("SpecialToken").path("id").asText();
        JsonNode tokens = template.path("special_tokens").path(name).path("ids");
        if (!tokens.isArray()) {
          throw file.fault(
              "post_processor.special_tokens",
              "lacks " + JsonFile.brief(part),
              "ids of every token of the template");
        }
        tokens.forEach(id -> ids.add(id.asInt()));
      }
    }
    return ids.stream().mapToInt(id -> id).toArray();
  }

  /// A part of the file as a list: the members of a `Sequence`, or the part itself if it is set.
  static List<JsonNode> steps(JsonFile file, String part, String members) {
    JsonNode node = file.root().path(part);
    var steps = new ArrayList<JsonNode>();
    if (node.path("type").asText().equals("Sequence")) {
      node.path(members).forEach(steps::add);
    } else if (node.isObject()) {
      steps.add(node);
    }
    return steps;
  }
}
