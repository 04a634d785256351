package dev.inferscale.app.operate;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.inferscale.signals.kube.ApiServer;
import dev.inferscale.signals.kube.KubeAccess;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/// Asks a cluster as the person who types; mixed into the commands that need one.
final class ClusterAccess {
  private static final Duration PATIENCE = Duration.ofSeconds(10);
  private static final ObjectMapper JSON = new ObjectMapper();

  @Option(
      names = "--kubeconfig",
      paramLabel = "FILE",
      description =
          "The cluster (default: $KUBECONFIG, then ~/.kube/config, then the pod's service account).")
  private @Nullable Path kubeconfig;

  /// What came of one request.
  ///
  /// @param code HTTP status, 0 where nothing answered
  /// @param body a missing node where there is none
  /// @param fault one sentence unless the code is below 300, else empty
  record Reply(int code, JsonNode body, String fault) {
    boolean good() {
      return fault.isEmpty();
    }

    boolean absent() {
      return code == 404;
    }
  }

  /// A client for the cluster that was named or is usual here.
  ///
  /// @throws CommandFault where there is none
  Cluster connect() throws CommandFault {
    KubeAccess access =
        access(System.getenv())
            .orElseThrow(() ->
                new CommandFault(
                    "no cluster is known here: name a kubeconfig with --kubeconfig FILE"));
    return new Cluster(new ApiServer(access));
  }

  private Optional<KubeAccess> access(Map<String, String> environment) throws CommandFault {
    if (kubeconfig != null) {
      if (!Files.isReadable(kubeconfig)) {
        throw new CommandFault("--kubeconfig " + kubeconfig + " cannot be read");
      }
      return Optional.of(new KubeAccess.Kubeconfig(kubeconfig));
    }
    String named = environment.getOrDefault("KUBECONFIG", "");
    Path usual = Path.of(System.getProperty("user.home", ""), ".kube", "config");
    if (!named.isEmpty()) {
      return Optional.of(new KubeAccess.Kubeconfig(Path.of(named)));
    }
    if (Files.isReadable(usual)) {
      return Optional.of(new KubeAccess.Kubeconfig(usual));
    }
    return KubeAccess.InCluster.isHere(environment)
        ? Optional.of(KubeAccess.InCluster.of(environment))
        : Optional.empty();
  }

  /// A connection; close it.
  static final class Cluster implements AutoCloseable {
    private final ApiServer server;

    Cluster(ApiServer server) {
      this.server = server;
    }

    ApiServer server() {
      return server;
    }

    Reply get(String path) throws InterruptedException {
      return reply(server.send("GET", path, "", "", PATIENCE));
    }

    /// Creates something that is only an answer, such as an access review.
    Reply review(String path, String document) throws InterruptedException {
      return reply(server.send("POST", path, "application/json", document, PATIENCE));
    }

    /// Objects of a list.
    ///
    /// @throws CommandFault where it cannot be had
    JsonNode items(String path) throws CommandFault, InterruptedException {
      Reply reply = get(path);
      if (!reply.good()) {
        throw new CommandFault(path + ": " + reply.fault());
      }
      return reply.body().path("items");
    }

    private static Reply reply(ApiServer.Sent sent) {
      JsonNode body = tree(sent.body());
      if (sent.code() >= 200 && sent.code() < 300) {
        return new Reply(sent.code(), body, "");
      }
      String message = body.path("message").asText("").strip();
      String bare = sent.body().strip();
      String said = message.isEmpty() && bare.length() <= 200 ? bare : message;
      String fault =
          sent.code() == 0
              ? sent.fault()
              : said.isEmpty() ? "the API server answers " + sent.code() : said;
      return new Reply(sent.code(), body, fault);
    }

    private static JsonNode tree(String body) {
      try {
        return JSON.readTree(body);
      } catch (JsonProcessingException _) {
        return JSON.missingNode();
      }
    }

    @Override
    public void close() {
      server.close();
    }
  }
}
