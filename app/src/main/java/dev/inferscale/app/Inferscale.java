package dev.inferscale.app;

import dev.inferscale.app.operate.DoctorCommand;
import dev.inferscale.app.operate.ExplainCommand;
import dev.inferscale.app.operate.HpaCommand;
import dev.inferscale.app.operate.TopCommand;
import dev.inferscale.app.plane.ServeProgram;
import dev.inferscale.app.quickstart.QuickstartCommand;
import dev.inferscale.app.read.ReadCommand;
import dev.inferscale.launch.Launcher;
import java.util.Arrays;
import picocli.CommandLine;
import picocli.CommandLine.Command;

/// The command line. Exit status 0: fine, 1: failed, 2: wrong use.
@Command(
    name = "inferscale",
    description = "The signal plane for autoscaling LLM inference on Kubernetes.",
    subcommands = {
      QuickstartCommand.class,
      ReadCommand.class,
      TopCommand.class,
      ExplainCommand.class,
      DoctorCommand.class,
      HpaCommand.class,
      VersionCommand.class,
      CommandLine.HelpCommand.class
    },
    mixinStandardHelpOptions = true,
    versionProvider = VersionCommand.class,
    synopsisSubcommandLabel = "COMMAND",
    footer = {
      "",
      "Programs, each with its own --help:",
      "  serve       One signal plane: measures pools and answers the HPA and curl.",
      "  worker      An inference worker: serves a model and tells how busy it is.",
      "",
      "Start with: inferscale quickstart"
    })
public final class Inferscale {
  private Inferscale() {}

  public static void main(String[] args) {
    if (args.length > 0 && args[0].equals("serve")) {
      Launcher.run(Arrays.copyOfRange(args, 1, args.length), new ServeProgram());
    } else {
      System.exit(commandLine().execute(args.length == 0 ? new String[] {"help"} : args));
    }
  }

  static CommandLine commandLine() {
    return new CommandLine(new Inferscale());
  }
}
