package dev.inferscale.e2e;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import dev.inferscale.app.plane.PlaneConfig;
import dev.inferscale.worker.WorkerConfig;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.Supplier;
import java.util.regex.MatchResult;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/// What the documents say is what the code does: references are generated from it, and names and
/// links lead somewhere.
final class DocsTest {
  private static final String REWRITE =
      "mvn -pl e2e -am test -Dtest=DocsTest -Dsurefire.failIfNoSpecifiedTests=false -Ddocs.update";

  private static final Map<String, Map<String, Supplier<String>>> GENERATED =
      Map.of(
          "docs/configuration.md",
          Map.of(
              "plane", () -> ConfigTable.of(PlaneConfig.class),
              "worker", () -> ConfigTable.of(WorkerConfig.class),
              "pool", PoolTable::table),
          "docs/metrics.md",
          Map.of(
              "signals", SignalTable::signals,
              "engines", SignalTable::engines,
              "series", SignalTable::series,
              "plane", MetricTable::plane,
              "worker", MetricTable::worker));

  private static final Pattern CODE_BLOCK = Pattern.compile("(?ms)^(```.*?^```$|    .*?$)");
  private static final Pattern CODE = Pattern.compile("`([^`\n]+)`");
  private static final Pattern LINK = Pattern.compile("\\]\\(([^)\\s]+)\\)");
  private static final Pattern HEADING = Pattern.compile("(?m)^#+ (.+)$");
  private static final Pattern VARIABLE = Pattern.compile("INFERSCALE_[A-Z]+(?:_[A-Z]+)*");
  private static final Pattern TEST = Pattern.compile("[A-Z]\\w+(?:Test|Properties|IT)");
  private static final Pattern TEST_METHOD = Pattern.compile("(" + TEST.pattern() + ")#(\\w+)");
  private static final Pattern TESTED = Pattern.compile("(?m)^\\| (\\d+) \\| .* \\| (`.*`) \\|$");
  private static final Pattern TYPE =
      Pattern.compile("^(?:[a-z]+/)*([A-Z]\\w*[a-z]\\w*)(?=$|\\.[a-z]\\w*$)");
  private static final Pattern METHOD = Pattern.compile("[A-Z]\\w*[a-z]\\w*\\.[a-z]\\w*");

  private static final int TRAPS = 30;
  private static final int KEDAS_POINTS = 20;

  private static final Map<String, String> TEXTS = SourceTree.texts();

  @ParameterizedTest
  @ValueSource(strings = {"docs/configuration.md", "docs/metrics.md"})
  void referencesSayWhatTheCodeSays(String path) throws IOException {
    String page = text(path);
    Map<String, String> parts =
        Objects.requireNonNull(GENERATED.get(path)).entrySet().stream()
            .collect(Collectors.toMap(Map.Entry::getKey, part -> part.getValue().get()));
    if (System.getProperty("docs.update") != null) {
      page = MarkedText.with(page, parts);
      Files.writeString(SourceTree.root().resolve(path), page, UTF_8);
    }

    assertThat(MarkedText.parts(page))
        .as(path + " is behind the code; this rewrites it: " + REWRITE)
        .isEqualTo(parts);
  }

  @Test
  void theDefinitionOfModelPoolHasTheKeysOfTheReader() throws IOException {
    if (System.getProperty("docs.update") != null) {
      Path file = SourceTree.root().resolve(ModelPoolDefinition.FILE);
      Files.writeString(file, ModelPoolDefinition.yaml(), UTF_8);
    }

    assertThat(SourceTree.root().resolve(ModelPoolDefinition.FILE))
        .as("is behind the code; this rewrites it: " + REWRITE)
        .content(UTF_8)
        .isEqualTo(ModelPoolDefinition.yaml());
  }

  @Test
  void everyVariableOfTheEnvironmentIsInTheReference() {
    Set<String> read = new TreeSet<>();
    for (String reader :
        List.of("inferscale", "launch/src/main/java/dev/inferscale/launch/Launcher.java")) {
      VARIABLE.matcher(text(reader)).results().forEach(variable -> read.add(variable.group()));
    }
    assertThat(text("docs/configuration.md")).contains(read);
  }

  @Test
  void relativeLinksLeadSomewhere() {
    List<Link> links = pages().flatMap(DocsTest::links).toList();

    assertThat(links).isNotEmpty();
    assertThat(links).filteredOn(link -> !link.leads()).as("lead nowhere").isEmpty();
  }

