package dev.inferscale.e2e.bed;

import static java.nio.charset.StandardCharsets.UTF_8;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.inferscale.e2e.SourceTree;
import io.fabric8.kubernetes.client.Config;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientBuilder;
import io.fabric8.kubernetes.client.internal.SSLUtils;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import javax.net.ssl.SSLContext;

/// One running control plane with scheduler, nodes by kwok, the pod runner, and our definition of
/// ModelPools. It ends with this JVM, however that ends: the bed watches its standard input. Its
/// logs stay in `target/bed`.
public final class Bed {
  private static final Duration ENDING = Duration.ofSeconds(20);
  private static final String DEFINITION = "manifests/crd/modelpools.inferscale.dev.yaml";

  private static final Map<String, Path> BUILT = new ConcurrentHashMap<>();

  private final Path kubeconfig;
  private final Path state;
  private final Path programs;
  private final String server;
  private final String authority;
  private final long supervisor;
  private final KubernetesClient kube;

  private Bed(JsonNode up) {
    this.kubeconfig = Path.of(up.path("kubeconfig").asText());
    this.server = up.path("apiserver").asText();
    this.authority = up.path("ca").asText();
    this.supervisor = up.path("pid").asLong();
    this.state = Path.of(up.path("state").asText());
    this.programs = Path.of(up.path("bin").asText());
    this.kube = client(kubeconfig);
  }

  private static final class Holder {
    static final Bed SHARED = start();
  }

  /// The bed of this JVM, started by whoever asks first. What is missing is built, which takes some
  /// minutes the first time on a machine.
  public static Bed shared() {
    return Holder.SHARED;
  }

