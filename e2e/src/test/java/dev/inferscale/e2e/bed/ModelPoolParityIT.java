package dev.inferscale.e2e.bed;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.fasterxml.jackson.dataformat.yaml.YAMLMapper;
import dev.inferscale.e2e.bed.PoolsOnAServer.Refusal;
import dev.inferscale.signals.pool.ModelPoolResource;
import dev.inferscale.signals.pool.ModelPoolStatus;
import dev.inferscale.signals.pool.ModelPoolStatus.Condition;
import dev.inferscale.signals.profile.Profiles;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import net.jqwik.api.Tuple;
import net.jqwik.api.Tuple.Tuple2;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/// A real API server refuses the same pools as the reader, at the same path and in the same words.
/// Where it has words of its own, the cases stand in tables of their own here.
class ModelPoolParityIT {
  private static final ObjectMapper YAML = new YAMLMapper();

  private static final String ENDPOINTS =
      """
      apiVersion: inferscale.dev/v1alpha1
      kind: ModelPool
      metadata: {name: parity, namespace: default, labels: {team: a}, annotations: {note: b}}
      spec:
        model: acme/chat
        role: both
        source: {endpoints: [http://10.0.0.4:8000/metrics, 'https://b.example/metrics?x=1']}
        engine: vllm
        interval: 5s
        windows: {rates: 20s, latencies: 2m}
        scaleTargetRef: {apiVersion: apps/v1, kind: Deployment, name: chat-8b}
        traffic: bursty
        objectives: {timeToFirstToken: 2s, timePerOutputToken: 100ms, attainment: 0.95}
        capacity: {coldStart: 120s, minReplicas: 1, maxReplicas: 40, usdPerReplicaHour: 3.9}
        missing: {staleAfter: 12s, answer: hold, holdFor: 10m, minCoverage: 0.75}
      """;

  private static final String PODS =
      """
      apiVersion: inferscale.dev/v1alpha1
      kind: ModelPool
      metadata: {name: parity, namespace: default}
      spec:
        model: acme/chat
        source:
          pods:
            selector:
              matchLabels: {app: chat, example.com/tier: ""}
              matchExpressions: [{key: zone, operator: In, values: [a, b]}, {key: canary, operator: DoesNotExist}]
            ports: [8000, 8001]
            scheme: https
            path: /engine/metrics
            tls: {caSecretRef: {name: engine-ca, key: ca.crt}, insecureSkipVerify: false}
            bearerTokenSecretRef: {name: token, key: token}
      """;

  /// What is broken of which document: `path=value` in YAML, without a value for a key that is
  /// taken away.
  record Broken(String document, List<String> changes) {
    @Override
    public String toString() {
      return String.join(" ", changes);
    }
  }

  private static Broken endpoints(String... changes) {
    return new Broken(ENDPOINTS, List.of(changes));
  }

  private static Broken pods(String... changes) {
    return new Broken(PODS, List.of(changes));
  }

