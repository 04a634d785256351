package dev.inferscale.launch;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.LoggerContext;
import ch.qos.logback.classic.spi.LoggingEvent;
import ch.qos.logback.classic.spi.ThrowableProxy;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.time.Instant;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.slf4j.event.KeyValuePair;

final class LogsTest {
  private static final ObjectMapper JSON = new ObjectMapper();

  @Test
  void anEventIsOneFlatObjectOnOneLine() throws IOException {
    LoggingEvent event = event("serving", pair("port", 8000), pair("ready", true));

    assertThat(line(event))
        .isEqualTo(
            "{\"timestamp\":\"2026-11-25T03:52:34.120Z\",\"severity\":\"INFO\","
                + "\"program\":\"inference-worker\",\"logger\":\"dev.inferscale.Example\","
                + "\"message\":\"serving\",\"port\":8000,\"ready\":true}\n");
  }

  @Test
  void valuesKeepTheirTypesAndWhatJsonCannotSayIsText() throws IOException {
    JsonNode fields =
        parsed(
            event(
                "m",
                pair("ratio", 0.25),
                pair("nan", Double.NaN),
                pair("none", null),
                pair("list", List.of(1, 2))));

    assertThat(fields.get("ratio").isNumber()).isTrue();
    assertThat(fields.get("nan").asText()).isEqualTo("NaN");
    assertThat(fields.get("none").isNull()).isTrue();
    assertThat(fields.get("list").asText()).isEqualTo("[1, 2]");
  }

  @Test
  void aFieldNeverReplacesOneOfTheLinesOwn() throws IOException {
    JsonNode fields = parsed(event("true message", pair("message", "false"), pair("a", 1)));

    assertThat(fields.get("message").asText()).isEqualTo("true message");
    assertThat(fields.get("field.message").asText()).isEqualTo("false");
  }

  @Test
  void traceIdsAreTakenFromTheContextAndNothingElse() throws IOException {
    LoggingEvent event = event("m", Map.of("trace_id", "abc", "other", "x"));

    JsonNode fields = parsed(event);

    assertThat(fields.get("trace_id").asText()).isEqualTo("abc");
    assertThat(fields.has("other")).isFalse();
  }

  @Test
  void anExceptionHasTypeMessageAndStack() throws IOException {
    LoggingEvent event = event("failed");
    event.setThrowableProxy(new ThrowableProxy(new IllegalStateException("why\nnot")));

    JsonNode fields = parsed(event);

    assertThat(fields.get("error.type").asText()).isEqualTo("java.lang.IllegalStateException");
    assertThat(fields.get("error.message").asText()).isEqualTo("why\nnot");
    assertThat(fields.get("error.stack").asText()).contains("LogsTest");
  }

  @Test
  void longTextsAreCut() throws IOException {
    JsonNode fields = parsed(event("m".repeat(100_000), pair("k", "😀".repeat(50_000))));

    assertThat(fields.get("message").asText()).hasSize(Logs.MAX_FIELD);
    assertThat(fields.get("k").asText().length()).isLessThanOrEqualTo(Logs.MAX_FIELD);
  }

  @Test
  void aValueThatCannotBeShownCostsOnlyItself() throws IOException {
    Object hostile =
        new Object() {
          @Override
          public String toString() {
            throw new IllegalStateException("no");
          }
        };

    assertThat(parsed(event("m", pair("bad", hostile), pair("good", 1))).get("good").asInt())
        .isEqualTo(1);
  }

  @Property
  void anyTextGivesOneLineOfValidJson(@ForAll String key, @ForAll String value) throws IOException {
    String line = line(event(value, pair(key, value)));

    assertThat(line.strip()).doesNotContain("\n", "\r", "\u2028", "\u0085");
    assertThat(JSON.readTree(line).isObject()).isTrue();
  }

  private static KeyValuePair pair(String key, @Nullable Object value) {
    return new KeyValuePair(key, value);
  }

  private static LoggingEvent event(String message, KeyValuePair... pairs) {
    return event(message, Map.of(), pairs);
  }

  private static LoggingEvent event(
      String message, Map<String, String> context, KeyValuePair... pairs) {
    LoggingEvent event = new LoggingEvent();
    event.setLoggerContext(new LoggerContext());
    event.setLoggerName("dev.inferscale.Example");
    event.setLevel(Level.INFO);
    event.setMessage(message);
    event.setInstant(Instant.parse("2026-11-25T03:52:34.120Z"));
    event.setMDCPropertyMap(context);
    event.setKeyValuePairs(Arrays.asList(pairs));
    return event;
  }

  private static String line(LoggingEvent event) {
    return new String(new Logs.JsonLines("inference-worker").encode(event), UTF_8);
  }

  private static JsonNode parsed(LoggingEvent event) throws IOException {
    return JSON.readTree(line(event));
  }
}