  private static Bed start() {
    Path root = SourceTree.root();
    ProcessBuilder builder =
        new ProcessBuilder(
                root.resolve("e2e/testbed/up").toString(),
                "--attached",
                "--keep-logs",
                "--state",
                root.resolve("e2e/target/bed").toString(),
                "--with",
                "runner")
            .redirectError(ProcessBuilder.Redirect.INHERIT);
    // The pods' programs are those that this build has packaged, on this JDK.
    builder.environment().put("INFERSCALE_BUILT", "1");
    builder.environment().put("JAVA_HOME", System.getProperty("java.home"));
    try {
      Process process = builder.start();
      Runtime.getRuntime().addShutdownHook(Thread.ofPlatform().unstarted(() -> end(process)));
      String line = process.inputReader(UTF_8).readLine();
      if (line == null) {
        throw new IllegalStateException("the test bed did not come up; it says why above");
      }
      Bed bed = new Bed(new ObjectMapper().readTree(line));
      bed.kubectl("apply", "--server-side", "-f", root.resolve(DEFINITION).toString());
      bed.kubectl(
          "wait",
          "--for=condition=Established",
          "--timeout=60s",
          "-f",
          root.resolve(DEFINITION).toString());
      return bed;
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /// So that the next JVM finds the folder free: the bed needs a moment to end.
  private static void end(Process bed) {
    try {
      bed.getOutputStream().close();
      bed.waitFor(ENDING.toSeconds(), TimeUnit.SECONDS);
    } catch (IOException | InterruptedException _) {
      // It ends by itself.
    }
  }

  private static KubernetesClient client(Path kubeconfig) {
    return new KubernetesClientBuilder()
        .withConfig(Config.fromKubeconfig(kubeconfig.toFile()))
        .build();
  }

  /// An administrator's credentials.
  public Path kubeconfig() {
    return kubeconfig;
  }

  /// An administrator's client.
  public KubernetesClient kube() {
    return kube;
  }

  /// Where the API server answers.
  URI server() {
    return URI.create(server);
  }

  /// Trusts the bed's authority and shows the administrator's certificate.
  SSLContext tls() {
    try {
      return SSLUtils.sslContext(Config.fromKubeconfig(kubeconfig.toFile()));
    } catch (IOException | GeneralSecurityException e) {
      throw new IllegalStateException(e);
    }
  }

  /// The folder with `logs/PROGRAM.log` and `runner/pods/…`.
  public Path state() {
    return state;
  }

  /// A kubeconfig of whoever holds that bearer token.
  public String kubeconfigOf(String token) {
    return """
    apiVersion: v1
    kind: Config
    clusters: [{name: bed, cluster: {server: "%s", certificate-authority: "%s"}}]
    users: [{name: holder, user: {token: "%s"}}]
    contexts: [{name: bed, context: {cluster: bed, user: holder}}]
    current-context: bed
    """
        .formatted(server, authority, token);
  }

  /// Ends the API server at once, as a crash would.
  public void killApiServer() {
    control("kill", "kube-apiserver");
  }

  /// Starts it again on the same port and data. Kubernetes' own clients would take up to a minute
  /// to come back, so they begin anew too; ours do not.
  public void startApiServer() {
    control("start", "kube-apiserver");
    restartClients();
  }

  /// Makes the API server stand still: it keeps its connections and answers nothing, as behind a
  /// network that is gone.
  public void hangApiServer() {
    run(List.of("kill", "-STOP", String.valueOf(apiServer().pid())));
  }

  /// It goes on where it stood.
  public void resumeApiServer() {
    run(List.of("kill", "-CONT", String.valueOf(apiServer().pid())));
    restartClients();
  }

  /// The process of the API server that runs now.
  long apiServerPid() {
    return apiServer().pid();
  }

  private ProcessHandle apiServer() {
    return child("kube-apiserver");
  }

  private ProcessHandle child(String program) {
    return ProcessHandle.of(supervisor).stream()
        .flatMap(ProcessHandle::children)
        .filter(child -> child.info().command().orElse("").endsWith("/" + program))
        .findFirst()
        .orElseThrow();
  }

  /// Makes etcd forget all but what is true now, as it does every five minutes in a cluster. An API
  /// server that starts afterwards answers 410 to whoever wants to watch from an earlier version.
  void forgetHistory() throws IOException, InterruptedException {
    String listen = "--listen-client-urls=";
    URI etcd =
        Stream.of(child("etcd").info().arguments().orElseThrow())
            .filter(word -> word.startsWith(listen))
            .map(word -> URI.create(word.substring(listen.length())))
            .findFirst()
            .orElseThrow();
    // What is written has a version that is later than all that anybody has seen.
    JsonNode written = etcd(etcd, "/v3/kv/put", "{\"key\": \"dGVzdGJlZA==\", \"value\": \"\"}");
    String now = written.path("header").path("revision").asText();
    etcd(etcd, "/v3/kv/compaction", "{\"revision\": \"" + now + "\", \"physical\": true}");
  }

  private static JsonNode etcd(URI server, String path, String question)
      throws IOException, InterruptedException {
    try (HttpClient http = HttpClient.newHttpClient()) {
      HttpRequest request =
          HttpRequest.newBuilder(server.resolve(path))
              .POST(BodyPublishers.ofString(question))
              .build();
      HttpResponse<String> answer = http.send(request, BodyHandlers.ofString());
      if (answer.statusCode() != 200) {
        throw new AssertionError("etcd answers " + answer.statusCode() + ": " + answer.body());
      }
      return new ObjectMapper().readTree(answer.body());
    }
  }

  private void restartClients() {
    for (String client : List.of("kube-controller-manager", "kube-scheduler", "kwok")) {
      control("kill", client);
      control("start", client);
    }
  }

  /// Ends the pod runner at once, and with it the processes of all its containers.
  public void killPodRunner() {
    control("kill", "podrunner");
  }

  /// Starts it again; it finds its pods and starts what they need anew.
  public void startPodRunner() {
    control("start", "podrunner");
  }

  /// One of the programs that the bed is made of, such as `test-adapter`.
  Path program(String name) {
    return programs.resolve(name);
  }

  /// Certificate and kubeconfig for an extension server, in `ca.crt`, `tls.crt`, `tls.key` and
  /// `kubeconfig`: the certificate names the Service, its user is the ServiceAccount of that name.
  ///
  /// @param folder that is made
  void certificate(String service, String namespace, Path folder) {
    run(
        List.of(
            programs.resolve("bed").toString(),
            "cert",
            "--service",
            service,
            "--namespace",
            namespace,
            "--out",
            folder.toString(),
            "--state",
            state.toString()));
  }

  /// The aggregator's certificate as it is now, in the hands of somebody else.
  ///
  /// @param user for whom it calls
  FrontProxyClient frontProxy(String user) {
    return new FrontProxyClient(state.resolve("pki"), user);
  }

  /// One step of replacing the aggregator's authority: `trust` a new one beside the old, `sign` a
  /// certificate of the aggregator, `retire` the old one. The API server follows by itself.
  void rotateFrontProxy(String step) {
    control("rotate", step);
  }

  /// The authorities by which the API server tells extension servers to know the aggregator.
  String frontProxyAuthorities() {
    return kubectl(
        "get",
        "configmap",
        "extension-apiserver-authentication",
        "--namespace",
        "kube-system",
        "-o",
        "jsonpath={.data.requestheader-client-ca-file}");
  }

  /// From now on the API server's log says when it has read certificates again.
  void letApiServerTellOfFiles() throws IOException {
    Path level = Files.writeString(state.resolve("logs/level"), "2");
    kubectl("replace", "--raw", "/debug/flags/v", "-f", level.toString());
  }

  /// The cluster knows ScaledObjects from now on, as where KEDA is installed.
  void defineScaledObjects() throws IOException {
    String definition =
        programs("keda")
            .resolveSibling("manifests/crd/bases/keda.sh_scaledobjects.yaml")
            .toString();
    kubectl("apply", "--server-side", "-f", definition);
    kubectl("wait", "--for=condition=Established", "--timeout=60s", "-f", definition);
  }

  /// The folder with a group's programs, which are built if need be; beside it is `manifests`.
  static Path programs(String group) throws IOException {
    Path known = BUILT.get(group);
    if (known != null) {
      return known;
    }
    Process build =
        new ProcessBuilder(SourceTree.root().resolve("e2e/testbed/build").toString(), group)
            .redirectError(ProcessBuilder.Redirect.INHERIT)
            .start();
    String where = new String(build.getInputStream().readAllBytes(), UTF_8).strip();
    if (where.isEmpty()) {
      throw new IllegalStateException("group " + group + " is not built; it says why above");
    }
    BUILT.put(group, Path.of(where));
    return Path.of(where);
  }

  private void control(String verb, String program) {
    run(List.of(programs.resolve("bed").toString(), verb, program, "--state", state.toString()));
  }

  /// What kubectl prints, with the administrator's credentials.
  public String kubectl(String... args) {
    List<String> words = new ArrayList<>();
    words.add(programs.resolve("kubectl").toString());
    words.add("--kubeconfig");
    words.add(kubeconfig.toString());
    words.addAll(List.of(args));
    return run(words);
  }

  private static String run(List<String> words) {
    try {
      Process process = new ProcessBuilder(words).redirectErrorStream(true).start();
      process.getOutputStream().close();
      String said = new String(process.getInputStream().readAllBytes(), UTF_8);
      if (process.waitFor() != 0) {
        throw new AssertionError(String.join(" ", words) + " failed: " + said);
      }
      return said;
    } catch (IOException e) {
      throw new AssertionError(words.getFirst() + " cannot be run", e);
    } catch (InterruptedException e) {
      throw new IllegalStateException(e);
    }
  }
}
