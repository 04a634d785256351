package dev.inferscale.adapter.json;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.StreamReadConstraints;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import dev.inferscale.signals.document.NearestKey;
import dev.inferscale.signals.document.Quoted;
import dev.inferscale.signals.pool.PoolId;
import java.io.IOException;
import java.util.List;
import java.util.Map;

/// What somebody in front of a pool says that waits there, as `POST /api/v1/demand` takes it:
/// `{"namespace": …, "pool": …, "waiting_requests": 3, "waiting_tokens": 900, "source": …}`.
///
/// @param source tells several that stand in front of one pool apart; empty where there is one
/// @param requests at least 0
/// @param tokens at least 0, NaN where nobody counted them
public record Demand(PoolId pool, String source, double requests, double tokens) {
  /// A longer body is not read.
  public static final int MAX_BYTES = 4_096;

  private static final List<String> KEYS =
      List.of("namespace", "pool", "waiting_requests", "waiting_tokens", "source");
  private static final int LONGEST_NAME = 253;
  private static final int LONGEST_SOURCE = 63;
  private static final double MOST = 1e12;

  private static final JsonMapper JSON =
      JsonMapper.builder(
              JsonFactory.builder()
                  .streamReadConstraints(
                      StreamReadConstraints.builder()
                          .maxNestingDepth(4)
                          .maxStringLength(LONGEST_NAME)
                          .maxNumberLength(32)
                          .build())
                  .build())
          .enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS)
          .enable(DeserializationFeature.FAIL_ON_READING_DUP_TREE_KEY)
          .build();

  /// A body that says no demand; the message is one sentence.
  public static final class Fault extends Exception {
    private static final long serialVersionUID = 1L;

    Fault(String sentence) {
      super(sentence, null, false, false);
    }

    /// What is wrong, and what would be right.
    public String sentence() {
      return String.valueOf(getMessage());
    }
  }

  /// Reads a body.
  ///
  /// @throws Fault where it is no JSON, lacks a key or has another one
  static Demand read(byte[] body) throws Fault {
    JsonNode document;
    try {
      document = JSON.readTree(body);
    } catch (JsonProcessingException bad) {
      throw new Fault(
          "the body is no JSON: " + bad.getOriginalMessage().lines().findFirst().orElse(""));
    } catch (IOException bad) {
      throw new Fault("the body is no JSON");
    }
    if (document == null || !document.isObject()) {
      throw new Fault("the body must be a JSON object with namespace, pool and waiting_requests");
    }
    for (Map.Entry<String, JsonNode> each : document.properties()) {
      if (!KEYS.contains(each.getKey())) {
        throw new Fault(
            Quoted.text(each.getKey())
                + " is no key of a demand"
                + NearestKey.of(each.getKey(), KEYS)
                    .map(near -> "; did you mean " + near + "?")
                    .orElse("; there are " + String.join(", ", KEYS)));
      }
    }
    return new Demand(
        new PoolId(name(document, "namespace"), name(document, "pool")),
        source(document.path("source")),
        count(document, "waiting_requests", true),
        count(document, "waiting_tokens", false));
  }

  private static String name(JsonNode document, String key) throws Fault {
    JsonNode value = document.path(key);
    if (!value.isTextual() || value.textValue().isEmpty()) {
      throw new Fault(key + " must be the name of one, such as \"chat-8b\"");
    }
    return value.textValue();
  }

  private static String source(JsonNode value) throws Fault {
    if (value.isMissingNode()) {
      return "";
    }
    if (!value.isTextual() || value.textValue().length() > LONGEST_SOURCE) {
      throw new Fault("source must be a text of at most " + LONGEST_SOURCE + " characters");
    }
    return value.textValue();
  }

  private static double count(JsonNode document, String key, boolean needed) throws Fault {
    JsonNode value = document.path(key);
    if (value.isMissingNode() && !needed) {
      return Double.NaN;
    }
    double number = value.isNumber() ? value.doubleValue() : Double.NaN;
    if (!(number >= 0 && number <= MOST)) {
      throw new Fault(
          key
              + (value.isMissingNode() ? " is missing" : " is " + Quoted.value(value))
              + "; it must be a number of at least 0");
    }
    return number;
  }
}
