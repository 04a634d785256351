package dev.inferscale.app.operate;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.io.InputStream;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import javax.net.ssl.SSLException;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/// Asks a plane's observation API; mixed into the commands that need one.
final class PlaneClient {
  private static final Duration PATIENCE = Duration.ofSeconds(5);
  private static final int MOST_BYTES = 32 << 20;
  private static final ObjectMapper JSON = new ObjectMapper();

  @Option(
      names = "--server",
      paramLabel = "URL",
      defaultValue = "http://127.0.0.1:8080",
      description = "The plane's observation API (default ${DEFAULT-VALUE}).")
  private URI server = URI.create("http://127.0.0.1:8080");

  @Option(
      names = "--token-file",
      paramLabel = "FILE",
      description =
          "File with a bearer token, where the plane asks who calls; kubectl create token makes one.")
  private @Nullable Path tokenFile;

  @Option(
      names = "--insecure-skip-tls-verify",
      description =
          "Take any certificate of the plane: through kubectl port-forward it has another name.")
  private boolean anyCertificate;

  /// Null until something is asked, since the options come before.
  private @Nullable HttpClient http;

  URI server() {
    return server;
  }

  /// All pools: `pools` and `rejected`.
  JsonNode pools() throws CommandFault, InterruptedException {
    return get("/api/v1/pools");
  }

  /// One pool, with all its signals.
  JsonNode pool(PoolName pool) throws CommandFault, InterruptedException {
    return get("/api/v1/pools/" + pool.namespace() + "/" + pool.name());
  }

  /// How a pool's signals come about: of each target what it said, the fold and the quantity.
  ///
  /// @param signal the only one that is asked for, by its name; empty for all
  JsonNode explain(PoolName pool, String signal) throws CommandFault, InterruptedException {
    return get(
        "/api/v1/pools/"
            + pool.namespace()
            + "/"
            + pool.name()
            + "/explain"
            + (signal.isEmpty() ? "" : "?signal=" + HpaSight.encoded(signal)));
  }

  private JsonNode get(String path) throws CommandFault, InterruptedException {
    HttpRequest request = request(path);
    try {
      HttpResponse<InputStream> response = client().send(request, BodyHandlers.ofInputStream());
      try (InputStream body = response.body()) {
        JsonNode tree = JSON.readTree(body.readNBytes(MOST_BYTES));
        if (response.statusCode() == 200) {
          return tree;
        }
        String message = tree.path("error").path("message").asText("");
        throw new CommandFault(
            message.isEmpty()
                ? server + path + " answers " + response.statusCode()
                : message + nearest(tree.path("error").path("nearest")));
      }
    } catch (CommandFault e) {
      throw e;
    } catch (SSLException untrusted) {
      throw new CommandFault(
          server
              + " shows a certificate that is not trusted here; through kubectl port-forward give"
              + " --insecure-skip-tls-verify");
    } catch (IOException _) {
      throw new CommandFault(
          "no plane answers at "
              + server
              + "; start one with inferscale serve, reach one in a cluster with kubectl"
              + " port-forward, or name it with --server");
    }
  }

  private HttpRequest request(String path) throws CommandFault {
    HttpRequest.Builder request;
    try {
      request = HttpRequest.newBuilder(server.resolve(path)).timeout(PATIENCE);
    } catch (IllegalArgumentException _) {
      throw new CommandFault("--server " + server + " must be a URL such as http://127.0.0.1:8080");
    }
    if (tokenFile != null) {
      request.header("Authorization", "Bearer " + token(tokenFile));
    }
    return request.build();
  }

  private String token(Path file) throws CommandFault {
    if (!"https".equals(server.getScheme())) {
      throw new CommandFault(
          "--token-file needs an https URL as --server, not "
              + server
              + ": a token must not travel openly");
    }
    String token;
    try {
      token = Files.readString(file).strip();
    } catch (IOException _) {
      throw new CommandFault("--token-file " + file + " cannot be read");
    }
    if (token.isEmpty() || !token.chars().allMatch(c -> c > ' ' && c < 0x7f)) {
      throw new CommandFault("--token-file " + file + " must hold one token and nothing else");
    }
    return token;
  }

  private HttpClient client() {
    HttpClient known = http;
    if (known == null) {
      // Java's client would try to upgrade to HTTP/2 with each request.
      HttpClient.Builder made =
          HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).connectTimeout(PATIENCE);
      known = anyCertificate ? made.sslContext(AnyCertificate.tls()).build() : made.build();
      http = known;
    }
    return known;
  }

  private static String nearest(JsonNode names) {
    return names.isEmpty() ? "" : "; nearest: " + names.path(0).asText();
  }
}
