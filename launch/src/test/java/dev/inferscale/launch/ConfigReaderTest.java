package dev.inferscale.launch;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.inferscale.launch.ConfigReader.ConfigFault;
import dev.inferscale.launch.ConfigReader.Result.Bad;
import dev.inferscale.launch.ConfigReader.Result.Good;
import dev.inferscale.launch.Settings.Limits;
import dev.inferscale.launch.Settings.Mode;
import dev.inferscale.launch.Settings.Route;
import dev.inferscale.launch.Settings.Tls;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class ConfigReaderTest {
  private static final ConfigReader<Settings> READER = ConfigReader.of(Settings.class);

  @Test
  void nothingWrittenGivesTheDefaults() {
    assertThat(good("")).isEqualTo(Settings.defaults());
    assertThat(good("# only a comment\n")).isEqualTo(Settings.defaults());
  }

  @Test
  void everyKindOfKeyIsReadFromTheFile() {
    Settings read =
        good(
            """
            port: 9000
            kvCacheTokens: 123456789012
            share: 1e-1
            quiet: true
            mode: least-loaded
            timeout: 1h30m
            token: "1.10"
            model: /models/x
            endpoints: [http://a:1/metrics, "http://b:2"]
            alias: chat
            limits: {interval: 500ms, deadline: 250ms}
            tls: {certFile: c.pem, keyFile: k.pem}
            routes:
              - {name: a, weight: 3}
            """);

    assertThat(read)
        .isEqualTo(
            new Settings(
                9000,
                64,
                123_456_789_012L,
                0.1,
                true,
                Mode.LEAST_LOADED,
                Duration.ofMinutes(90),
                "1.10",
                Path.of("/models/x"),
                List.of("http://a:1/metrics", "http://b:2"),
                Optional.of("chat"),
                new Limits(Duration.ofMillis(500), Duration.ofMillis(250)),
                Optional.of(new Tls("c.pem", "k.pem", Optional.empty())),
                List.of(new Route("a", 3))));
  }

  @Test
  void aDurationMayBeAsShortAsNanoseconds() {
    Settings read = good("limits: {interval: 43ms200us, deadline: 390ns}");

    assertThat(read.limits())
        .isEqualTo(new Limits(Duration.ofNanos(43_200_000), Duration.ofNanos(390)));
    assertThat(ConfigReader.effective(read))
        .containsEntry("limits.interval", "43ms200us")
        .containsEntry("limits.deadline", "390ns");
  }

  @Test
  void aTextThatLooksLikeANumberStaysAsItWasWritten() {
    assertThat(good("token: 1.10").token()).isEqualTo("1.10");
    assertThat(good("alias: no").alias()).contains("no");
  }

  @Test
  void flagsWinOverEnvironmentOverFileOverDefaults() {
    Map<String, String> environment =
        Map.of("INFERSCALE_MAX_QUEUE", "3", "INFERSCALE_TIMEOUT", "3s", "HOME", "/");
    Map<String, List<String>> flags = Map.of("max-queue", List.of("4"));

    Settings read = good("{port: 2, maxQueue: 2, timeout: 2s}", environment, flags);

    assertThat(read.port()).isEqualTo(2);
    assertThat(read.timeout()).isEqualTo(Duration.ofSeconds(3));
    assertThat(read.maxQueue()).isEqualTo(4);
    assertThat(read.share()).isEqualTo(0.5);
  }

  @Test
  void keysOfSectionsHaveVariablesAndFlags() {
    Settings read =
        good(
            "tls: {certFile: file.pem}",
            Map.of("INFERSCALE_TLS_KEY_FILE", "k.pem", "INFERSCALE_LIMITS_DEADLINE", "100ms"),
            Map.of("tls.cert-file", List.of("c.pem")));

    assertThat(read.tls()).contains(new Tls("c.pem", "k.pem", Optional.empty()));
    assertThat(read.limits().deadline()).isEqualTo(Duration.ofMillis(100));
  }

  @Test
  void listsAreGivenWithCommasOrAgain() {
    Settings once = good("", Map.of("INFERSCALE_ENDPOINTS", "a, b"), Map.of());
    Settings twice = good("", Map.of(), Map.of("endpoints", List.of("c", "d,e")));

    assertThat(once.endpoints()).containsExactly("a", "b");
    assertThat(twice.endpoints()).containsExactly("c", "d", "e");
  }

  @Test
  void anEmptyKeyIsAnAbsentOptionalAndADefaultSection() {
    Settings read = good("alias:\nlimits:\n");

    assertThat(read.alias()).isEmpty();
    assertThat(read.limits()).isEqualTo(Limits.defaults());
    assertThat(good("alias: x", Map.of("INFERSCALE_ALIAS", ""), Map.of()).alias()).isEmpty();
  }

  @Test
  void allFaultsAreFoundAtOnce() {
    List<String> faults =
        bad(
            """
            port: 70000
            maxQueu: 5
            timeout: 5
            share: 7
            mode: fast
            quiet: yes
            endpoints: http://a
            limits: {interval: 1s, deadline: 9s}
            tls: {certFile: c.pem}
            """,
            Map.of("INFERSCALE_KV_CACHE_TOKENS", "many"),
            Map.of("max-queue", List.of("0"), "prot", List.of("1")));

    assertThat(faults)
        .containsExactlyInAnyOrder(
            "port = 70000: must be 0 to 65535 (line 1)",
            "maxQueu: unknown key; did you mean maxQueue? (line 2)",
            "timeout = 5: must be a duration such as 500ms, 2s, 5m or 1h30m (line 3)",
            "share = 7: must be 0 to 1 (line 4)",
            "mode = fast: must be one of auto, least-loaded (line 5)",
            "quiet = yes: must be true or false (line 6)",
            "endpoints = http://a: must be a list, each a text (line 7)",
            "limits.deadline = 9s: must be shorter than interval (line 8)",
            "tls.keyFile: is missing; must be a text",
            "INFERSCALE_KV_CACHE_TOKENS = many: must be a whole number",
            "--max-queue = 0: must be 1 to 10000",
            "--prot: unknown flag; did you mean --port?");
  }

  @Test
  void aFaultInsideAListNamesThePlace() {
    assertThat(bad("routes: [{name: a, weight: 1}, {name: b, weigth: 2}]"))
        .containsExactly(
            "routes[1].weigth: unknown key; did you mean weight? (line 1)",
            "routes[1].weight: is missing; must be a whole number");
    assertThat(bad("endpoints: [a, {b: 1}, [c]]")).hasSize(2);
    assertThat(bad("routes: [5]"))
        .containsExactly("routes[0] = 5: must be a section with name, weight (line 1)");
  }

  @Test
  void aSectionWhereAValueBelongsIsRefusedAndTheReverse() {
    assertThat(bad("port: {a: 1}"))
        .containsExactly("port = (a section): must be a whole number (line 1)");
    assertThat(bad("limits: 5", Map.of(), Map.of("limits.interval", List.of("1s"))))
        .containsExactly("limits = 5: must be a section with interval, deadline (line 1)");
    assertThat(bad("port:")).containsExactly("port: must be a whole number (line 1)");
  }

  @Test
  void numbersOutsideTheirTypeAreRefused() {
    assertThat(bad("port: 99999999999")).hasSize(1);
    assertThat(bad("kvCacheTokens: 99999999999999999999")).hasSize(1);
    assertThat(bad("share: .nan")).hasSize(1);
    assertThat(bad("share: 1e999")).hasSize(1);
    assertThat(bad("port: 1.5")).hasSize(1);
    assertThat(bad("timeout: -2s")).hasSize(1);
  }

  @Test
  void aSecretIsNeverShown() {
    assertThat(bad("token: far-too-long-to-be-right"))
        .containsExactly("token = (secret): must be at most 8 characters (line 1)");
    assertThat(bad("token: {a: 1}").getFirst()).doesNotContain("hush");
    assertThat(ConfigReader.effective(Settings.defaults())).containsEntry("token", "(secret)");
    assertThat(ConfigReader.reference(Settings.class)).doesNotContain("hush");
  }

  @Test
  void brokenYamlIsOneSentenceWithLineAndColumn() {
    assertThat(bad("port: 1\n\tmaxQueue: 2\n"))
        .singleElement()
        .asString()
        .startsWith("configuration: not readable as YAML at line 2, column 1: ");
    assertThat(bad("a: [1, 2\nb: 3\n")).singleElement().asString().contains("line 2");
    assertThat(bad("port: 1\nport: 2\n"))
        .containsExactly(
            "configuration: not readable as YAML at line 2, column 7: key port stands twice");
    assertThat(bad("just a text")).singleElement().asString().contains("`key: value`");
    assertThat(bad("port: 1\n---\nport: 2\n")).singleElement().asString().contains("second");
  }

  @Test
  void anchorsAndDeepNestingAreRefused() {
    assertThat(bad("a: &x [1]\nb: *x\n")).singleElement().asString().contains("anchors");
    assertThat(bad("a: " + "[".repeat(5000))).singleElement().asString().contains("YAML");
    assertThat(bad("a: *undefined")).hasSize(1);
  }

  @Test
  void aLargeTextIsRefused() {
    assertThat(bad("# " + "x".repeat(ConfigReader.MAX_BYTES)))
        .containsExactly("configuration: must not be larger than 1 MiB");
  }

  @Test
  void aFloodOfFaultsIsCut() {
    StringBuilder yaml = new StringBuilder();
    for (int i = 0; i < 5000; i++) {
      yaml.append("k").append(i).append(": 1\n");
    }
    assertThat(bad(yaml.toString())).hasSize(100);
  }

  @Test
  void filesAreReadAndTheirFaultsNameThem(@TempDir Path folder) throws IOException {
    Path file = folder.resolve("worker.yaml");
    Files.writeString(file, "port: 7");
    assertThat(READER.readFile(file, Map.of(), Map.of()))
        .isInstanceOfSatisfying(
            Good.class, g -> assertThat(g.config()).hasFieldOrPropertyWithValue("port", 7));

    Files.write(file, new byte[] {'a', ':', ' ', (byte) 0xff});
    assertThat(lines(READER.readFile(file, Map.of(), Map.of())))
        .containsExactly(file + ": must be text in UTF-8");
    Files.write(file, "#".repeat(ConfigReader.MAX_BYTES + 1).getBytes(UTF_8));
    assertThat(lines(READER.readFile(file, Map.of(), Map.of())))
        .containsExactly(file + ": must not be larger than 1 MiB");
    assertThat(lines(READER.readFile(folder.resolve("none"), Map.of(), Map.of())))
        .containsExactly(folder.resolve("none") + ": no such file");
    assertThat(lines(READER.readFile(folder, Map.of(), Map.of()))).hasSize(1);
  }

  @Test
  void variablesThatKubernetesMakesForServicesAreIgnored() {
    Map<String, String> links =
        Map.of("INFERSCALE_PORT", "tcp://10.0.0.1:80", "INFERSCALE_SERVICE_HOST", "10.0.0.1");

    assertThat(good("", links, Map.of())).isEqualTo(Settings.defaults());
  }

  @Test
  void aVariableThatIsNearlyAKeyIsReported() {
    Map<String, String> environment =
        Map.of("INFERSCALE_MAX_QUEU", "5", "INFERSCALE_OF_ANOTHER_PROGRAM", "5");

    assertThat(READER.read("", environment, Map.of()))
        .isEqualTo(
            new Good<>(
                Settings.defaults(),
                List.of(
                    "INFERSCALE_MAX_QUEU is ignored: no such key; did you mean"
                        + " INFERSCALE_MAX_QUEUE?")));
  }

  @Test
  void aFlagGivenTwiceIsRefusedUnlessItIsAList() {
    assertThat(bad("", Map.of(), Map.of("port", List.of("1", "2"))))
        .containsExactly("--port: must be given once");
  }

  @Test
  void textFromOutsideIsCutAndKeptOnOneLine() {
    String line = bad("port: \"" + "x".repeat(1000) + "\\n\\e[31m\"").getFirst();

    assertThat(line.length()).isLessThan(220);
    assertThat(line).doesNotContain("\n").doesNotContain("\u001b");
  }

  @Test
  void theReferenceHasOneRowForEveryKey() {
    assertThat(ConfigReader.reference(Settings.class))
        .startsWith("| key | value | default | what it does |\n|---|---|---|---|\n")
        .contains("| `port` | a whole number | `8000` | Port to listen on. |\n")
        .contains("| `limits.interval` | a duration such as 500ms, 2s, 5m or 1h30m | `2s` |  |\n")
        .contains("| `tls.certFile` | a text |  |  |\n");
  }

  @Test
  void theEffectiveConfigurationListsWhatIsThere() {
    assertThat(ConfigReader.effective(Settings.defaults()))
        .containsEntry("timeout", "1m30s")
        .containsEntry("limits.deadline", "1s")
        .doesNotContainKeys("alias", "tls.certFile");
  }

  @Test
  void recordsThatCannotBeBoundAreBugs() {
    assertThatThrownBy(() -> ConfigReader.of(NoDefaults.class))
        .hasMessageContaining("no static method defaults()");
    assertThatThrownBy(() -> ConfigReader.of(Odd.class)).hasMessageContaining("cannot have type");
    assertThatThrownBy(() -> ConfigReader.of(Twice.class))
        .hasMessageContaining("INFERSCALE_MAX_QUEUE is taken");
  }

  record NoDefaults(int a) {}

  record Odd(Object thing) {
    static Odd defaults() {
      return new Odd("x");
    }
  }

  record Twice(int maxQueue, Inner max) {
    static Twice defaults() {
      return new Twice(1, new Inner(1));
    }

    record Inner(int queue) {}
  }

  private static Settings good(String yaml) {
    return good(yaml, Map.of(), Map.of());
  }

  private static Settings good(
      String yaml, Map<String, String> environment, Map<String, List<String>> flags) {
    return switch (READER.read(yaml, environment, flags)) {
      case Good<Settings> good -> good.config();
      case Bad<Settings> bad -> throw new AssertionError(bad);
    };
  }

  private static List<String> bad(String yaml) {
    return bad(yaml, Map.of(), Map.of());
  }

  private static List<String> bad(
      String yaml, Map<String, String> environment, Map<String, List<String>> flags) {
    return lines(READER.read(yaml, environment, flags));
  }

  private static List<String> lines(ConfigReader.Result<Settings> result) {
    return switch (result) {
      case Good<Settings> good -> throw new AssertionError(good);
      case Bad<Settings> bad -> bad.faults().stream().map(ConfigFault::line).toList();
    };
  }
}
