package dev.inferscale.signals.pool;

import static org.assertj.core.api.Assertions.assertThat;

import dev.inferscale.signals.pool.ModelPool.Capacity;
import dev.inferscale.signals.pool.ModelPool.Objectives;
import dev.inferscale.signals.pool.ModelPool.Role;
import dev.inferscale.signals.pool.ModelPool.ScaleTarget;
import dev.inferscale.signals.pool.ModelPool.Traffic;
import dev.inferscale.signals.pool.ModelPool.WhenMissing;
import dev.inferscale.signals.pool.ModelPool.WindowLengths;
import java.net.URI;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class PoolsFileTest {
  private static final String SMALLEST =
      """
      apiVersion: inferscale.dev/v1alpha1
      kind: ModelPool
      metadata: {name: chat}
      spec:
        model: acme/chat
        source: {endpoints: [http://127.0.0.1:8000/metrics]}
      """;

  private static List<String> faults(String yaml) {
    return PoolsFile.parse(yaml).faults().stream().map(PoolFault::sentence).toList();
  }

  /// The smallest pool with further lines of its spec.
  private static List<String> faultsOf(String line) {
    return faults(SMALLEST + "  " + line + "\n");
  }

  private static ModelPool only(String yaml) {
    PoolsFile file = PoolsFile.parse(yaml);
    assertThat(file.faults()).isEmpty();
    assertThat(file.pools()).hasSize(1);
    return file.pools().getFirst();
  }

  @Test
  void everyKeyIsRead() {
    ModelPool pool =
        only(
            """
            apiVersion: inferscale.dev/v1alpha1
            kind: ModelPool
            metadata: {name: chat-8b, namespace: serving}
            spec:
              model: meta-llama/Llama-3.1-8B-Instruct
              role: decode
              source: {endpoints: [http://a:8000/metrics, https://b/metrics]}
              engine: vllm
              interval: 5s
              windows: {rates: 20s, latencies: 2m}
              scaleTargetRef: {apiVersion: apps/v1, kind: Deployment, name: chat-8b}
              traffic: bursty
              objectives: {timeToFirstToken: 2s, timePerOutputToken: 100ms, attainment: 0.95}
              capacity: {coldStart: 120s, minReplicas: 0, maxReplicas: 40, usdPerReplicaHour: 3.9}
              missing: {staleAfter: 12s, answer: hold, holdFor: 10m, minCoverage: 0.75}
            """);

    assertThat(pool)
        .isEqualTo(
            new ModelPool(
                new PoolId("serving", "chat-8b"),
                "meta-llama/Llama-3.1-8B-Instruct",
                Role.DECODE,
                new ModelPool.Endpoints(
                    List.of(URI.create("http://a:8000/metrics"), URI.create("https://b/metrics"))),
                null,
                "vllm",
                Duration.ofSeconds(5),
                new WindowLengths(Duration.ofSeconds(20), Duration.ofMinutes(2)),
                new ScaleTarget("apps/v1", "Deployment", "chat-8b"),
                Traffic.BURSTY,
                new Objectives(Duration.ofSeconds(2), Duration.ofMillis(100), 0.95),
                new Capacity(Duration.ofSeconds(120), 0, 40, 3.9),
                new WhenMissing(
                    Duration.ofSeconds(12), WhenMissing.Rule.HOLD, Duration.ofMinutes(10), 0.75)));
  }

  @Test
  void whatIsNotWrittenHasADefault() {
    ModelPool pool = only(SMALLEST);

    assertThat(pool.id()).isEqualTo(new PoolId("default", "chat"));
    assertThat(pool.role()).isEqualTo(Role.BOTH);
    assertThat(pool.engine()).isEqualTo("auto");
    assertThat(pool.interval()).isEqualTo(Duration.ofSeconds(2));
    assertThat(pool.windows())
        .isEqualTo(new WindowLengths(Duration.ofSeconds(15), Duration.ofSeconds(60)));
    assertThat(pool.scaleTarget()).isNull();
    assertThat(pool.traffic()).isEqualTo(Traffic.STEADY);
    assertThat(pool.objectives()).isEqualTo(new Objectives(null, null, 0.99));
    assertThat(pool.capacity()).isEqualTo(new Capacity(null, 1, null, null));
    assertThat(pool.missing())
        .isEqualTo(
            new WhenMissing(
                Duration.ofSeconds(10), WhenMissing.Rule.ERROR, Duration.ofMinutes(5), 0.9));
  }

  @Test
  void aSlowPoolGetsDefaultsThatFitItsInterval() {
    ModelPool pool = only(SMALLEST + "  interval: 60s\n");

    assertThat(pool.windows().rates()).isEqualTo(Duration.ofMinutes(3));
    assertThat(pool.missing().staleAfter()).isEqualTo(Duration.ofMinutes(3));
  }

  @Test
  void allFaultsAreReportedAtOnceWithPathValueAndWhatIsRight() {
    assertThat(
            faults(
                """
                apiVersion: inferscale.dev/v1
                kind: ModelPool
                metadata: {name: chat, namespace: serving}
                spec:
                  modle: acme/chat
                  source: {endpoints: [ftp://x/metrics]}
                  intervall: 2s
                  traffic: spiky
                  missing: {staleAfter: 1s, minCoverage: 90}
                  capacity: {minReplicas: 9, maxReplicas: 4}
                """))
        .containsExactlyInAnyOrder(
            "document 1 (serving/chat): apiVersion: is 'inferscale.dev/v1' but must be"
                + " inferscale.dev/v1alpha1",
            "document 1 (serving/chat): spec.model: is missing; name the model that the pool serves",
            "document 1 (serving/chat): spec.modle: unknown key; did you mean model?",
            "document 1 (serving/chat): spec.source.endpoints[0]: is 'ftp://x/metrics' but must be a"
                + " URL such as http://127.0.0.1:8000/metrics",
            "document 1 (serving/chat): spec.intervall: unknown key; did you mean interval?",
            "document 1 (serving/chat): spec.traffic: is 'spiky' but must be one of steady, bursty,"
                + " batch",
            "document 1 (serving/chat): spec.missing.staleAfter: is '1s' but must be from 4s to 15m",
            "document 1 (serving/chat): spec.missing.minCoverage: is '90' but must be a number from"
                + " 0.5 to 1.0",
            "document 1 (serving/chat): spec.capacity.minReplicas: is 9 but must be at most"
                + " maxReplicas, 4");
  }

  @Test
  void unitsAreNotGuessed() {
    assertThat(faultsOf("interval: 2"))
        .containsExactly(
            "document 1 (default/chat): spec.interval: is '2' but must be a duration such as 2s,"
                + " 500ms or 5m, from 1s to 1m");
  }

  @Test
  void sourcesOfLaterVersionsAreRefusedInOneSentenceEach() {
    assertThat(faultsOf("front: {inferencePool: {name: chat}, endpoints: [http://g/metrics]}"))
        .singleElement()
        .asString()
        .contains("spec.front.inferencePool: is not served by this version");
    assertThat(faults(from("prometheus: {url: http://p}")))
        .first()
        .asString()
        .contains("spec.source.prometheus: is not served by this version");
  }

  @Test
  void aFrontTakesWhatASourceTakes() {
    assertThat(only(SMALLEST).front()).isNull();
    assertThat(only(SMALLEST + "  front: {endpoints: [http://g:8088/metrics]}\n").front())
        .isEqualTo(new ModelPool.Endpoints(List.of(URI.create("http://g:8088/metrics"))));
    ModelPool picked =
        only(
            SMALLEST
                + "  front: {pods: {selector: {matchLabels: {app: epp}}, ports: [9090],"
                + " bearerTokenSecretRef: {name: epp, key: token}}}\n");
    assertThat(picked.front()).isInstanceOf(ModelPool.Pods.class);
    assertThat(picked.warnings())
        .singleElement()
        .asString()
        .startsWith("front.pods.bearerTokenSecretRef: over http");
  }

  @Test
  void aFrontThatSaysNothingOrTooMuchIsRefused() {
    assertThat(faultsOf("front: {}"))
        .containsExactly(
            "document 1 (default/chat): spec.front.endpoints: is missing; list metrics pages, such as"
                + " http://127.0.0.1:8000/metrics, or select pods");
    assertThat(faultsOf("front: {endpoints: ['http://127.0.0.1:8000/metrics']}"))
        .containsExactly(
            "document 1 (default/chat): spec.front.endpoints[0]: is a page of source too; what waits"
                + " there would count twice");
  }

  /// The smallest document with another source.
  private static String from(String source) {
    return SMALLEST.replace("endpoints: [http://127.0.0.1:8000/metrics]", source);
  }

  @Test
  void podsAreSelectedAsKubernetesDoes() {
    assertThat(
            only(from(
                    """
                    pods: {selector: {matchLabels: {app: chat-8b, example.com/tier: ""},
                      matchExpressions: [{key: canary, operator: DoesNotExist}, {key: zone, operator: In, values: [a, b]}]},
                      ports: [8000, 8001], scheme: https, path: /engine/metrics,
                      tls: {caSecretRef: {name: engine-ca, key: ca.crt}}, bearerTokenSecretRef: {name: t, key: token}}
                    """))
                .source())
        .isEqualTo(
            new ModelPool.Pods(
                new ModelPool.PodSelector(
                    Map.of("app", "chat-8b", "example.com/tier", ""),
                    List.of(
                        new ModelPool.Expression(
                            "canary", ModelPool.Expression.Operator.DOES_NOT_EXIST, List.of()),
                        new ModelPool.Expression(
                            "zone", ModelPool.Expression.Operator.IN, List.of("a", "b")))),
                List.of(8000, 8001),
                "https",
                "/engine/metrics",
                new ModelPool.Tls(new ModelPool.SecretKey("engine-ca", "ca.crt"), false),
                new ModelPool.SecretKey("t", "token")));
    assertThat(only(from("pods: {selector: {matchLabels: {app: chat}}, ports: [8000]}")).source())
        .isEqualTo(
            new ModelPool.Pods(
                new ModelPool.PodSelector(Map.of("app", "chat"), List.of()),
                List.of(8000),
                "http",
                "/metrics",
                new ModelPool.Tls(null, false),
                null));
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "pods: {}, endpoints: [http://a/metrics]"
            + " | source.endpoints: cannot stand beside pods: a pool has one source",
        "pods: {ports: [1]} | source.pods.selector.matchLabels: is missing; name the pods' labels,"
            + " such as {app: chat}",
        "pods: {selector: {matchLabels: {}}, ports: [1]} | source.pods.selector.matchLabels: is"
            + " missing; name the pods' labels, such as {app: chat}",
        "pods: {selector: {matchLabels: {app: c}}} | source.pods.ports: is missing; list the port of"
            + " the metrics page, such as 8000",
        "pods: {selector: {matchLabels: {app: c}}, ports: [0]} | source.pods.ports[0]: is '0' but"
            + " must be a whole number from 1 to 65535",
        "pods: {selector: {matchLabels: {app: c}}, ports: [8, 8]} | source.pods.ports: lists a port"
            + " twice",
        "pods: {selector: {matchLabels: {app: a b}}, ports: [8]} | source.pods.selector.matchLabels"
            + ".app: is 'a b', which no label can hold",
        "pods: {selector: {matchLabels: {app: 1}}, ports: [8]} | source.pods.selector.matchLabels"
            + ".app: is '1' but must be a text",
        "pods: {selector: {matchExpressions: [{key: a, operator: in, values: [b]}]}, ports: [8]} |"
            + " source.pods.selector.matchExpressions[0].operator: is 'in' but must be one of In,"
            + " NotIn, Exists, DoesNotExist",
        "pods: {selector: {matchExpressions: [{key: a, operator: In}]}, ports: [8]} |"
            + " source.pods.selector.matchExpressions[0].values: is missing; In needs one",
        "pods: {selector: {matchLabels: {app: c}}, ports: [8], path: metrics} | source.pods.path: is"
            + " 'metrics' but must be a path such as /metrics",
        "pods: {selector: {matchLabels: {app: c}}, ports: [8], scheme: ftp} | source.pods.scheme: is"
            + " 'ftp' but must be one of http, https",
        "pods: {selector: {matchLabels: {app: c}}, ports: [8], tls: {insecureSkipVerify: true}} |"
            + " source.pods.tls: needs scheme: https",
        "pods: {selector: {matchExpressions: []}, ports: [8]} | source.pods.selector.matchLabels: is"
            + " missing; name the pods' labels, such as {app: chat}",
        "pods: {selector: {matchLabels: {a b: c}}, ports: [8]} | source.pods.selector.matchLabels: is"
            + " no label that a pod can have: 'a b'",
        "pods: {selector: {matchLabels: {app: c}}, ports: [8], tls: {insecureSkipVerify: true,"
            + " caSecretRef: {name: a, key: b}}} | source.pods.tls.insecureSkipVerify: cannot stand"
            + " beside caSecretRef: nothing would be checked",
        "endpoints: ['http://[:::]/m'] | source.endpoints[0]: is no URL: Expected hex digits or IPv4"
            + " address",
        "endpoints: ['http://a/m', 'http://A/m'] | source.endpoints[1]: is listed twice",
        "endpoints: ['http://256.1.1.1/m'] | source.endpoints[0]: is 'http://256.1.1.1/m' but must be"
            + " a URL such as http://127.0.0.1:8000/metrics",
        "endpoints: [] | source.endpoints: is empty; list metrics pages, such as"
            + " http://127.0.0.1:8000/metrics",
      })
  void aSourceThatCannotBeAskedIsRefusedByItsKey(String source, String fault) {
    assertThat(faults(from(source))).contains("document 1 (default/chat): spec." + fault);
  }

  @Test
  void anEngineThatNobodyKnowsIsRefusedWithTheNearestName() {
    PoolsFile file =
        PoolsFile.parse(SMALLEST + "  engine: vlm\n", List.of("inference-worker", "vllm"));

    assertThat(file.faults())
        .extracting(PoolFault::problem)
        .containsExactly(
            "is 'vlm' but must be auto or one of inference-worker, vllm; did you mean vllm?");
  }

  @Test
  void passwordsInUrlsAreRefusedAndNeverShown() {
    assertThat(faults(SMALLEST.replace("http://", "http://me:hunter2@")))
        .singleElement()
        .asString()
        .contains("user name or password")
        .doesNotContain("hunter2");
    assertThat(faults(SMALLEST.replace("http://", "gopher://me:hunter2@")))
        .singleElement()
        .asString()
        .doesNotContain("hunter2");
  }

  @Test
  void whatMayHoldASecretIsNotShown() {
    assertThat(faults(from("endpoints: ['http//a?token=hunter2', 'me:hunter2@a']")))
        .hasSize(2)
        .allSatisfy(fault -> assertThat(fault).contains("a text that may hold a secret but must"));
  }

  @Test
  void whatFollowsFromABadIntervalIsNotJudged() {
    assertThat(faultsOf("interval: 90s\n  windows: {rates: 1s}"))
        .containsExactly(
            "document 1 (default/chat): spec.interval: is '90s' but must be from 1s to 1m");
  }

  @Test
  void aQuotedValueIsCutBetweenCharacters() {
    assertThat(faultsOf("traffic: " + "\ud83d\ude80".repeat(65)))
        .singleElement()
        .asString()
        .contains("'" + "\ud83d\ude80".repeat(64) + "...'");
  }

  @Test
  void aBadPoolDoesNotCostTheOthers() {
    PoolsFile file =
        PoolsFile.parse(
            "# pools\n---\n"
                + SMALLEST
                + "---\nspec: {unclosed\n---\n"
                + SMALLEST.replace("name: chat", "name: other")
                + "---\n");

    assertThat(file.pools()).extracting(pool -> pool.id().name()).containsExactly("chat", "other");
    assertThat(file.faults()).hasSize(1);
    assertThat(file.faults().getFirst().sentence())
        .startsWith("document 2: is no valid YAML in line 1");
  }

  @Test
  void aTakenNameIsRefused() {
    PoolsFile file = PoolsFile.parse(SMALLEST + "---\n" + SMALLEST);

    assertThat(file.pools()).hasSize(1);
    assertThat(file.faults().getFirst().sentence())
        .isEqualTo(
            "document 2 (default/chat): metadata.name: is taken by an earlier pool of this file");
  }

  @Test
  void keysGivenTwiceAreRefused() {
    assertThat(faultsOf("model: again")).singleElement().asString().contains("Duplicate");
  }

  @Test
  void aliasesThatMultiplyAreRefused() {
    StringBuilder bomb = new StringBuilder("a0: &a0 [x, x, x, x, x, x, x, x]\n");
    for (int i = 1; i < 12; i++) {
      bomb.append("a%d: &a%d [*a%d, *a%d, *a%d]\n".formatted(i, i, i - 1, i - 1, i - 1));
    }

    assertThat(faults(bomb.toString())).isNotEmpty();
  }

  @Test
  void whatNestsTooDeeplyIsRefused() {
    assertThat(faults("[".repeat(100_000)))
        .containsExactly("document 1: nests deeper than 20 levels, or holds too long a value");
  }

  @Test
  void ofAnotherKindOfObjectOnlyItsKindIsNamed() {
    assertThat(faults("{apiVersion: v1, kind: Pod, spec: {containers: []}}"))
        .containsExactly("document 1: kind: is 'Pod' but must be ModelPool");
  }

  @Test
  void whatIsNoMappingIsRefused() {
    assertThat(faults("just text")).isNotEmpty();
    assertThat(faults("- a\n- b"))
        .containsExactly("document 1: is a list but must be a mapping of keys to values");
    assertThat(faults(SMALLEST.replace("spec:", "spec: 3\nother:"))).isNotEmpty();
  }

  @Test
  void tooManyPoolsAreRefusedButTheFirstOnesServe() {
    StringBuilder many = new StringBuilder();
    for (int i = 0; i <= PoolsFile.MAX_POOLS; i++) {
      many.append("---\n").append(SMALLEST.replace("name: chat", "name: chat-" + i));
    }
    PoolsFile file = PoolsFile.parse(many.toString());

    assertThat(file.pools()).hasSize(PoolsFile.MAX_POOLS);
    assertThat(file.faults()).hasSize(1);
  }
}
