package dev.inferscale.e2e;

import static java.util.stream.Collectors.counting;
import static java.util.stream.Collectors.groupingBy;
import static java.util.stream.Collectors.toMap;
import static org.assertj.core.api.Assertions.assertThat;

import dev.inferscale.e2e.SourceFile.Method;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/// Size, naming and hygiene of the whole tree, with the compiler's own parser. Each check is a
/// function from sources to complaints, tried below on a source that is wrong.
final class TidyTest {
  private static final int MAX_METHOD_LINES = 70;
  private static final int MAX_FILE_LINES = 600;
  private static final int MAX_PACKAGE_FILES = 20;
  private static final int MAX_LAUNCH_FILES = 10;

  /// Test equipment must not grow into a kubelet.
  private static final int MAX_POD_RUNNER_LINES = 500;

  /// Methods that may be longer, with the lines they may have: kernels whose unrolled loops would
  /// only get harder to read in pieces. May only shrink.
  private static final Map<String, Integer> LONG_METHODS = Map.of();

  private static final Pattern BAD_NAME =
      Pattern.compile("Abstract\\w+|\\w*(Impl|Manager|Helpers?|Utils?|Info|Data|Common|Service)");

  /// Folders of one machine; in pieces, or this file would name them.
  private static final Pattern MACHINE_PATH = Pattern.compile("(?<![\\w.-])/(" + "work|root)/");

  private static final Pattern GO_IMPORTS = Pattern.compile("(?ms)^import \\(.*?^\\)");
  private static final Pattern SLEEP = Pattern.compile("Thread\\s*\\.\\s*" + "sleep\\s*\\(");
  private static final Pattern DISABLED = Pattern.compile("@" + "Disabled\\b");

  private static final Map<String, String> TEXTS = SourceTree.texts();
  private static final List<SourceFile> MAIN = SourceFile.parse(javaUnder("/src/main/java/"));

  @Test
  void theWholeTreeWasRead() {
    assertThat(MAIN.stream().map(file -> file.path().split("/", 2)[0]).collect(Collectors.toSet()))
        .contains("launch", "signals", "adapter", "inference-worker", "app");
    assertThat(TEXTS).containsKeys("pom.xml", ".gitignore");
  }

  @Test
  void methodsAreShort() {
    assertThat(longMethods(MAIN, LONG_METHODS)).isEmpty();
    assertThat(staleExemptions(MAIN, LONG_METHODS)).isEmpty();
  }

  @Test
  void filesAreShort() {
    assertThat(longFiles(MAIN)).isEmpty();
  }

  @Test
  void packagesAreSmallAndSayWhatTheyAreFor() {
    assertThat(largePackages(MAIN)).isEmpty();
    assertThat(packagesWithoutInfo(MAIN)).isEmpty();
  }

  @Test
  void thePodRunnerStaysSmall() {
    List<String> files =
        TEXTS.entrySet().stream()
            .filter(text -> text.getKey().matches("e2e/testbed/core/podrunner/.*(?<!_test)\\.go"))
            .map(Map.Entry::getValue)
            .toList();
    assertThat(files).isNotEmpty();
    assertThat(files.stream().mapToLong(TidyTest::goLines).sum())
        .isLessThanOrEqualTo(MAX_POD_RUNNER_LINES);
  }

  @Test
  void namesSayWhatAThingIs() {
    assertThat(badNames(MAIN)).isEmpty();
  }

  @Test
  void nothingNamesAMachinesFolders() {
    assertThat(matches(TEXTS, MACHINE_PATH)).isEmpty();
  }

  @Test
  void testsNeitherSleepNorAreDisabled() {
    Map<String, String> tests = javaUnder("/src/test/java/");
    assertThat(tests).isNotEmpty();
    assertThat(matches(tests, SLEEP)).isEmpty();
    assertThat(matches(tests, DISABLED)).isEmpty();
  }

