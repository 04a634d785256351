package dev.inferscale.worker.http;

import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectReader;
import com.fasterxml.jackson.databind.json.JsonMapper;
import dev.inferscale.worker.backend.Batch;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.Iterator;
import java.util.List;
import java.util.OptionalLong;
import java.util.Set;

/// The body of `POST /v1/completions`, read and checked.
///
/// @param stop texts that end the output, none of them empty
/// @param seed of the draws; empty is another one for every request
/// @param ignoreEos go on after the model's end token (an extension that load tests need)
record CompletionRequest(
    Prompt prompt,
    int maxTokens,
    double temperature,
    double topP,
    int topK,
    OptionalLong seed,
    List<String> stop,
    boolean stream,
    boolean includeUsage,
    boolean ignoreEos) {
  private static final int DEFAULT_MAX_TOKENS = 16;
  private static final int MAX_STOPS = 4;
  private static final int MAX_STOP_CHARS = 1024;

  /// Below this the most likely token has all the weight, and dividing by it only loses precision.
  private static final double GREEDY_BELOW = 1e-3;

  private static final ObjectReader JSON =
      JsonMapper.builder()
          .enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS)
          .enable(JsonParser.Feature.STRICT_DUPLICATE_DETECTION)
          .build()
          .reader();

  private static final Set<String> KEYS =
      Set.of(
          "model",
          "prompt",
          "max_tokens",
          "temperature",
          "top_p",
          "top_k",
          "seed",
          "stop",
          "stream",
          "stream_options",
          "ignore_eos",
          "user",
          "n",
          "best_of",
          "echo",
          "logprobs",
          "suffix",
          "logit_bias",
          "presence_penalty",
          "frequency_penalty",
          "min_p",
          "repetition_penalty");

  /// What to continue: a text, or tokens as they are.
  sealed interface Prompt {
    record Text(String text) implements Prompt {}

    record Tokens(int[] ids) implements Prompt {}
  }

  /// Reads a body.
  ///
  /// @param model the only model served; the key may also be absent
  /// @param vocabulary one more than the largest token id
  static CompletionRequest parse(byte[] body, String model, int vocabulary) throws Refused {
    JsonNode root = tree(body);
    Fields fields = new Fields(root);
    checkModel(fields, model);
    checkKnown(root);
    checkNeutral(fields);
    Fields streamOptions = fields.section("stream_options");
    return new CompletionRequest(
        prompt(fields, vocabulary),
        (int) fields.integer("max_tokens", DEFAULT_MAX_TOKENS, 1, Integer.MAX_VALUE),
        fields.number("temperature", 1, 0, 2),
        fields.number("top_p", 1, 0, 1),
        // Both 0 and -1 are in use for "all".
        (int) Math.max(0, fields.integer("top_k", 0, -1, Integer.MAX_VALUE)),
        fields.value("seed").isEmpty()
            ? OptionalLong.empty()
            : OptionalLong.of(fields.integer("seed", 0, Long.MIN_VALUE, Long.MAX_VALUE)),
        stop(fields),
        fields.flag("stream"),
        streamOptions.flag("include_usage"),
        fields.flag("ignore_eos"));
  }

  /// @param otherwise the seed when the request names none
  Batch.Sampling sampling(long otherwise) {
    if (temperature < GREEDY_BELOW || topP == 0) {
      return Batch.Sampling.GREEDY;
    }
    return new Batch.Sampling((float) temperature, (float) topP, topK, seed.orElse(otherwise));
  }

  private static JsonNode tree(byte[] body) throws Refused {
    try {
      JsonNode root = JSON.readTree(body);
      if (root == null || !root.isObject()) {
        throw new Refused(ApiError.notJson("the body must be a JSON object"));
      }
      return root;
    } catch (JsonProcessingException e) {
      String where =
          e.getLocation() == null
              ? ""
              : " at line %d, column %d"
                  .formatted(e.getLocation().getLineNr(), e.getLocation().getColumnNr());
      throw new Refused(ApiError.notJson("the body is not well-formed JSON" + where));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static void checkModel(Fields fields, String model) throws Refused {
    if (!fields.text("model").orElse(model).equals(model)) {
      throw new Refused(ApiError.unknownModel(model));
    }
  }

  private static void checkKnown(JsonNode root) throws Refused {
    for (Iterator<String> keys = root.fieldNames(); keys.hasNext(); ) {
      String key = keys.next();
      if (!KEYS.contains(key)) {
        String shown = key.length() > 64 ? key.substring(0, 64) : key;
        throw new Refused(
            ApiError.unknownKey(shown, "unknown key '" + shown + "' in the body of a completion"));
      }
    }
  }

  /// Keys of the API that this worker does not implement are taken with the value that asks for
  /// nothing, so that clients that always send them are served.
  private static void checkNeutral(Fields fields) throws Refused {
    fields.text("user");
    fields.integer("n", 1, 1, 1);
    fields.integer("best_of", 1, 1, 1);
    fields.number("presence_penalty", 0, 0, 0);
    fields.number("frequency_penalty", 0, 0, 0);
    fields.number("min_p", 0, 0, 0);
    fields.number("repetition_penalty", 1, 1, 1);
    if (fields.flag("echo")) {
      throw unsupported("echo", "false");
    }
    if (fields.value("logprobs").isPresent()) {
      throw unsupported("logprobs", "null");
    }
    if (!fields.text("suffix").orElse("").isEmpty()) {
      throw unsupported("suffix", "null");
    }
    if (fields.section("logit_bias").object().size() > 0) {
      throw unsupported("logit_bias", "null");
    }
  }

  private static Refused unsupported(String key, String only) {
    return new Refused(ApiError.invalid(key, key + " is not supported; it must be " + only));
  }

  private static Prompt prompt(Fields fields, int vocabulary) throws Refused {
    JsonNode prompt =
        fields
            .value("prompt")
            .orElseThrow(() ->
                new Refused(ApiError.invalid("prompt", "prompt is missing; " + PROMPT_KINDS)));
    if (prompt.isTextual()) {
      return new Prompt.Text(prompt.textValue());
    } else if (prompt.isArray() && prompt.size() == 1 && prompt.get(0).isTextual()) {
      return new Prompt.Text(prompt.get(0).textValue());
    } else if (prompt.isArray() && prompt.size() > 0) {
      return new Prompt.Tokens(tokens(prompt, vocabulary));
    }
    throw Fields.wrong("prompt", PROMPT_KINDS, prompt);
  }

  private static final String PROMPT_KINDS =
      "a string, an array of one string, or an array of token ids";

  private static int[] tokens(JsonNode prompt, int vocabulary) throws Refused {
    int[] ids = new int[prompt.size()];
    for (int i = 0; i < ids.length; i++) {
      JsonNode id = prompt.get(i);
      if (id.isTextual()) {
        throw Fields.wrong("prompt", "one prompt per request: " + PROMPT_KINDS, prompt);
      } else if (!id.isInt() || id.intValue() < 0 || id.intValue() >= vocabulary) {
        throw Fields.wrong("prompt[" + i + "]", "a token id from 0 to " + (vocabulary - 1), id);
      }
      ids[i] = id.intValue();
    }
    return ids;
  }

  private static List<String> stop(Fields fields) throws Refused {
    List<String> stops = fields.texts("stop", MAX_STOPS);
    if (stops.stream().anyMatch(text -> text.isEmpty() || text.length() > MAX_STOP_CHARS)) {
      throw new Refused(
          ApiError.invalid(
              "stop", "each string of stop must have 1 to " + MAX_STOP_CHARS + " characters"));
    }
    return stops;
  }
}