  static Stream<Broken> refusedInTheSameWords() {
    return Stream.of(
        endpoints("spec"),
        endpoints("spec.model"),
        endpoints("spec.model=' '"),
        endpoints("metadata.name=chat.x"),
        endpoints("spec.role=all"),
        endpoints("spec.role=Both"),
        endpoints("spec.role=''"),
        endpoints("spec.traffic=" + "spiky".repeat(20)),
        endpoints("spec.traffic=" + "\u00e4\ud83d\ude80".repeat(40)),
        endpoints("spec.front={}"),
        endpoints("spec.front={inferencePool: {name: chat}}"),
        endpoints("spec.front.endpoints=[]"),
        endpoints("spec.front.endpoints=['ftp://x/metrics', 'http://ok/']"),
        endpoints("spec.front={pods: {selector: {matchLabels: {app: g}}, ports: [1, 1]}}"),
        endpoints(
            "spec.front={endpoints: ['http://g/'], pods: {selector: {matchLabels: {app: g}}, ports:"
                + " [1]}}"),
        endpoints(
            "spec.front={pods: {selector: {matchLabels: {app: g}}, ports: [1], tls: {}, scheme:"
                + " http}}"),
        endpoints("spec.interval='2'"),
        endpoints("spec.interval=1h30m"),
        endpoints("spec.interval=1000000h"),
        endpoints("spec.interval=999999999s"),
        endpoints("spec.interval=999ms"),
        endpoints("spec.interval=61s"),
        endpoints("spec.windows.rates=9999ms"),
        endpoints("spec.windows.rates=16m"),
        endpoints("spec.windows.rates=soon", "spec.interval"),
        endpoints("spec.windows.latencies=1s", "spec.interval=1500ms"),
        endpoints("spec.windows.latencies=1s", "spec.interval=45s"),
        endpoints("spec.windows.latencies=1s", "spec.interval=60s"),
        endpoints("spec.windows.latencies=1s", "spec.interval=fast"),
        endpoints("spec.missing.staleAfter=1s", "spec.interval=1251ms"),
        endpoints("spec.scaleTargetRef={}"),
        endpoints("spec.scaleTargetRef.kind=' '"),
        endpoints("spec.objectives.timeToFirstToken=0s"),
        endpoints("spec.objectives.timePerOutputToken=61m"),
        endpoints("spec.objectives.attainment=1"),
        endpoints("spec.objectives.attainment=0.123"),
        endpoints("spec.objectives.attainment=-7"),
        endpoints("spec.capacity.coldStart='10'"),
        endpoints("spec.capacity.coldStart=0s"),
        endpoints("spec.capacity.minReplicas=41"),
        endpoints("spec.capacity.minReplicas=-1"),
        endpoints("spec.capacity.minReplicas=5000000000", "spec.capacity.maxReplicas"),
        endpoints("spec.capacity.minReplicas", "spec.capacity.maxReplicas=0"),
        endpoints("spec.capacity.usdPerReplicaHour=-0.5"),
        endpoints("spec.capacity.usdPerReplicaHour=2000000"),
        endpoints("spec.missing.answer=guess"),
        endpoints("spec.missing.holdFor=2h"),
        endpoints("spec.missing.minCoverage=0.25"),
        endpoints("spec.source"),
        endpoints("spec.source={}"),
        endpoints("spec.source={inferencePool: {name: chat}}"),
        endpoints("spec.source={prometheus: {url: 'http://p'}}"),
        endpoints("spec.source.pods={selector: {matchLabels: {app: c}}, ports: [1]}"),
        endpoints("spec.source.endpoints=[]"),
        endpoints("spec.source.endpoints=['ftp://x/metrics', 'http://ok/', 'http:///m', x, '']"),
        endpoints("spec.source.endpoints=['http://a:65536/m', 'http://a_b/m', 'http://a/m#x']"),
        endpoints("spec.source.endpoints=['http://256.1.1.1/m', 'http://1.2.3/', 'http://a/%zz']"),
        endpoints("spec.source.endpoints=['http://me:hunter2@a/m', 'gopher://me:hunter2@a/m']"),
        endpoints("spec.source.endpoints=['me:hunter2@a', 'http//a?token=hunter2']"),
        pods("spec.source.pods={}"),
        pods("spec.source.pods.selector"),
        pods("spec.source.pods.selector={}"),
        pods("spec.source.pods.selector={matchLabels: {}}"),
        pods("spec.source.pods.selector={matchExpressions: []}"),
        pods("spec.source.pods.selector={matchLabels: {'a b': c}}"),
        pods("spec.source.pods.selector={matchLabels: {app: a b}}"),
        pods("spec.source.pods.selector={matchExpressions: [{}]}"),
        pods("spec.source.pods.selector={matchExpressions: [{key: '-a', operator: Exists}]}"),
        pods("spec.source.pods.selector={matchExpressions: [{key: a, operator: in, values: [b]}]}"),
        pods("spec.source.pods.selector={matchExpressions: [{key: a, operator: ''}]}"),
        pods("spec.source.pods.selector={matchExpressions: [{key: a, operator: In}]}"),
        pods(
            "spec.source.pods.selector={matchExpressions: [{key: a, operator: NotIn, values: []}]}"),
        pods(
            "spec.source.pods.selector={matchExpressions: [{key: a, operator: Exists, values: [b]}]}"),
        pods(
            "spec.source.pods.selector={matchExpressions: [{key: a, operator: In, values: ['b/']}]}"),
        pods("spec.source.pods.ports"),
        pods("spec.source.pods.ports=[]"),
        pods("spec.source.pods.ports=[0, 65536]"),
        pods("spec.source.pods.ports=[8000, 8000]"),
        pods("spec.source.pods.scheme=ftp"),
        pods("spec.source.pods.scheme=http"),
        pods("spec.source.pods.path=metrics"),
        pods("spec.source.pods.path='/a b'"),
        pods("spec.source.pods.path='/a?b'"),
        pods("spec.source.pods.tls.insecureSkipVerify=true"),
        pods("spec.source.pods.tls.caSecretRef={}"),
        pods("spec.source.pods.tls.caSecretRef={name: A, key: a/b}"),
        pods("spec.source.pods.bearerTokenSecretRef={name: ' ', key: k}"),
        // Several at once.
        endpoints("spec.model", "spec.interval=0s", "spec.capacity.minReplicas=99", "spec.role=x"));
  }

