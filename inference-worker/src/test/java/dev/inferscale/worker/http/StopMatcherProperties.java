package dev.inferscale.worker.http;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import net.jqwik.api.Example;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.CharRange;
import net.jqwik.api.constraints.Size;
import net.jqwik.api.constraints.StringLength;

class StopMatcherProperties {
  @Property
  void piecesDoNotMatter(
      @ForAll @Size(max = 12)
          List<@CharRange(from = 'a', to = 'c') @StringLength(max = 4) String> pieces,
      @ForAll @Size(max = 3)
          List<@CharRange(from = 'a', to = 'c') @StringLength(min = 1, max = 5) String> stops) {
    String whole = String.join("", pieces);
    int cut = stops.stream().mapToInt(whole::indexOf).filter(at -> at >= 0).min().orElse(-1);

    StopMatcher matcher = new StopMatcher(stops);
    StringBuilder text = new StringBuilder();
    pieces.forEach(piece -> text.append(matcher.next(piece)));
    text.append(matcher.end());

    assertThat(text.toString()).isEqualTo(cut < 0 ? whole : whole.substring(0, cut));
    assertThat(matcher.stopped()).isEqualTo(cut >= 0);
  }

  @Property
  void nothingIsSentThatMustBeTakenBack(
      @ForAll @CharRange(from = 'a', to = 'b') @StringLength(max = 30) String whole,
      @ForAll @CharRange(from = 'a', to = 'b') @StringLength(min = 1, max = 4) String stop) {
    StopMatcher matcher = new StopMatcher(List.of(stop));
    StringBuilder sent = new StringBuilder();

    for (int i = 0; i < whole.length(); i++) {
      sent.append(matcher.next(whole.substring(i, i + 1)));
      assertThat(sent.toString()).doesNotContain(stop);
    }
  }

  @Example
  void aNearMissIsSentLateButComplete() {
    StopMatcher matcher = new StopMatcher(List.of("stop"));

    assertThat(matcher.next("a sto")).isEqualTo("a ");
    assertThat(matcher.next("ne")).isEqualTo("stone");
  }

  @Example
  void ofTwoStopsTheOneThatBeginsFirstWins() {
    StopMatcher matcher = new StopMatcher(List.of("bcd", "abcdef"));

    assertThat(matcher.next("xabcd")).isEqualTo("x");
    assertThat(matcher.stopped()).isFalse();
    assertThat(matcher.next("ef")).isEmpty();
    assertThat(matcher.stopped()).isTrue();
  }

  @Example
  void aStopInsideALongerOneHoldsWhenTheLongerNeverComes() {
    StopMatcher matcher = new StopMatcher(List.of("bcd", "abcdef"));

    assertThat(matcher.next("xabcd") + matcher.end()).isEqualTo("xa");
  }
}
