package dev.inferscale.adapter.wire;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class RequestTest {

  @Test
  void aPlusIsASpaceInTheQueryAndAPlusInThePath() throws MalformedRequest {
    Request request = request("/a+b/c%20d", "labelSelector=tier+in+%28a%2Cb%29%2C%21x");

    assertThat(request.path()).containsExactly("a+b", "c d");
    assertThat(request.query().first("labelSelector")).isEqualTo("tier in (a,b),!x");
  }

  @Test
  void anEncodedSlashStaysInItsSegment() throws MalformedRequest {
    assertThat(request("/a%2Fb/c/", "").path()).containsExactly("a/b", "c");
  }

  @ParameterizedTest
  @ValueSource(strings = {"%", "%4", "%zz", "a%", "%é1"})
  void aBrokenEscapeIsMalformed(String text) {
    assertThatThrownBy(() -> request("/" + text, "")).isInstanceOf(MalformedRequest.class);
    assertThatThrownBy(() -> request("/", "a=" + text)).isInstanceOf(MalformedRequest.class);
  }

  @Test
  void aTargetThatIsTooLongIsMalformed() {
    assertThatThrownBy(() -> request("/" + "a".repeat(9_000), ""))
        .hasMessageContaining("at most 8192");
  }

  @Test
  void tooManyParametersAreMalformed() {
    assertThatThrownBy(() -> request("/", "a&".repeat(33))).hasMessageContaining("more than 32");
  }

  @ParameterizedTest
  @CsvSource({"watch, true", "watch=1, true", "watch=false, false", "watch=0, false", "'', false"})
  void flagsAreReadAsKubernetesReadsThem(String query, boolean set) throws MalformedRequest {
    assertThat(request("/", query).query().isTrue("watch")).isEqualTo(set);
  }

  @Test
  void aParameterThatNobodyKnowsNamesTheNearest() throws MalformedRequest {
    Set<String> known = Set.of("labelSelector", "limit");

    assertThat(request("/", "labelSelecter=x").query().fault(known).orElseThrow())
        .isEqualTo("unknown query parameter 'labelSelecter'; did you mean 'labelSelector'?");
    assertThat(request("/", "limit=1&limit=2").query().fault(known)).isPresent();
    assertThat(request("/", "limit=1&labelSelector=").query().fault(known)).isEmpty();
  }

  @Test
  void peopleGetIndentationAndProgramsDoNot() throws MalformedRequest {
    assertThat(request("/", "").wantsIndentation()).isFalse();
    assertThat(request("/", "pretty").wantsIndentation()).isTrue();
    assertThat(Request.parse("GET", "/", "", "", "curl/8.0", "").wantsIndentation()).isTrue();
    assertThat(Request.parse("GET", "/", "pretty=false", "", "curl/8.0", "").wantsIndentation())
        .isFalse();
  }

  private static Request request(String path, String query) throws MalformedRequest {
    return Request.parse("GET", path, query, "", "", "");
  }
}
