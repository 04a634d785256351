package dev.inferscale.signals.scrape;

import dev.inferscale.signals.window.FetchFault;
import java.net.ConnectException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.channels.UnresolvedAddressException;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.Locale;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import javax.net.ssl.SSLException;
import org.jspecify.annotations.Nullable;

/// One GET of one page within a deadline. Thread-safe; keeps connections alive between calls.
///
/// HTTP/1.1 is asked for explicitly, since Java's client otherwise sends `Upgrade: h2c`, which some
/// servers answer with an error. The text format is asked for because one client library garbles
/// names with colons in OpenMetrics.
final class Fetch implements AutoCloseable {
  private static final int MAX_REDIRECTS = 3;
  private static final int MAX_HOST_SHOWN = 64;

  private final HttpClient client;
  private final ExecutorService threads;
  private final int maxBodyBytes;
  private final InstantSource time;

  /// A page, decompressed.
  ///
  /// @param at when its head arrived: connecting may take long, and a rate that began counting
  ///   before would be low
  record Page(byte[] body, String contentType, Instant at) {}

  Fetch(int maxBodyBytes, InstantSource time) {
    this.maxBodyBytes = maxBodyBytes;
    this.time = time;
    // Platform threads: looking up a host name holds on to its carrier, and a dead name server must
    // not stop the other targets' virtual threads.
    this.threads =
        Executors.newCachedThreadPool(
            Thread.ofPlatform().daemon().name("scrape-http-", 0).factory());
    this.client =
        HttpClient.newBuilder()
            .version(HttpClient.Version.HTTP_1_1)
            .followRedirects(HttpClient.Redirect.NEVER)
            .proxy(HttpClient.Builder.NO_PROXY)
            .executor(threads)
            .build();
  }

  /// @throws FetchException when there is no page, with the reason
  Page get(URI uri, Duration deadline) throws FetchException, InterruptedException {
    long end = System.nanoTime() + deadline.toNanos();
    URI asked = uri;
    for (int redirects = 0; redirects <= MAX_REDIRECTS; redirects++) {
      HttpResponse<BoundedBody.Received> response = exchange(asked, end, deadline);
      if (!isRedirect(response.statusCode())) {
        return page(response);
      }
      asked = redirected(asked, response);
    }
    throw new FetchException(
        FetchFault.REDIRECT, "redirects more than " + MAX_REDIRECTS + " times; give the final URL");
  }

  private HttpResponse<BoundedBody.Received> exchange(URI uri, long end, Duration deadline)
      throws FetchException, InterruptedException {
    HttpRequest request =
        HttpRequest.newBuilder(uri)
            .header("Accept", "text/plain;version=0.0.4")
            .header("Accept-Encoding", "gzip")
            .header("User-Agent", "inferscale")
            .GET()
            .build();
    CompletableFuture<HttpResponse<BoundedBody.Received>> answer =
        client.sendAsync(request, ignored -> new BoundedBody(maxBodyBytes, time.instant()));
    try {
      return answer.get(end - System.nanoTime(), TimeUnit.NANOSECONDS);
    } catch (TimeoutException e) {
      throw new FetchException(
          FetchFault.TIMED_OUT, "no complete answer within " + deadline.toMillis() + " ms");
    } catch (ExecutionException e) {
      throw fault(e);
    } finally {
      // Ends the exchange, and with it the connection, unless it is complete.
      answer.cancel(true);
    }
  }

  /// The most telling of the nested causes: an unresolved name hides inside a refused connection.
  private static FetchException fault(ExecutionException failure) {
    String detail = "the connection broke";
    for (Throwable at = failure; at != null; at = at.getCause()) {
      switch (at) {
        case FetchException fetch -> {
          return fetch;
        }
        case UnresolvedAddressException _ -> {
          return unreachable("its host name cannot be resolved");
        }
        case SSLException _ -> {
          return unreachable("TLS failed; is the certificate trusted, and is it https?");
        }
        case ConnectException _ ->
            detail = "connection refused; does it run, and is the port right?";
        default -> {
          // What it was caused by may say more.
        }
      }
    }
    return unreachable(detail);
  }

  private static FetchException unreachable(String detail) {
    return new FetchException(FetchFault.UNREACHABLE, detail);
  }

  private Page page(HttpResponse<BoundedBody.Received> response) throws FetchException {
    int status = response.statusCode();
    if (status != 200) {
      throw new FetchException(FetchFault.STATUS, "answers " + status + hint(status));
    }
    String encoding = response.headers().firstValue("Content-Encoding").orElse("identity");
    BoundedBody.Received received = response.body();
    byte[] body =
        switch (encoding.toLowerCase(Locale.ROOT)) {
          case "identity" -> received.bytes();
          case "gzip", "x-gzip" -> BoundedBody.gunzip(received.bytes(), maxBodyBytes);
          default ->
              throw new FetchException(
                  FetchFault.REFUSED, "sends an encoding that was not asked for; gzip was");
        };
    String contentType = response.headers().firstValue("Content-Type").orElse("");
    return new Page(body, contentType, received.at());
  }

  private static String hint(int status) {
    return switch (status) {
      case 401, 403 -> "; its metrics page wants credentials";
      case 404 -> "; is the path right, and does the engine need a flag to export metrics?";
      default -> status >= 500 ? "; the server is in trouble" : "";
    };
  }

  private static boolean isRedirect(int status) {
    return switch (status) {
      case 301, 302, 303, 307, 308 -> true;
      default -> false;
    };
  }

  /// Follows only to the same scheme, host and port: a target must not send us elsewhere.
  private static URI redirected(URI from, HttpResponse<BoundedBody.Received> response)
      throws FetchException {
    String location = response.headers().firstValue("Location").orElse("");
    URI to;
    try {
      to = from.resolve(location);
    } catch (IllegalArgumentException e) {
      throw new FetchException(FetchFault.REDIRECT, "redirects to something that is no URL");
    }
    boolean same =
        !location.isEmpty()
            && from.getScheme().equalsIgnoreCase(to.getScheme())
            && from.getHost().equalsIgnoreCase(to.getHost())
            && port(from) == port(to)
            && to.getUserInfo() == null;
    if (!same) {
      throw new FetchException(
          FetchFault.REDIRECT,
          "redirect to another host (" + shown(to.getHost()) + ") is not followed; give its URL");
    }
    return to;
  }

  private static int port(URI uri) {
    int usual = "https".equalsIgnoreCase(uri.getScheme()) ? 443 : 80;
    return uri.getPort() < 0 ? usual : uri.getPort();
  }

  private static String shown(@Nullable String host) {
    String known = host == null ? "none" : host;
    return known.length() <= MAX_HOST_SHOWN ? known : known.substring(0, MAX_HOST_SHOWN);
  }

  @Override
  public void close() {
    client.shutdownNow();
    client.close();
    threads.shutdownNow();
  }
}
