package dev.inferscale.worker.http;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import dev.inferscale.worker.backend.Batch.Sampling;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class CompletionRequestTest {
  @Test
  void whatIsNotGivenHasOpenAisDefaults() throws Exception {
    CompletionRequest request = parse("{'prompt':'Hi'}");

    assertThat(request.prompt()).isEqualTo(new CompletionRequest.Prompt.Text("Hi"));
    assertThat(request.maxTokens()).isEqualTo(16);
    assertThat(request.sampling(9)).isEqualTo(new Sampling(1, 1, 0, 9));
    assertThat(request.stop()).isEmpty();
    assertThat(request.stream()).isFalse();
  }

  @Test
  void nullMeansNotGiven() throws Exception {
    CompletionRequest request =
        parse(
            """
            {'model':null,'prompt':'Hi','max_tokens':null,'temperature':null,'stop':null,'seed':null,
             'n':null,'stream':null,'stream_options':null,'user':null,'logprobs':null,'echo':null}
            """);

    assertThat(request.maxTokens()).isEqualTo(16);
  }

  @Test
  void aPromptMayBeTokens() throws Exception {
    CompletionRequest request = parse("{'prompt':[0,5,99]}");

    assertThat(request.prompt())
        .isInstanceOfSatisfying(
            CompletionRequest.Prompt.Tokens.class,
            prompt -> assertThat(prompt.ids()).containsExactly(0, 5, 99));
  }

  @Test
  void aPromptMayBeAnArrayOfOneText() throws Exception {
    assertThat(parse("{'prompt':['Hi']}").prompt())
        .isEqualTo(new CompletionRequest.Prompt.Text("Hi"));
  }

  @Test
  void stopIsOneTextOrSeveral() throws Exception {
    assertThat(parse("{'prompt':'Hi','stop':'.'}").stop()).isEqualTo(List.of("."));
    assertThat(parse("{'prompt':'Hi','stop':['.','!']}").stop()).isEqualTo(List.of(".", "!"));
    assertThat(parse("{'prompt':'Hi','stop':[]}").stop()).isEmpty();
  }

  @ParameterizedTest
  @ValueSource(strings = {"'temperature':0", "'temperature':0.0001,'seed':1", "'top_p':0"})
  void whatLeavesOnlyTheLikeliestTokenIsGreedy(String fields) throws Exception {
    assertThat(parse("{'prompt':'Hi'," + fields + "}").sampling(9)).isEqualTo(Sampling.GREEDY);
  }

  @Test
  void aSeedOfItsOwnWins() throws Exception {
    assertThat(parse("{'prompt':'Hi','seed':-3,'top_k':-1}").sampling(9))
        .isEqualTo(new Sampling(1, 1, 0, -3));
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '"',
      value = {
        "'prompt':[]                    | prompt      | but is an array of 0",
        "'max_tokens':5                 | prompt      | prompt is missing",
        "'prompt':7                     | prompt      | but is 7",
        "'prompt':{}                    | prompt      | but is an object",
        "'prompt':['a','b']             | prompt      | one prompt per request",
        "'prompt':[[1,2]]               | prompt[0]   | a token id from 0 to 99",
        "'prompt':[1,100]               | prompt[1]   | a token id from 0 to 99 but is 100",
        "'prompt':[1,-1]                | prompt[1]   | but is -1",
        "'prompt':[1.5]                 | prompt[0]   | but is 1.5",
        "'prompt':'a','max_tokens':0    | max_tokens  | from 1 to 2147483647 but is 0",
        "'prompt':'a','max_tokens':-1   | max_tokens  | but is -1",
        "'prompt':'a','max_tokens':1.5  | max_tokens  | but is 1.5",
        "'prompt':'a','max_tokens':'9'  | max_tokens  | but is a string",
        "'prompt':'a','max_tokens':1e30 | max_tokens  | but is 1",
        "'prompt':'a','temperature':-1  | temperature | a number from 0 to 2 but is -1",
        "'prompt':'a','temperature':3   | temperature | but is 3",
        "'prompt':'a','top_p':1.1       | top_p       | a number from 0 to 1 but is 1.1",
        "'prompt':'a','top_k':-2        | top_k       | but is -2",
        "'prompt':'a','seed':'x'        | seed        | but is a string",
        "'prompt':'a','n':0             | n           | n must be 1 but is 0",
        "'prompt':'a','n':2             | n           | but is 2",
        "'prompt':'a','echo':true       | echo        | not supported",
        "'prompt':'a','logprobs':1      | logprobs    | not supported",
        "'prompt':'a','stop':''         | stop        | 1 to 1024 characters",
        "'prompt':'a','stop':[1]        | stop        | but is 1",
        "'prompt':'a','stop':['','','','',''] | stop  | at most 4 strings",
        "'prompt':'a','stream':'yes'    | stream      | true or false",
        "'prompt':'a','stream_options':1 | stream_options | an object",
        "'prompt':'a','max_token':5     | max_token   | unknown key",
      })
  void wrongValuesAreRefusedByKey(String fields, String param, String message) throws Exception {
    ApiError error = refusal("{" + fields + "}");

    assertThat(error.status()).isEqualTo(400);
    assertThat(error.param()).isEqualTo(param);
    assertThat(error.message()).contains(message);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "no",
        "[]",
        "null",
        "'a'",
        "{",
        "{'prompt':'a'} x",
        "{'prompt':'a','prompt':'b'}"
      })
  void whatIsNotOneJsonObjectIsRefused(String body) {
    ApiError error = refusal(body);

    assertThat(error.status()).isEqualTo(400);
    assertThat(error.code()).isEqualTo("invalid_json");
  }

  @Test
  void deepNestingIsRefused() {
    assertThat(refusal("[".repeat(100_000)).code()).isEqualTo("invalid_json");
  }

  @Test
  void anotherModelIsNotFound() {
    ApiError error = refusal("{'model':'x','prompt':'a'}");

    assertThat(error.status()).isEqualTo(404);
    assertThat(error.code()).isEqualTo("model_not_found");
    assertThat(error.message()).contains("'demo'").doesNotContain("'x'");
  }

  private static CompletionRequest parse(String body) throws Refused {
    return CompletionRequest.parse(body.replace('\'', '"').getBytes(UTF_8), "demo", 100);
  }

  private static ApiError refusal(String body) {
    return catchThrowableOfType(Refused.class, () -> parse(body)).error();
  }
}