  @Test
  void namedTestsExist() {
    Set<String> tests =
        TEXTS.keySet().stream()
            .filter(path -> path.contains("/src/test/java/"))
            .map(path -> path.substring(path.lastIndexOf('/') + 1).replace(".java", ""))
            .collect(Collectors.toSet());

    assertThat(pages().flatMap(DocsTest::code).filter(TEST.asMatchPredicate()))
        .isNotEmpty()
        .isSubsetOf(tests);
  }

  @Test
  void everyTrapHasTestsAndTheyExist() {
    everyNumberHasTests("docs/traps.md", TRAPS);
  }

  @Test
  void everyPointOfTheContractWithKedaHasTestsAndTheyExist() {
    everyNumberHasTests("docs/keda-contract.md", KEDAS_POINTS);
  }

  private static void everyNumberHasTests(String page, int last) {
    List<MatchResult> rows = TESTED.matcher(text(page)).results().toList();

    assertThat(rows.stream().map(row -> Integer.valueOf(row.group(1))))
        .containsExactlyElementsOf(IntStream.rangeClosed(1, last).boxed().toList());
    assertThat(code(page).filter(code -> code.contains("#")))
        .hasSizeGreaterThanOrEqualTo(last)
        .allMatch(DocsTest::isTest);
  }

  /// Whether there is a method `Class#method` that JUnit runs.
  private static boolean isTest(String code) {
    Matcher named = TEST_METHOD.matcher(code);
    if (!named.matches()) {
      return false;
    }
    Pattern method =
        Pattern.compile(
            "(?s)@(?:(?:Parameterized)?Test|Property|Example)\\b(?:(?!\n  void ).)*\n  void "
                + named.group(2)
                + "\\(");
    return TEXTS.entrySet().stream()
        .filter(text -> text.getKey().endsWith("/" + named.group(1) + ".java"))
        .anyMatch(text -> method.matcher(text.getValue()).find());
  }

  @Test
  void namedTypesAndMethodsExist() {
    List<SourceFile> sources = SourceFile.parse(sources());
    Set<String> types =
        sources.stream().flatMap(file -> file.types().stream()).collect(Collectors.toSet());
    Set<String> methods =
        sources.stream()
            .flatMap(file -> file.methods().stream())
            .map(SourceFile.Method::name)
            .collect(Collectors.toSet());
    List<String> named = code("docs/architecture.md").toList();

    assertThat(
            named.stream().flatMap(code -> TYPE.matcher(code).results()).map(type -> type.group(1)))
        .isNotEmpty()
        .isSubsetOf(types);
    assertThat(named.stream().filter(METHOD.asMatchPredicate())).isNotEmpty().isSubsetOf(methods);
  }

  @Test
  void theReadmeNamesTheTwoCommands() {
    assertThat(text("README.md")).contains("./inferscale quickstart", "mvn verify");
  }

  /// @param from the page that it stands on
  private record Link(String from, String to) {
    boolean leads() {
      int hash = to.indexOf('#');
      String file = hash < 0 ? to : to.substring(0, hash);
      Path page = SourceTree.root().resolve(from);
      Path target = file.isEmpty() ? page : page.resolveSibling(file).normalize();
      return Files.exists(target) && (hash < 0 || anchors(target).contains(to.substring(hash + 1)));
    }
  }

  private static Stream<Link> links(String page) {
    return LINK.matcher(CODE.matcher(prose(page)).replaceAll(""))
        .results()
        .map(link -> link.group(1))
        .filter(to -> !to.matches("[a-z]+:.*"))
        .map(to -> new Link(page, to));
  }

  /// What GitHub makes of headings.
  private static Set<String> anchors(Path page) {
    String path = SourceTree.root().relativize(page).toString().replace('\\', '/');
    return HEADING
        .matcher(text(path))
        .results()
        .map(heading -> heading.group(1).toLowerCase(Locale.ROOT))
        .map(heading -> heading.replaceAll("[^\\w\\- ]", "").replace(' ', '-'))
        .collect(Collectors.toSet());
  }

  private static Stream<String> pages() {
    return TEXTS.keySet().stream().filter(path -> path.endsWith(".md"));
  }

  private static Stream<String> code(String page) {
    return CODE.matcher(prose(page)).results().map(code -> code.group(1));
  }

  private static String prose(String page) {
    return CODE_BLOCK.matcher(text(page)).replaceAll("");
  }

  private static Map<String, String> sources() {
    return TEXTS.entrySet().stream()
        .filter(text -> text.getKey().matches(".*/src/(main|test)/java/.*\\.java"))
        .collect(Collectors.toMap(Map.Entry::getKey, Map.Entry::getValue));
  }

  private static String text(String path) {
    return Objects.requireNonNull(TEXTS.get(path), path);
  }
}
