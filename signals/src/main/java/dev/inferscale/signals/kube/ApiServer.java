package dev.inferscale.signals.kube;

import io.fabric8.kubernetes.client.Config;
import io.fabric8.kubernetes.client.ConfigBuilder;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientBuilder;
import io.fabric8.kubernetes.client.KubernetesClientException;
import io.fabric8.kubernetes.client.http.AsyncBody;
import io.fabric8.kubernetes.client.http.HttpClient;
import io.fabric8.kubernetes.client.http.HttpRequest;
import io.fabric8.kubernetes.client.http.HttpResponse;
import java.io.IOException;
import java.net.ConnectException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import javax.net.ssl.SSLException;
import org.jspecify.annotations.Nullable;

/// Asks the Kubernetes API, with whatever credentials lie in the files now: a token or kubeconfig
/// that was replaced is used from the next request on. Thread-safe.
///
/// Of the client library only its reading of kubeconfigs and its HTTP are used: its own informers
/// were seen to stay silent for ever after a restart of the API server.
public final class ApiServer implements AutoCloseable {
  private static final Duration CONNECTING = Duration.ofSeconds(5);
  private static final Duration ANSWERING = Duration.ofSeconds(20);
  private static final String SERVICE_ACCOUNT_TOKEN = "token";

  private final KubeAccess access;
  private @Nullable Connected connected;
  private boolean closed;

  /// @param files what the client was made from, to see that they changed
  private record Connected(KubernetesClient client, String server, int files) {
    HttpClient http() {
      return client.getHttpClient();
    }
  }

  /// Takes the bytes of an answer as they arrive, one call at a time.
  interface Receiver {
    void take(ByteBuffer bytes) throws IOException;
  }

  /// Connects with the first request.
  public ApiServer(KubeAccess access) {
    this.access = access;
  }

  /// The body of a GET.
  ///
  /// @param path with query
  /// @throws ApiFault unless the answer is 200
  public byte[] get(String path) throws ApiFault, InterruptedException {
    Connected now = connect();
    HttpRequest request = request(now, path);
    CompletableFuture<HttpResponse<byte[]>> answer = now.http().sendAsync(request, byte[].class);
    try {
      HttpResponse<byte[]> response = answer.get(ANSWERING.toMillis(), TimeUnit.MILLISECONDS);
      requireOk(response.code());
      return response.body();
    } catch (ExecutionException e) {
      throw fault(e);
    } catch (TimeoutException e) {
      throw silent(ANSWERING);
    } finally {
      answer.cancel(true);
    }
  }

  /// What came of a request that may change something.
  ///
  /// @param code the HTTP status, or 0 where nothing answered
  /// @param body as it came; empty where nothing answered
  /// @param fault one sentence where nothing answered, else empty
  public record Sent(int code, String body, String fault) {}

  /// Sends one request, whatever it does, and never again by itself.
  ///
  /// @param path with query
  /// @param contentType of the body; both empty for a GET
  /// @param limit for the whole of it; what the server does later is not known
  public Sent send(String method, String path, String contentType, String body, Duration limit)
      throws InterruptedException {
    try {
      Connected now = connect();
      HttpRequest.Builder request =
          now.http()
              .newHttpRequestBuilder()
              .uri(now.server() + path)
              .setHeader("Accept", "application/json");
      if (!contentType.isEmpty()) {
        request.method(method, contentType, body);
      }
      return sent(now.http().sendAsync(request.build(), byte[].class), limit);
    } catch (ApiFault e) {
      return new Sent(ApiFault.NONE, "", e.sentence());
    }
  }

  private Sent sent(CompletableFuture<HttpResponse<byte[]>> answer, Duration limit)
      throws ApiFault, InterruptedException {
    try {
      HttpResponse<byte[]> response = answer.get(limit.toMillis(), TimeUnit.MILLISECONDS);
      if (response.code() == 401) {
        forget();
      }
      byte[] body = response.body();
      return new Sent(
          response.code(), body == null ? "" : new String(body, StandardCharsets.UTF_8), "");
    } catch (ExecutionException e) {
      throw fault(e);
    } catch (TimeoutException e) {
      throw silent(limit);
    } finally {
      answer.cancel(true);
    }
  }

  /// Hands over an answer that has no end of its own, until it ends or the receiver refuses it.
  ///
  /// @param begun called when the answer has begun with 200
  /// @param longest ends it from our side, since a dead connection never ends by itself
  /// @throws ApiFault unless it began with 200 and came to its end
  void stream(String path, Receiver receiver, Runnable begun, Duration longest)
      throws ApiFault, InterruptedException {
    Connected now = connect();
    CompletableFuture<HttpResponse<AsyncBody>> answer =
        now.http()
            .consumeBytes(request(now, path), (buffers, body) -> take(buffers, receiver, body));
    AsyncBody body = null;
    try {
      HttpResponse<AsyncBody> response = answer.get(ANSWERING.toMillis(), TimeUnit.MILLISECONDS);
      body = response.body();
      requireOk(response.code());
      begun.run();
      body.consume();
      body.done().get(longest.toMillis(), TimeUnit.MILLISECONDS);
    } catch (ExecutionException e) {
      throw fault(e);
    } catch (TimeoutException e) {
      throw silent(longest);
    } finally {
      answer.cancel(true);
      if (body != null) {
        body.cancel();
      }
    }
  }

