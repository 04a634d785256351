package dev.inferscale.app.act;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.MissingNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.fasterxml.jackson.dataformat.yaml.YAMLMapper;
import dev.inferscale.app.act.outbox.Clock;
import dev.inferscale.signals.EnginePages;
import dev.inferscale.signals.discover.ResourceWatch.Resource;
import dev.inferscale.signals.exposition.Limits;
import dev.inferscale.signals.pool.ModelPool;
import dev.inferscale.signals.pool.ModelPoolResource;
import dev.inferscale.signals.pool.PoolId;
import dev.inferscale.signals.pool.PoolTargets;
import dev.inferscale.signals.pool.PoolsFile;
import dev.inferscale.signals.pool.Replicas;
import dev.inferscale.signals.pool.Target;
import dev.inferscale.signals.profile.Profiles;
import dev.inferscale.signals.snapshot.Snapshot;
import dev.inferscale.signals.snapshot.Windows;
import dev.inferscale.signals.window.FetchFault;
import dev.inferscale.signals.window.Outcome;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.stream.IntStream;

/// One ModelPool `serving/chat` in a cluster, and what a plane measures of it.
public final class Cluster {
  static final Instant START = Clock.START;
  static final PoolId ID = new PoolId("serving", "chat");

  static final String GOOD =
      """
      model: acme/chat-9b
      source: {pods: {selector: {matchLabels: {app: chat}}, ports: [8000]}}
      scaleTargetRef: {apiVersion: apps/v1, kind: Deployment, name: chat}
      """;

  private static final EnginePages PAGES = new EnginePages(Profiles.bundled(), Limits.DEFAULTS);

  private final Windows windows = new Windows();

  /// The resource as somebody has written it.
  static Resource resource(String spec, long generation) {
    return resource(spec, generation, MissingNode.getInstance(), "v" + generation);
  }

  /// With a status that stands in it.
  static Resource resource(String spec, long generation, JsonNode status, String version) {
    ObjectNode document = tree("{apiVersion: inferscale.dev/v1alpha1, kind: ModelPool}");
    document.putObject("metadata").put("namespace", ID.namespace()).put("name", ID.name());
    document.set("spec", tree(spec));
    ModelPoolResource said = ModelPoolResource.read(document, PAGES.engines(), _ -> true);
    ModelPool pool = said.pool();
    PoolsFile read = new PoolsFile(pool == null ? List.of() : List.of(pool), said.faults());
    return new Resource(ID, "uid-1", generation, version, status, read, START);
  }

  public static ObjectNode tree(String yaml) {
    try {
      return (ObjectNode) new YAMLMapper().readTree(yaml);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /// What is measured when targets tell so many running and waiting requests.
  Snapshot answering(String spec, Instant at, int targets, int running, int waiting) {
    ModelPool pool = resource(spec, 1).read().pools().getFirst();
    return fold(pool, targets, at, target -> page(pool, target, running, waiting, at));
  }

  /// All targets but the first are silent.
  Snapshot withOnlyOneAnswering(String spec, Instant at, int targets) {
    ModelPool pool = resource(spec, 1).read().pools().getFirst();
    return fold(
        pool,
        targets,
        at,
        target ->
            target.name().equals("chat-0")
                ? page(pool, target, 1, 0, at)
                : new Outcome.Failed(target, FetchFault.UNREACHABLE, "connection refused", at));
  }

  /// Nobody answers.
  Snapshot silent(String spec, Instant at, int targets) {
    ModelPool pool = resource(spec, 1).read().pools().getFirst();
    return fold(
        pool,
        targets,
        at,
        target -> new Outcome.Failed(target, FetchFault.UNREACHABLE, "connection refused", at));
  }

  /// Nobody has been asked.
  Snapshot unasked(String spec, Instant at, int targets) {
    ModelPool pool = resource(spec, 1).read().pools().getFirst();
    return windows.fold(List.of(), List.of(targets(pool, targets, at)), at);
  }

  /// No pool at all.
  static Snapshot empty(Instant at) {
    return new Windows().fold(List.of(), List.of(), at);
  }

  private Snapshot fold(
      ModelPool pool,
      int targets,
      Instant at,
      java.util.function.Function<Target, Outcome> outcome) {
    PoolTargets listed = targets(pool, targets, at);
    List<Outcome> outcomes = new ArrayList<>();
    listed.targets().forEach(target -> outcomes.add(outcome.apply(target)));
    return windows.fold(outcomes, List.of(listed), at);
  }

  private static PoolTargets targets(ModelPool pool, int count, Instant at) {
    List<Target> targets =
        IntStream.range(0, count)
            .mapToObj(
                i -> new Target(ID, "chat-" + i, URI.create("http://127.0.0." + (i + 1) + "/")))
            .toList();
    Replicas replicas =
        new Replicas(
            new Replicas.Count.Known(count, at),
            new Replicas.Count.Known(count, at),
            new Replicas.Count.Known(0, at));
    return new PoolTargets(pool, "acme_chat-9b", targets, Set.of(), null, replicas);
  }

  private static Outcome page(ModelPool pool, Target target, int running, int waiting, Instant at) {
    String page =
        """
        # TYPE vllm:num_requests_running gauge
        vllm:num_requests_running{model_name="acme/chat-9b"} %d
        # TYPE vllm:num_requests_waiting gauge
        vllm:num_requests_waiting{model_name="acme/chat-9b"} %d
        """
            .formatted(running, waiting);
    return PAGES.read(
        pool,
        target,
        page.getBytes(StandardCharsets.UTF_8),
        "text/plain",
        at.minus(Duration.ofMillis(100)));
  }

  private Cluster() {}

  static Cluster create() {
    return new Cluster();
  }
}