  @Test
  void theChecksFindWhatTheyLookFor() {
    String body = "    x++;\n".repeat(70);
    List<SourceFile> bad =
        SourceFile.parse(
            Map.of(
                "m/src/main/java/p/FooManager.java",
                "package p;\nclass FooManager {\n  int x;\n  void grow() {\n"
                    + body
                    + "  }\n"
                    + "  static { int y; }\n}\n"
                    + "\n".repeat(600),
                "m/src/main/java/q/package-info.java",
                "package q;\n"));

    assertThat(longMethods(bad, Map.of())).containsExactly("FooManager.grow has 72 lines, over 70");
    assertThat(longMethods(bad, Map.of("FooManager.grow", 72))).isEmpty();
    assertThat(staleExemptions(bad, Map.of("FooManager.grow", 73, "Gone.away", 80))).hasSize(2);
    assertThat(longFiles(bad)).hasSize(1);
    assertThat(badNames(bad)).containsExactly("m/src/main/java/p/FooManager.java: FooManager");
    assertThat(packagesWithoutInfo(bad)).hasSize(2);
    assertThat(matches(Map.of("a", "x\ncd /" + "work/y", "b", "net/" + "work/z"), MACHINE_PATH))
        .containsExactly("a:2");
    assertThat(matches(Map.of("a", "Thread." + "sleep(1)"), SLEEP)).hasSize(1);
    assertThat(largePackages(List.of(twentyOne()))).hasSize(1);
    assertThat(goLines("// a\npackage b\n\nimport (\n\t\"c\"\n)\n\nvar d = 1 // e\n}\n"))
        .isEqualTo(2);
  }

  private static SourceFile[] twentyOne() {
    return Stream.iterate(1, n -> n + 1)
        .limit(21)
        .map(n -> new SourceFile("p/F" + n + ".java", 1, List.of(), List.of(), List.of()))
        .toArray(SourceFile[]::new);
  }

  private static List<String> longMethods(List<SourceFile> files, Map<String, Integer> exempt) {
    return files.stream()
        .flatMap(file -> file.methods().stream())
        .filter(m -> m.lines() > exempt.getOrDefault(m.name(), MAX_METHOD_LINES))
        .map(m -> m.name() + " has " + m.lines() + " lines, over " + MAX_METHOD_LINES)
        .toList();
  }

  private static List<String> staleExemptions(List<SourceFile> files, Map<String, Integer> exempt) {
    Map<String, Integer> lines =
        files.stream()
            .flatMap(file -> file.methods().stream())
            .collect(toMap(Method::name, Method::lines, Math::max));
    return exempt.entrySet().stream()
        .filter(entry -> !entry.getValue().equals(lines.get(entry.getKey())))
        .map(entry -> entry.getKey() + " has " + lines.get(entry.getKey()) + " lines by now")
        .toList();
  }

  private static List<String> longFiles(List<SourceFile> files) {
    return files.stream()
        .filter(file -> file.lines() > MAX_FILE_LINES)
        .map(file -> file.path() + " has " + file.lines() + " lines, over " + MAX_FILE_LINES)
        .toList();
  }

  private static List<String> largePackages(List<SourceFile> files) {
    return files.stream()
        .filter(file -> !file.name().equals("package-info.java"))
        .collect(groupingBy(SourceFile::folder, counting()))
        .entrySet()
        .stream()
        .filter(folder -> folder.getValue() > limit(folder.getKey()))
        .map(folder -> folder.getKey() + " has " + folder.getValue() + " files")
        .toList();
  }

  private static int limit(String folder) {
    return folder.endsWith("/dev/inferscale/launch") ? MAX_LAUNCH_FILES : MAX_PACKAGE_FILES;
  }

  /// Lines of code: neither blank nor comments nor imports.
  private static long goLines(String text) {
    return GO_IMPORTS
        .matcher(text)
        .replaceAll("")
        .lines()
        .map(String::strip)
        .filter(line -> !line.isEmpty() && !line.startsWith("//") && !line.startsWith("package "))
        .count();
  }

  private static List<String> packagesWithoutInfo(List<SourceFile> files) {
    Set<String> good =
        files.stream()
            .filter(file -> file.name().equals("package-info.java"))
            .filter(file -> file.packageAnnotations().contains("NullMarked"))
            .map(SourceFile::folder)
            .collect(Collectors.toSet());
    return files.stream()
        .map(SourceFile::folder)
        .distinct()
        .filter(folder -> !good.contains(folder))
        .map(folder -> folder + " has no package-info.java with @NullMarked")
        .toList();
  }

  private static List<String> badNames(List<SourceFile> files) {
    return files.stream()
        .flatMap(file ->
            file.types().stream()
                .filter(type -> BAD_NAME.matcher(type).matches())
                .map(type -> file.path() + ": " + type))
        .toList();
  }

  /// `path:line` of every match.
  private static List<String> matches(Map<String, String> texts, Pattern pattern) {
    return texts.entrySet().stream()
        .flatMap(text ->
            pattern
                .matcher(text.getValue())
                .results()
                .map(match ->
                    text.getKey()
                        + ":"
                        + text.getValue().substring(0, match.start() + 1).lines().count()))
        .toList();
  }

  private static Map<String, String> javaUnder(String folder) {
    return TEXTS.entrySet().stream()
        .filter(text -> text.getKey().contains(folder) && text.getKey().endsWith(".java"))
        .collect(toMap(Map.Entry::getKey, Map.Entry::getValue));
  }
}
