package dev.inferscale.e2e.bed;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.inferscale.e2e.SourceTree;
import io.fabric8.kubernetes.client.Config;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientBuilder;
import java.io.BufferedReader;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;

/// One running control plane with scheduler, nodes by kwok and the pod runner. It ends with this
/// object, and with this JVM however that ends: the bed watches its standard input.
public final class Bed implements AutoCloseable {
  private static final int STOP_SECONDS = 60;

  private final Process process;
  private final Path kubeconfig;
  private final Path state;
  private final Path programs;
  private final KubernetesClient kube;

  private Bed(Process process, JsonNode up) {
    this.process = process;
    this.kubeconfig = Path.of(up.path("kubeconfig").asText());
    this.state = Path.of(up.path("state").asText());
    this.programs = Path.of(up.path("bin").asText());
    this.kube = client(kubeconfig);
  }

  /// Builds what is missing, which takes some minutes the first time on a machine, and starts.
  ///
  /// @throws IOException when the bed does not come up; what is wrong was said on standard error
  static Bed start() throws IOException {
    Path up = SourceTree.root().resolve("e2e/testbed/up");
    ProcessBuilder builder =
        new ProcessBuilder(up.toString(), "--attached", "--keep-logs", "--with", "runner")
            .redirectError(ProcessBuilder.Redirect.INHERIT);
    // The pods' programs are those that this build has packaged, on this JDK.
    builder.environment().put("INFERSCALE_BUILT", "1");
    builder.environment().put("JAVA_HOME", System.getProperty("java.home"));
    Process process = builder.start();
    BufferedReader out = process.inputReader(StandardCharsets.UTF_8);
    String line = out.readLine();
    if (line == null) {
      throw new IOException("the test bed did not come up; e2e/testbed/up says why above");
    }
    return new Bed(process, new ObjectMapper().readTree(line));
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

  /// The folder with `logs/PROGRAM.log` and `runner/pods/…`.
  public Path state() {
    return state;
  }

  /// Ends one program of the control plane at once, such as `kube-apiserver`.
  public void kill(String program) {
    control("kill", program);
  }

  /// Starts it again on the same port and data; returns when it is ready.
  public void start(String program) {
    control("start", program);
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
      String said = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
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

  @Override
  public void close() throws IOException {
    kube.close();
    process.getOutputStream().close();
    try {
      if (!process.waitFor(STOP_SECONDS, TimeUnit.SECONDS)) {
        process.destroyForcibly();
        throw new IOException("the test bed did not end within " + STOP_SECONDS + " s");
      }
    } catch (InterruptedException e) {
      process.destroyForcibly();
      Thread.currentThread().interrupt();
    }
  }
}
