package dev.inferscale.signals.exposition;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.Combinators;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import net.jqwik.api.constraints.IntRange;

final class ExpositionParserProperties {
  private static final List<String> FAMILIES = List.of("a", "b:c", "long_name_total", "x_sum");

  @Property
  void noBytesMakeItThrow(@ForAll byte[] body) {
    checkBounds(ExpositionParser.parse(body, Limits.DEFAULTS));
  }

  @Property
  void noTextOfTheFormatsOwnLettersMakesItThrow(@ForAll("nearlyMetrics") String page) {
    checkBounds(parse(page));
  }

  private static Page parse(String page) {
    return ExpositionParser.parse(page.getBytes(UTF_8), Limits.DEFAULTS);
  }

  private static void checkBounds(Page page) {
    switch (page) {
      case Refused refused -> assertThat(refused.why()).hasSizeLessThanOrEqualTo(200);
      case Samples samples -> {
        assertThat(samples.defects()).hasSizeLessThanOrEqualTo(Limits.DEFAULTS.defects());
        assertThat(samples.defects()).allMatch(defect -> defect.why().length() <= 128);
      }
    }
  }

  @Property
  void whatIsRenderedIsRead(@ForAll("rows") List<Row> rows) {
    Map<String, Row> first = new LinkedHashMap<>();
    rows.forEach(row -> first.putIfAbsent(row.family() + row.label(), row));
    Samples samples = (Samples) parse(render(rows));

    assertThat(samples.seriesCount()).isEqualTo(rows.size());
    assertThat(samples.defectCount()).isEqualTo(rows.size() - first.size());
    assertThat(read(samples)).containsExactlyInAnyOrderElementsOf(first.values());
  }

  @Property
  void aBadLineCostsItsFamilyOnly(
      @ForAll("rows") List<Row> rows, @ForAll @IntRange(max = 100) int place) {
    List<Row> others = rows.stream().filter(row -> !row.family().equals("a")).toList();
    int at = place % (others.size() + 1);
    String page =
        "good 1\n"
            + render(others.subList(0, at))
            + "a{l=\"x\" 1\n"
            + render(others.subList(at, others.size()));
    Samples spoilt = (Samples) parse(page);

    for (Family family : spoilt.families()) {
      assertThat(family.damage() != null).isEqualTo(family.name().equals("a"));
    }
    assertThat(read(spoilt).stream().filter(row -> !row.family().equals("good")).distinct())
        .containsExactlyInAnyOrderElementsOf(read((Samples) parse(render(others))));
  }

  @Provide
  Arbitrary<List<Row>> rows() {
    Arbitrary<Double> values =
        Arbitraries.oneOf(
            Arbitraries.doubles(),
            Arbitraries.longs().map(number -> (double) number),
            Arbitraries.of(Double.NaN, Double.POSITIVE_INFINITY, 0.0, -0.0, 1e22, 0.1));
    Arbitrary<String> texts = Arbitraries.strings().withChars("ab\"\\\né{},= ").ofMaxLength(12);
    return Combinators.combine(Arbitraries.of(FAMILIES), texts, values).as(Row::new).list();
  }

  @Provide
  Arbitrary<String> nearlyMetrics() {
    return Arbitraries.strings().withChars("ab_:{}=\",\\\n #TYPE.1e+-naif\r\t").ofMaxLength(300);
  }

  private static String render(List<Row> rows) {
    StringBuilder page = new StringBuilder();
    for (Row row : rows) {
      String escaped = row.label().replace("\\", "\\\\").replace("\"", "\\\"").replace("\n", "\\n");
      page.append(row.family()).append("{l=\"").append(escaped).append("\"} ");
      page.append(Double.toString(row.value())).append('\n');
    }
    return page.toString();
  }

  private static List<Row> read(Samples samples) {
    List<Row> rows = new ArrayList<>();
    for (Family family : samples.families()) {
      Series series = samples.series(family);
      while (series.next()) {
        Labels labels = series.labels();
        String label = labels.next() ? labels.value() : "";
        rows.add(new Row(family.name() + series.part().suffix(), label, series.value()));
      }
    }
    return rows;
  }

  /// One sample with one label.
  record Row(String family, String label, double value) {}
}
