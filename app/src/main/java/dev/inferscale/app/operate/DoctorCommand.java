package dev.inferscale.app.operate;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import dev.inferscale.app.operate.ClusterAccess.Cluster;
import dev.inferscale.app.operate.ClusterAccess.Reply;
import dev.inferscale.app.operate.Step.Verdict;
import java.io.PrintWriter;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Objects;
import java.util.TreeSet;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/// `inferscale doctor`.
@Command(
    name = "doctor",
    description =
        "Walk from the API registration to the scalers of a cluster and say, per step, fine or what"
            + " to do. Changes nothing.",
    mixinStandardHelpOptions = true,
    footer = {"", "Exit status: 0 nothing is wrong, 1 something is, 2 wrong use."})
public final class DoctorCommand implements Callable<Integer> {
  private static final String SCALED = "keda.sh/v1alpha1/scaledobjects";

  @Mixin private final ClusterAccess access = new ClusterAccess();

  @Option(
      names = {"-n", "--namespace"},
      description =
          "Only this namespace (default: all that have a ModelPool, an HPA or a ScaledObject).")
  private @Nullable String namespace;

  @Option(
      names = "--service",
      defaultValue = "inferscale",
      description = "Name of the plane's Service (default ${DEFAULT-VALUE}).")
  private String service = "inferscale";

  @Option(
      names = "--output",
      defaultValue = "text",
      description = "text or json (default ${DEFAULT-VALUE}).")
  private Output output = Output.text;

  @Spec private @Nullable CommandSpec spec;

  @Override
  public Integer call() throws InterruptedException {
    CommandSpec known = Objects.requireNonNull(spec);
    try (Cluster cluster = access.connect()) {
      List<Step> steps = steps(cluster);
      PrintWriter out = known.commandLine().getOut();
      if (output == Output.json) {
        out.println(json(steps));
      } else {
        steps.forEach(step -> out.println(line(step)));
        out.println(summary(steps));
      }
      out.flush();
      return steps.stream().anyMatch(step -> step.verdict() == Verdict.WRONG) ? 1 : 0;
    } catch (CommandFault e) {
      known.commandLine().getErr().println("inferscale doctor: " + e.sentence());
      return 1;
    }
  }

  private List<Step> steps(Cluster cluster) throws CommandFault, InterruptedException {
    List<Step> steps = new ArrayList<>();
    Reply version = cluster.get("/version");
    if (!version.good()) {
      throw new CommandFault("the API server does not answer: " + version.fault());
    }
    steps.add(Step.fine("apiserver", version.body().path("gitVersion").asText()));
    steps.addAll(new Registration(cluster, service, Instant.now()).steps());
    for (String each : namespaces(cluster)) {
      steps.add(Permission.step(cluster, each));
      steps.addAll(new PoolSteps(cluster, each).steps());
    }
    // Scalers of several namespaces dial one Service.
    return steps.stream().distinct().toList();
  }

  private List<String> namespaces(Cluster cluster) throws CommandFault, InterruptedException {
    String one = namespace;
    if (one != null) {
      return List.of(one);
    }
    TreeSet<String> found = new TreeSet<>();
    for (JsonNode hpa : cluster.items("/apis/autoscaling/v2/horizontalpodautoscalers?limit=500")) {
      found.add(hpa.path("metadata").path("namespace").asText());
    }
    for (String kind : List.of("inferscale.dev/v1alpha1/modelpools", SCALED)) {
      for (JsonNode item : cluster.get("/apis/" + kind + "?limit=500").body().path("items")) {
        found.add(item.path("metadata").path("namespace").asText());
      }
    }
    return List.copyOf(found);
  }

  private static String line(Step step) {
    String word =
        switch (step.verdict()) {
          case FINE -> "fine ";
          case NOTE -> "note ";
          case WRONG -> "WRONG";
        };
    return word + "  " + step.subject() + ": " + step.text();
  }

  private static String summary(List<Step> steps) {
    long wrong = steps.stream().filter(step -> step.verdict() == Verdict.WRONG).count();
    return wrong == 0
        ? "nothing is wrong in " + steps.size() + " steps"
        : wrong + " of " + steps.size() + " steps are wrong; begin with the first";
  }

  private static ArrayNode json(List<Step> steps) {
    ArrayNode array = new ObjectMapper().createArrayNode();
    for (Step step : steps) {
      array
          .addObject()
          .put("verdict", step.verdict().name().toLowerCase(Locale.ROOT))
          .put("subject", step.subject())
          .put("text", step.text());
    }
    return array;
  }
}
