package dev.inferscale.app;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.PrintWriter;
import java.io.StringWriter;
import java.util.Collection;
import org.junit.jupiter.api.Test;
import picocli.CommandLine;

final class InferscaleTest {
  private final StringWriter out = new StringWriter();
  private final StringWriter err = new StringWriter();

  @Test
  void helpNamesEveryCommandAndProgram() {
    assertThat(run("--help")).isZero();
    assertThat(out.toString()).contains("quickstart", "read", "version", "  serve ", "  worker ");
    assertThat(err.toString()).isEmpty();
  }

  @Test
  void everyCommandAndItsFlagsAreDescribed() {
    Collection<CommandLine> commands = Inferscale.commandLine().getSubcommands().values();

    assertThat(commands)
        .allSatisfy(command -> {
          assertThat(command.getCommandSpec().usageMessage().description()).isNotEmpty();
          assertThat(command.getCommandSpec().args())
              .allSatisfy(argument -> assertThat(argument.description()).isNotEmpty());
        });
  }

  @Test
  void aWrongWordOrFlagIsWrongUse() {
    assertThat(run("serv")).isEqualTo(2);
    assertThat(run("--nonsense")).isEqualTo(2);
    assertThat(run("quickstart", "--for", "soon")).isEqualTo(2);
    assertThat(err.toString())
        .contains("'serv'", "'--nonsense'", "--for is soon; a time such as 20s or 2m");
    assertThat(out.toString()).isEmpty();
  }

  private int run(String... args) {
    return Inferscale.commandLine()
        .setOut(new PrintWriter(out, true))
        .setErr(new PrintWriter(err, true))
        .execute(args);
  }
}