  private static void take(List<ByteBuffer> buffers, Receiver receiver, AsyncBody body)
      throws IOException {
    for (ByteBuffer buffer : buffers) {
      receiver.take(buffer);
    }
    body.consume();
  }

  private static HttpRequest request(Connected to, String path) {
    return to.http()
        .newHttpRequestBuilder()
        .uri(to.server() + path)
        .setHeader("Accept", "application/json")
        .forStreaming()
        .build();
  }

  private void requireOk(int code) throws ApiFault {
    if (code == 401) {
      forget();
    }
    if (code != 200) {
      throw ApiFault.of(code);
    }
  }

  private static ApiFault silent(Duration longest) {
    return new ApiFault(
        ApiFault.NONE, "the API server said nothing for " + longest.toSeconds() + " s");
  }

  /// The most telling of the nested causes.
  private static ApiFault fault(ExecutionException failure) {
    for (Throwable at = failure; at != null; at = at.getCause()) {
      switch (at) {
        case ApiFault ours -> {
          return ours;
        }
        case ConnectException _ -> {
          return new ApiFault(ApiFault.NONE, "the API server cannot be reached");
        }
        case SSLException _ -> {
          return new ApiFault(
              ApiFault.NONE, "TLS with the API server failed; is its authority the right one?");
        }
        default -> {
          // What it was caused by may say more.
        }
      }
    }
    return new ApiFault(ApiFault.NONE, "the connection to the API server broke");
  }

  /// The client for the credentials that there are now.
  private synchronized Connected connect() throws ApiFault {
    if (closed) {
      throw new ApiFault(ApiFault.NONE, "the plane is ending");
    }
    int files = files();
    Connected known = connected;
    if (known != null && known.files() == files) {
      return known;
    }
    Config config = config();
    Connected fresh =
        new Connected(
            new KubernetesClientBuilder().withConfig(config).build(), server(config), files);
    if (known != null) {
      known.client().close();
    }
    connected = fresh;
    return fresh;
  }

  private static String server(Config config) {
    String url = config.getMasterUrl();
    return url.endsWith("/") ? url.substring(0, url.length() - 1) : url;
  }

  /// Makes the next request read the credentials anew: a plug-in may have given them.
  private synchronized void forget() {
    Connected known = connected;
    connected = null;
    if (known != null) {
      known.client().close();
    }
  }

  private Config config() throws ApiFault {
    try {
      return switch (access) {
        case KubeAccess.None _ -> throw new IllegalStateException("nothing may be asked");
        case KubeAccess.Kubeconfig(Path file) -> bounded(Config.fromKubeconfig(file.toFile()));
        case KubeAccess.InCluster(String server, Path folder) ->
            bounded(
                new ConfigBuilder(Config.empty())
                    .withMasterUrl(server)
                    .withCaCertFile(folder.resolve("ca.crt").toString())
                    .withOauthToken(Files.readString(folder.resolve(SERVICE_ACCOUNT_TOKEN)).strip())
                    .build());
      };
    } catch (IOException | KubernetesClientException | IllegalArgumentException e) {
      throw new ApiFault(
          ApiFault.NONE, "the credentials cannot be read: " + e.getClass().getSimpleName());
    }
  }

  /// Retries are ours: the library's would hide that the API server is away.
  private static Config bounded(Config config) {
    return new ConfigBuilder(config)
        .withConnectionTimeout((int) CONNECTING.toMillis())
        .withRequestTimeout(0)
        .withRequestRetryBackoffLimit(0)
        .withHttp2Disable(true)
        .withUserAgent("inferscale")
        .build();
  }

  /// Changes when one of the files does that the credentials come from.
  private int files() {
    return switch (access) {
      case KubeAccess.None _ -> 0;
      case KubeAccess.Kubeconfig(Path file) -> content(file);
      case KubeAccess.InCluster(String _, Path folder) ->
          31 * content(folder.resolve("ca.crt")) + content(folder.resolve(SERVICE_ACCOUNT_TOKEN));
    };
  }

  private static int content(Path file) {
    try {
      return Arrays.hashCode(Files.readString(file, StandardCharsets.ISO_8859_1).toCharArray());
    } catch (IOException e) {
      return 0;
    }
  }

  /// Ends the connections; what is asked from now on is not answered.
  @Override
  public synchronized void close() {
    closed = true;
    forget();
  }
}
