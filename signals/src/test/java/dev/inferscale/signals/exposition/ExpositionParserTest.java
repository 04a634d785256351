package dev.inferscale.signals.exposition;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

final class ExpositionParserTest {
  @ParameterizedTest
  @CsvSource({
    "1.163383e+06, 1163383",
    "52.0, 52",
    "27520, 27520",
    "+7, 7",
    "-3.5, -3.5",
    ".5, 0.5",
    "5., 5",
    "1E3, 1000",
    "0.11431686046511629, 0.11431686046511629",
    "9007199254740993, 9007199254740992",
    "123456789012345678901234567890, 1.2345678901234568E29",
    "1e-320, 1e-320",
    "1e400, Infinity",
    "+Inf, Infinity",
    "-inf, -Infinity",
    "Infinity, Infinity",
    "NaN, NaN",
    "nan, NaN",
    "-nan, NaN",
    "-nan(ind), NaN"
  })
  void numbersOfEveryStyleAreRead(String written, Double value) {
    assertThat(only(samples("a " + written + "\n"), "a")).isEqualTo(value);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "N/A", "1f", "0x10", "1_000", "1,5", "e5", ".", "-", "1e", "none", "nano", "--1", "\"1\""
      })
  void whatIsNoNumberIsADefect(String written) {
    Samples samples = samples("good 1\na " + written + "\n");

    assertThat(samples.defects())
        .containsExactly(new Defect(2, "the value is '" + written + "', not a number"));
    assertThat(damage(samples, "a")).isNotNull();
    assertThat(only(samples, "good")).isEqualTo(1);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "a 1 1700000000000\n",
        "a 1 # {trace_id=\"x\"} 0.5 1700000000.0\n",
        "a\t1\t\n",
        "  a   1  \r\n",
        "a{} 1\n",
        "a{}1\n",
        "{\"a\"} 1\n",
        "\uFEFFa 1\n",
        "# TYPE a gauge\r\n# HELP a Text with \"quotes\" and \\\r\na 1\r\n# EOF\r\n",
        "# EOF\na 1\n",
        "#\n#TYPE\n# TYPE\n\n\na 1\n"
      })
  void layoutThatChangesNothingIsTolerated(String page) {
    assertThat(only(samples(page), "a")).isEqualTo(1);
  }

  @Test
  void labelsAreReadWithTheirEscapes() {
    Samples samples = samples("a{ x = \"q\\\"b\\\\n\\n\" , y=\"\", \"z.z\"=\"é\", } 1\n");
    Series series = samples.series(found(samples, "a").family());

    assertThat(series.next()).isTrue();
    List<String> seen = new ArrayList<>();
    Labels labels = series.labels();
    while (labels.next()) {
      seen.add(labels.name() + "=" + labels.value());
    }
    assertThat(seen).containsExactly("x=q\"b\\n\n", "y=", "z.z=é");
    assertThat(samples.defects()).isEmpty();
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "a{x=\"1} 1         | the value of label x is not closed",
        "a{x=\"1\\\" 1      | the value of label x is not closed",
        "a{x=1} 1           | the value of label x does not start with a quote",
        "a{x} 1             | no '=' after a label name",
        "a{=\"1\"} 1        | a label name is missing",
        "a{x=\"1\"          | no ',' or '}' after the value of label x (a quote inside must be written \\\")",
        "a{x=\"1\"}         | the line has no value",
        "a                  | the line has no value",
        "a{\"b\"} 1         | two metric names on one line",
        "{x=\"1\"} 1        | the line does not start with a metric name",
        "7 a                | the line does not start with a metric name",
        "a-b 1              | the value is '-b', not a number",
        "# TYPE a histgram  | a TYPE line needs a metric name and a type such as counter or gauge"
      })
  void aBadLineSaysWhatIsWrong(String line, String why) {
    Samples samples = samples("good 1\n" + line + "\ngood{x=\"2\"} 2\n");

    assertThat(samples.defects()).containsExactly(new Defect(2, why));
    assertThat(samples.seriesCount()).isEqualTo(2);
    assertThat(damage(samples, "good")).isNull();
  }

  @Test
  void aPageThatWasCutLosesItsLastLineOnly() {
    String page = "# TYPE a gauge\na{x=\"1\"} 1\na{x=\"2\"} 20\nb{x=\"1\"} 300\n";
    for (int length = page.indexOf("b{") + 1; length < page.length(); length++) {
      Samples samples = samples(page.substring(0, length));

      assertThat(samples.defects())
          .containsExactly(new Defect(4, "the page ends inside this line: it has no line feed"));
      assertThat(damage(samples, "a")).isNull();
      assertThat(samples.seriesCount()).isEqualTo(2);
    }
  }

  @Test
  void aCutInsideANameSpoilsTheFamilyThatItMayHaveContinued() {
    Samples samples = samples("wait{x=\"1\"} 1\nwai");

    assertThat(damage(samples, "wait")).isNotNull();
  }

  @Test
  void aSeriesThatComesTwiceCountsOnceInWhateverOrderItsLabelsAre() {
    Samples samples = samples("g{a=\"1\",b=\"2\"} 1\ng{b=\"2\",a=\"1\"} 5\ng{a=\"2\",b=\"1\"} 7\n");

    assertThat(samples.defects())
        .containsExactly(
            new Defect(2, "this series came before on the page; the first one counts"));
    assertThat(values(samples, "g")).containsExactly(1.0, 7.0);
  }

  @Test
  void theSampleWithADuplicateIsReadAndReported() {
    Samples samples = (Samples) parse(resource("hostile-duplicate.txt"));

    assertThat(samples.defects()).extracting(Defect::line).containsExactly(3);
    assertThat(only(samples, "g")).isEqualTo(1);
  }

  @Test
  void colonsAndUnderscoresAreTheSameName() {
    Samples samples =
        samples("# TYPE sglang:x gauge\nsglang_x 3\n# TYPE sglang:n counter\nsglang_n_total 4\n");

    assertThat(only(samples, "sglang:x")).isEqualTo(3);
    assertThat(only(samples, "sglang_n_total")).isEqualTo(4);
    assertThat(samples.families()).hasSize(2);
  }

  @Test
  void aCounterIsFoundWithAndWithoutItsSuffix() {
    Samples samples =
        samples("# TYPE a counter\na 1\n# TYPE b_total counter\nb_total 2\n# TYPE c gauge\nc 3\n");

    assertThat(only(samples, "a_total")).isEqualTo(1);
    assertThat(only(samples, "b")).isEqualTo(2);
    assertThat(samples.find(SeriesName.of("c_total"))).isNull();
  }

  @Test
  void theTypeLineDecidesAndNotTheNamesEnding() {
    Samples samples =
        samples(
            """
            # TYPE tokens_total histogram
            tokens_total_bucket{le="1"} 1
            tokens_total_bucket{le="+Inf"} 2
            tokens_total_sum 3
            tokens_total_count 2
            # TYPE queue_count gauge
            queue_count 9
            """);

    assertThat(found(samples, "tokens_total").family().type()).isEqualTo(FamilyType.HISTOGRAM);
    assertThat(parts(samples, "tokens_total"))
        .containsExactly(Part.BUCKET, Part.BUCKET, Part.SUM, Part.COUNT);
    assertThat(found(samples, "queue_count").part()).isEqualTo(Part.VALUE);
    assertThat(samples.families()).hasSize(2);
  }

  @Test
  void withoutTypeLinesAHistogramIsStillOneFamily() {
    Samples samples = samples("h_bucket{le=\"+Inf\"} 2\nother 1\nh_count 2\nh_sum 3\n");

    assertThat(parts(samples, "h")).containsExactly(Part.BUCKET, Part.COUNT, Part.SUM);
    assertThat(found(samples, "h_sum").part()).isEqualTo(Part.SUM);
  }

  @Test
  void aTotalThatCannotBeHasNoNumber() {
    Samples samples =
        samples("# TYPE c counter\nc{x=\"1\"} -1\nc{x=\"2\"} 18446744073709551231\nc{x=\"3\"} 5\n");

    assertThat(values(samples, "c")).containsExactly(Double.NaN, Double.NaN, 5.0);
    assertThat(samples.defects()).extracting(Defect::line).containsExactly(2, 3);
    assertThat(damage(samples, "c")).isNull();
  }

  @Test
  void onlyWantedFamiliesAreKeptAndAllAreChecked() {
    byte[] page = "a 1\nb 2\nc{x=\"1\"} ?\nd_total 4\n".getBytes(UTF_8);
    FamilySet wanted = FamilySet.of(List.of(SeriesName.of("b"), SeriesName.of("d")));
    Samples samples = (Samples) ExpositionParser.parse(page, wanted, Limits.DEFAULTS);

    assertThat(samples.seriesCount()).isEqualTo(3);
    assertThat(samples.defectCount()).isEqualTo(1);
    assertThat(values(samples, "a")).isEmpty();
    assertThat(values(samples, "b")).containsExactly(2.0);
    assertThat(values(samples, "d")).containsExactly(4.0);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "hostile-html.txt",
        "hostile-truncated.txt",
        "llamacpp-page-as-json-string.txt",
        "ollama-like-json-object.txt"
      })
  void pagesThatAreNoMetricsTextAreRefused(String file) {
    assertThat(parse(resource(file))).isInstanceOf(Refused.class);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "<html></html>         | the page is HTML or XML, not metrics text; is the path right?",
        " {\"a\": 1}           | the page is a JSON object, not metrics text; is the path right?",
        "{}                    | the page is a JSON object, not metrics text; is the path right?",
        "[]                    | the page is a JSON array, not metrics text; is the path right?",
        "\"a 1\\n\"            | the page is one JSON string, not metrics text: its line ends are escaped",
        "gone for a while      | no line of the page is a sample; line 1: the page ends inside this line: it has no line feed"
      })
  void aRefusalSaysWhatThePageIs(String page, String why) {
    assertThat(parse(page.getBytes(UTF_8))).isEqualTo(new Refused(why));
  }

  @Test
  void compressedAndProtobufPagesAreRefused() {
    Refused binary = new Refused("the page is binary (compressed, or protobuf), not metrics text");

    assertThat(parse(new byte[] {0x1f, (byte) 0x8b, 8, 0})).isEqualTo(binary);
    assertThat(parse(new byte[] {10, 1, 'a', 16, 0, 34, 9, 18, 7, 9, 0, 0, 0, 0, 0, 0}))
        .isEqualTo(binary);
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "\n", "# HELP a Nothing yet.\n# TYPE a counter\n"})
  void anEmptyPageHoldsNoSeriesAndIsNotRefused(String page) {
    assertThat(samples(page).seriesCount()).isZero();
    assertThat(samples(page).defects()).isEmpty();
  }

  @Test
  void everyLimitHolds() {
    Limits small = new Limits(100, 20, 3, 2, 2, 1);

    assertThat(ExpositionParser.parse(new byte[101], small))
        .isEqualTo(new Refused("the page has 101 bytes; at most 100 are read"));
    assertThat(
            ExpositionParser.parse(
                "a 1\na{x=\"1\"} 1\na{x=\"2\"} 1\na{x=\"3\"} 1\n".getBytes(UTF_8), small))
        .isEqualTo(new Refused("the page has more than 3 series"));
    assertThat(ExpositionParser.parse("a 1\nb 1\nc 1\n".getBytes(UTF_8), small))
        .isEqualTo(new Refused("the page has more than 2 metric families"));

    Samples samples =
        (Samples)
            ExpositionParser.parse(
                "a 1                      \nb{x=\"\",y=\"\",z=\"\"} 1\nb 1\n".getBytes(UTF_8),
                small);
    assertThat(samples.defects())
        .containsExactly(new Defect(1, "the line has 25 bytes; at most 20 are read"));
    assertThat(samples.defectCount()).isEqualTo(2);
    assertThat(damage(samples, "b"))
        .isEqualTo(new Defect(2, "the series has 3 labels; at most 2 are read"));
  }

  @Test
  void whatADefectQuotesIsCutAndPrintable() {
    Samples samples = samples("good 1\na \u0001" + "x".repeat(500) + "\n");

    assertThat(samples.defects().getFirst().why())
        .isEqualTo("the value is '?" + "x".repeat(31) + "…', not a number");
  }

  private static Page parse(byte[] body) {
    return ExpositionParser.parse(body, Limits.DEFAULTS);
  }

  private static Samples samples(String page) {
    return (Samples) parse(page.getBytes(UTF_8));
  }

  private static byte[] resource(String name) {
    try (InputStream page = ExpositionParserTest.class.getResourceAsStream(name)) {
      return Objects.requireNonNull(page, name).readAllBytes();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static Samples.Found found(Samples samples, String name) {
    return Objects.requireNonNull(samples.find(SeriesName.of(name)), name);
  }

  private static @Nullable Defect damage(Samples samples, String name) {
    return found(samples, name).family().damage();
  }

  private static List<Double> values(Samples samples, String name) {
    Series series = samples.series(found(samples, name).family());
    List<Double> values = new ArrayList<>();
    while (series.next()) {
      values.add(series.value());
    }
    return values;
  }

  private static List<Part> parts(Samples samples, String name) {
    Series series = samples.series(found(samples, name).family());
    List<Part> parts = new ArrayList<>();
    while (series.next()) {
      parts.add(series.part());
    }
    return parts;
  }

  private static double only(Samples samples, String name) {
    List<Double> values = values(samples, name);
    assertThat(values).hasSize(1);
    return values.getFirst();
  }
}
