package dev.inferscale.e2e;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/// The launcher and the commands that end by themselves.
final class CommandLineTest {
  @TempDir private Path folder;

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "serv                    | Unmatched argument at index 0: 'serv'",
        "quickstart --for soon   | --for is soon; a time such as 20s or 2m would be right",
        "read                    | Missing required parameter: 'PAGE'",
        "serve --pols x.yaml     | inferscale serve: --pols: unknown flag; did you mean --pools?",
        "worker --port many      | inference-worker: --port = many: must be a whole number",
      })
  void wrongUseExitsWithTwoAndSaysWhatIsWrong(String words, String sentence) throws Exception {
    try (Started wrong = Started.inferscale(folder, words.split(" ", -1))) {
      assertThat(wrong.status()).isEqualTo(2);
      assertThat(wrong.out()).isEmpty();
      assertThat(wrong.err()).contains(sentence);
    }
  }

  @ParameterizedTest
  @CsvSource({"--help", "version", "serve --help", "worker --help", "worker --version"})
  void whatIsAskedForGoesToStandardOutput(String words) throws Exception {
    try (Started asked = Started.inferscale(folder, words.split(" ", -1))) {
      assertThat(asked.status()).isZero();
      assertThat(asked.out()).isNotBlank();
    }
  }

  @Test
  void aPageOnStandardInputIsReadToOneJsonDocument() throws Exception {
    String page =
        """
        # TYPE vllm:num_requests_running gauge
        vllm:num_requests_running{model_name="m"} 3
        """;
    try (Started read = Started.inferscale(folder, "read", "-", "--output", "json")) {
      read.given(page.getBytes(UTF_8));

      assertThat(read.status()).isZero();
      JsonNode running =
          new ObjectMapper()
              .readTree(read.out())
              .path("signals")
              .path("inference_requests_running");
      assertThat(running.path("value").asDouble()).isEqualTo(3);
    }
  }

  @Test
  void aPageThatIsNoneExitsWithOneSentence() throws Exception {
    try (Started read = Started.inferscale(folder, "read", "-")) {
      read.given("<!DOCTYPE html><html></html>".getBytes(UTF_8));

      assertThat(read.status()).isEqualTo(1);
      assertThat(read.err().lines())
          .containsExactly(
              "inferscale read: -: the page is HTML or XML, not metrics text; is the path right?");
    }
  }
}