  @ParameterizedTest
  @MethodSource
  void refusedInTheSameWords(Broken broken) {
    JsonNode pool = broken(broken);

    assertThat(server(pool)).isNotEmpty().containsExactlyInAnyOrderElementsOf(reader(pool));
  }

  /// The schema's own checks come before its rules: the API server names the same key in its own
  /// words, and then checks no rule.
  static Stream<Broken> refusedInTheServersOwnWords() {
    return Stream.of(
        // Another type of JSON.
        endpoints("spec=3"),
        endpoints("spec.model=[a]"),
        endpoints("spec.role=[both]"),
        endpoints("spec.interval=2"),
        endpoints("spec.windows=15s"),
        endpoints("spec.capacity.minReplicas=1.5"),
        endpoints("spec.capacity.minReplicas=2.0"),
        endpoints("spec.capacity.minReplicas='1'"),
        endpoints("spec.missing.minCoverage=high"),
        endpoints("spec.source.endpoints=http://a/metrics"),
        endpoints("spec.source.endpoints=[1]"),
        pods("spec.source.pods.ports=[http]"),
        pods("spec.source.pods.tls.insecureSkipVerify='yes'"),
        pods("spec.source.pods.selector.matchLabels=app"),
        pods("spec.source.pods.selector.matchLabels={app: 1}"),
        pods("spec.source.pods.selector.matchExpressions={key: a}"),
        // Too much of it.
        endpoints("spec.model=" + "m".repeat(257)),
        endpoints("spec.role=" + "r".repeat(257)),
        endpoints("spec.source.endpoints=[http://a/" + "m".repeat(256) + "]"),
        pods("spec.source.pods.path=/" + "m".repeat(256)),
        pods("spec.source.pods.ports=" + numbers(17)),
        pods(
            "spec.source.pods.selector.matchExpressions="
                + "["
                + "{key: a, operator: Exists},".repeat(33)
                + "]"),
        // A message has one line, so it cannot show a text of several.
        endpoints("spec.role=\"a\\nb\""),
        // A set holds each item once.
        endpoints("spec.source.endpoints=[http://a/m, http://a/m]"));
  }

