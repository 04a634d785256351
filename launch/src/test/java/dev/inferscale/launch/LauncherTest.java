package dev.inferscale.launch;

import static org.assertj.core.api.Assertions.assertThat;

import dev.inferscale.launch.Launcher.Plan;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.slf4j.event.Level;

final class LauncherTest {

  @Test
  void helpNamesEveryKeyWithTypeDefaultAndDescription() {
    assertThat(plan("--help"))
        .isInstanceOfSatisfying(
            Plan.Say.class,
            say ->
                assertThat(say.text())
                    .startsWith("example: Waits to be told to stop.\n")
                    .contains("  --max-queue  a whole number; default 64\n")
                    .contains("      Requests that may wait.\n")
                    .contains("--tls.cert-file")
                    .contains("--kv-cache-tokens is kvCacheTokens in the file and INFERSCALE_KV_")
                    .contains("INFERSCALE_CONFIG")
                    .doesNotContain("hush"));
  }

  @Test
  void versionIsTheProgramsNameAndVersion() {
    assertThat(plan("--version")).isEqualTo(new Plan.Say<>("example dev"));
  }

  @Test
  void flagsAreGivenWithASpaceOrAnEqualsSign() {
    Settings config = started("--port", "1", "--max-queue=2", "--token=--x", "--quiet").config();

    assertThat(config.port()).isEqualTo(1);
    assertThat(config.maxQueue()).isEqualTo(2);
    assertThat(config.token()).isEqualTo("--x");
    assertThat(config.quiet()).isTrue();
  }

  @Test
  void aSwitchTakesOnlyTrueOrFalseAsItsValue() {
    assertThat(started("--quiet", "false").config().quiet()).isFalse();
    assertThat(started("--quiet", "--port", "1").config().quiet()).isTrue();
    assertThat(refused("--quiet", "yes"))
        .containsExactly("yes: unexpected; values are given as --key value");
  }

  @Test
  void levelAndStandardInputComeFromFlagsOrEnvironment() {
    Plan.Start<Settings> flags = started("--log-level", "debug", "--exit-with-stdin");
    assertThat(flags.level()).isEqualTo(Level.DEBUG);
    assertThat(flags.exitWithStdin()).isTrue();

    Map<String, String> environment =
        Map.of("INFERSCALE_LOG_LEVEL", "WARN", "INFERSCALE_EXIT_WITH_STDIN", "1");
    assertThat(Launcher.plan(List.of(), environment, new ExampleProgram()))
        .isEqualTo(new Plan.Start<>(Settings.defaults(), List.of(), Level.WARN, true));
    assertThat(started().exitWithStdin()).isFalse();
  }

  @Test
  void faultsOfFlagsAndKeysAreReportedTogether() {
    assertThat(refused("--log-level", "loud", "--port", "--max-queu", "4", "extra", "--share=2"))
        .containsExactly(
            "--log-level = loud: must be one of error, warn, info, debug, trace",
            "--port: needs a value",
            "extra: unexpected; values are given as --key value",
            "--max-queu: unknown flag; did you mean --max-queue?",
            "--share = 2: must be 0 to 1");
  }

  @Test
  void aMissingFileIsAFault() {
    assertThat(refused("--config", "/nowhere/worker.yaml", "--port", "-1"))
        .containsExactly("/nowhere/worker.yaml: no such file", "--port = -1: must be 0 to 65535");
    assertThat(refused("--config")).containsExactly("--config: needs a value");
  }

  @Test
  void theDrainHasALimitUnlessTheProgramSaysAnother() {
    assertThat(new ExampleProgram().drainLimit(Settings.defaults()))
        .isEqualTo(Duration.ofSeconds(10));
  }

  private static Plan<Settings> plan(String... args) {
    return Launcher.plan(List.of(args), Map.of(), new ExampleProgram());
  }

  private static Plan.Start<Settings> started(String... args) {
    return switch (plan(args)) {
      case Plan.Start<Settings> start -> start;
      case Plan.Say<Settings> say -> throw new AssertionError(say);
      case Plan.Refuse<Settings> refuse -> throw new AssertionError(refuse);
    };
  }

  private static List<String> refused(String... args) {
    return switch (plan(args)) {
      case Plan.Refuse<Settings>(List<String> lines) -> lines;
      case Plan.Say<Settings> say -> throw new AssertionError(say);
      case Plan.Start<Settings> start -> throw new AssertionError(start);
    };
  }
}
