package dev.inferscale.app.operate;

import dev.inferscale.app.hpa.Explanation;
import dev.inferscale.app.hpa.Explanation.Sight;
import dev.inferscale.app.hpa.Finding;
import dev.inferscale.app.hpa.Findings;
import dev.inferscale.app.hpa.Hpa;
import dev.inferscale.app.hpa.Hpa.Metric;
import dev.inferscale.app.operate.ClusterAccess.Cluster;
import dev.inferscale.app.operate.HpaSight.Target;
import java.io.PrintWriter;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/// `inferscale explain`.
@Command(
    name = "explain",
    description =
        "Show how a pool's signals come about, or what an HPA makes of them and what would change"
            + " it; with --server also what each pod behind the HPA's metrics said.",
    mixinStandardHelpOptions = true,
    footer = {
      "",
      "inferscale explain serving/chat-8b",
      "inferscale explain hpa/chat-8b -n serving"
    })
public final class ExplainCommand implements Callable<Integer> {
  private static final String HPA = "hpa/";

  @Mixin private final PlaneClient plane = new PlaneClient();
  @Mixin private final ClusterAccess access = new ClusterAccess();

  @Parameters(paramLabel = "POOL | hpa/NAME", description = "A pool of the plane, or an HPA.")
  private String subject = "";

  @Option(
      names = {"-n", "--namespace"},
      defaultValue = "default",
      description = "Where it is (default ${DEFAULT-VALUE}).")
  private String namespace = "default";

  @Spec private @Nullable CommandSpec spec;

  @Override
  public Integer call() throws InterruptedException {
    CommandSpec known = Objects.requireNonNull(spec);
    PrintWriter out = known.commandLine().getOut();
    try {
      List<String> lines =
          subject.startsWith(HPA)
              ? hpa(subject.substring(HPA.length()), asksPlane(known))
              : pool(known);
      lines.forEach(out::println);
      out.flush();
      return 0;
    } catch (CommandFault e) {
      known.commandLine().getErr().println("inferscale explain: " + e.sentence());
      return 1;
    }
  }

  private static boolean asksPlane(CommandSpec known) {
    return known.commandLine().getParseResult().hasMatchedOption("--server");
  }

  private List<String> pool(CommandSpec known) throws CommandFault, InterruptedException {
    String full = subject.indexOf('/') < 0 ? namespace + "/" + subject : subject;
    try {
      return PoolExplanation.lines(plane.explain(new PoolName.Converter().convert(full), ""));
    } catch (picocli.CommandLine.TypeConversionException e) {
      throw new ParameterException(known.commandLine(), subject + " " + e.getMessage());
    }
  }

  private List<String> hpa(String name, boolean asksPlane)
      throws CommandFault, InterruptedException {
    try (Cluster cluster = access.connect()) {
      HpaSight eyes = new HpaSight(cluster);
      HpaSamples samples = new HpaSamples(plane);
      Hpa hpa = eyes.one(namespace, name);
      Target target = eyes.target(hpa);
      List<Sight> sights = new ArrayList<>();
      for (Metric metric : hpa.metrics()) {
        Sight sight = eyes.sight(hpa, metric, target);
        // Through the API server there are only values; who names a plane sees what is behind them.
        sights.add(asksPlane ? new Sight(metric, sight.read(), samples.notes(hpa, metric)) : sight);
      }
      List<String> lines = new ArrayList<>(Explanation.lines(hpa, target.standing(), sights));
      for (Finding finding : findings(cluster, eyes, hpa, target)) {
        lines.add("warning   " + finding.subject() + ": " + finding.sentence());
      }
      return lines;
    }
  }

  private static List<Finding> findings(Cluster cluster, HpaSight eyes, Hpa hpa, Target target)
      throws CommandFault, InterruptedException {
    List<Hpa> same =
        eyes.all(hpa.namespace()).stream()
            .filter(other -> other.target().equals(hpa.target()))
            .toList();
    List<Findings.Scaler> others =
        Scalers.of(cluster, hpa.namespace()).owners().stream()
            .filter(other -> other.target().name().equals(hpa.target().name()))
            .toList();
    List<Finding> findings = new ArrayList<>(Findings.owners(same, others));
    HpaSight.Bounds bounds = eyes.bounds(hpa, target);
    findings.addAll(Findings.metrics(hpa, bounds.measured(), bounds.hold()));
    return findings;
  }
}