  @ParameterizedTest
  @MethodSource
  void refusedInTheServersOwnWords(Broken broken) {
    JsonNode pool = broken(broken);

    List<String> paths = server(pool).stream().map(Refusal::path).distinct().toList();

    assertThat(paths).isNotEmpty();
    assertThat(reader(pool))
        .isNotEmpty()
        .allSatisfy(fault -> assertThat(paths).anyMatch(path -> fault.path().startsWith(path)));
  }

  static Stream<Broken> unknownKeys() {
    return Stream.of(
        endpoints("intervall=2s"),
        endpoints("spec.intervall=2s"),
        endpoints("spec.missing.staleafter=10s"),
        pods("spec.source.pods.port=8000"),
        pods("spec.source.pods.selector.matchExpressions=[{key: a, operator: Exists, value: b}]"));
  }

  /// With strict validation, which is what kubectl asks for.
  @ParameterizedTest
  @MethodSource
  void unknownKeys(Broken broken) {
    JsonNode pool = broken(broken);
    Refusal fault = reader(pool).getFirst();

    assertThat(fault.sentence()).startsWith("unknown key");
    assertThat(PoolsOnAServer.get().message(pool))
        .contains("unknown field \"" + fault.path() + "\"");
  }

  static Stream<Broken> judgedByThePlaneAlone() {
    return Stream.of(
        // Which profiles there are, and which hosts are allowed, is the operator's configuration.
        endpoints("spec.engine=vlm"),
        endpoints("spec.source.endpoints=[http://forbidden.example/metrics]"),
        // CEL counts colons badly.
        endpoints("spec.source.endpoints=['http://[:::]/metrics']"));
  }

  @ParameterizedTest
  @MethodSource
  void judgedByThePlaneAlone(Broken broken) {
    JsonNode pool = broken(broken);

    assertThat(server(pool)).isEmpty();
    assertThat(reader(pool)).isNotEmpty();
  }

  static Stream<Broken> takenByBoth() {
    return Stream.of(
        endpoints(),
        pods(),
        endpoints("spec.role", "spec.windows", "spec.missing", "spec.capacity", "spec.objectives"),
        endpoints("spec.interval=~", "spec.traffic=~", "spec.scaleTargetRef=~"),
        endpoints("spec.interval=001s"),
        endpoints("status={engine: vllm}"));
  }

  /// The second time with the API server's defaults and metadata filled in.
  @ParameterizedTest
  @MethodSource
  void takenByBoth(Broken broken) {
    JsonNode pool = broken(broken);
    JsonNode stored = PoolsOnAServer.get().accepted(pool);

    assertThat(reader(pool)).isEmpty();
    assertThat(stored.at("/spec/missing/minCoverage").isNumber()).isTrue();
    assertThat(read(stored)).isEqualTo(read(pool));
  }

  @Test
  void aStatusIsStoredAsThePlaneWritesIt() {
    Instant now = Instant.parse("2026-11-27T10:00:00Z");
    JsonNode status =
        new ModelPoolStatus(
                1,
                List.of(
                    new Condition(Condition.Type.READY, Condition.Truth.TRUE, "Serving", "", now)),
                new ModelPoolStatus.Targets(2, 3),
                "vllm",
                "vllm",
                new ModelPoolStatus.Replicas(3, 2, 1),
                List.of(
                    new ModelPoolStatus.Value(
                        "inference_tokens_in_flight", 12_345_678, "exact", now),
                    new ModelPoolStatus.Value("inference_ttft_seconds", 0.25, "derived", now)))
            .json();

    assertThat(PoolsOnAServer.get().storedStatus(parse(PODS), status).toString())
        .satisfies(stored -> assertThat(parse(stored)).isEqualTo(parse(status.toString())));
  }

  /// One key of a good pool with any value: the two agree, or the value is of another type, which
  /// the API server says first, or a number, which the reader takes for a text.
  @Property(tries = 400)
  void whateverAKeyHolds(@ForAll("changes") Tuple2<Boolean, String> change) {
    JsonNode pool = broken(new Broken(change.get1() ? ENDPOINTS : PODS, List.of(change.get2())));
    List<Refusal> refusals = server(pool);
    List<Refusal> faults = reader(pool);

    if (refusals.stream().anyMatch(Refusal::isOfTheSchema)) {
      boolean number = pool.at(pointer(change.get2())).isNumber();
      assertThat(number || !faults.isEmpty()).isTrue();
    } else {
      assertThat(refusals).containsExactlyInAnyOrderElementsOf(faults);
    }
  }

  @Provide
  Arbitrary<Tuple2<Boolean, String>> changes() {
    Arbitrary<String> text =
        Arbitraries.strings()
            .withCharRange(' ', '~')
            .ofMaxLength(80)
            .map(ModelPoolParityIT::quoted);
    Arbitrary<String> duration =
        Arbitraries.integers()
            .between(0, 4000)
            .flatMap(n -> Arbitraries.of("ms", "s", "m", "h").map(unit -> n + unit));
    Arbitrary<String> number =
        Arbitraries.oneOf(
            Arbitraries.integers().map(String::valueOf),
            Arbitraries.doubles().between(-10, 10).ofScale(3).map(String::valueOf));
    Arbitrary<String> other =
        Arbitraries.of("true", "null", "[]", "{}", "[a]", "{a: b}", "http", "vllm", "hold", "[1]");
    Arbitrary<String> value = Arbitraries.oneOf(text, duration, number, other);
    return Arbitraries.of(true, false)
        .flatMap(first ->
            Arbitraries.of(leaves(first ? ENDPOINTS : PODS))
                .flatMap(path -> value.map(each -> Tuple.of(first, path + "=" + each))));
  }

  private static String quoted(String text) {
    return "'" + text.replace("'", "''") + "'";
  }

  /// Every key below `spec` of a document, but for the engine, which the plane alone judges.
  private static List<String> leaves(String document) {
    List<String> paths = new ArrayList<>();
    collect(parse(document).path("spec"), "spec", paths);
    paths.remove("spec.engine");
    return paths;
  }

  private static void collect(JsonNode node, String path, List<String> paths) {
    for (var entry : node.properties()) {
      String at = path + "." + entry.getKey();
      if (!path.endsWith("matchLabels")) {
        paths.add(at);
        collect(entry.getValue(), at, paths);
      }
    }
  }

  private static List<Refusal> server(JsonNode pool) {
    return PoolsOnAServer.get().refusals(pool);
  }

  private static List<Refusal> reader(JsonNode pool) {
    return read(pool).faults().stream()
        .map(fault -> new Refusal(fault.path(), fault.problem(), false))
        .toList();
  }

  private static ModelPoolResource read(JsonNode pool) {
    return ModelPoolResource.read(
        pool, Profiles.bundled().names(), page -> !"forbidden.example".equals(page.getHost()));
  }

  private static JsonNode broken(Broken broken) {
    ObjectNode document = (ObjectNode) parse(broken.document());
    for (String change : broken.changes()) {
      String[] sides = change.split("=", 2);
      String[] path = sides[0].split("\\.", -1);
      ObjectNode section = document;
      for (int i = 0; i < path.length - 1; i++) {
        section = section.withObjectProperty(path[i]);
      }
      if (sides.length == 1) {
        section.remove(path[path.length - 1]);
      } else {
        section.set(path[path.length - 1], parse(sides[1]));
      }
    }
    return document;
  }

  private static String pointer(String change) {
    return "/" + change.split("=", 2)[0].replace('.', '/');
  }

  private static String numbers(int most) {
    return Stream.iterate(1, n -> n + 1).limit(most).toList().toString();
  }

  private static JsonNode parse(String yaml) {
    try {
      return YAML.readTree(yaml);
    } catch (JsonProcessingException e) {
      throw new AssertionError(yaml, e);
    }
  }
}
