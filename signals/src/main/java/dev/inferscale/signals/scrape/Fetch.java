package dev.inferscale.signals.scrape;

import dev.inferscale.signals.window.FetchFault;
import java.net.ConnectException;
import java.net.ProtocolException;
import java.net.URI;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.channels.UnresolvedAddressException;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.Locale;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import javax.net.ssl.SSLException;

/// One GET of one page within a deadline. Thread-safe; keeps connections alive between calls.
///
/// HTTP/1.1 is asked for explicitly, since Java's client otherwise sends `Upgrade: h2c`, which some
/// servers answer with an error. The text format is asked for because one client library garbles
/// names with colons in OpenMetrics.
final class Fetch implements AutoCloseable {
  private static final int MAX_REDIRECTS = 3;
  private static final int MAX_HOST_SHOWN = 64;
  private static final String NOT_HTTP =
      "its answer is not HTTP/1.1; is the port right, and is it https?";

  private final RenewedClient client = new RenewedClient();
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
        client.send(request, ignored -> new BoundedBody(maxBodyBytes, time.instant()));
    try {
      return answer.get(end - System.nanoTime(), TimeUnit.NANOSECONDS);
    } catch (TimeoutException e) {
      throw new FetchException(
          FetchFault.TIMED_OUT, "no complete answer within " + deadline.toMillis() + " ms");
    } catch (ExecutionException e) {
      FetchException fault = fault(e);
      if (fault.detail().equals(NOT_HTTP)) {
        client.spoilt();
      }
      throw fault;
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
        // The client's own parser throws the latter, at a length that is no number.
        case ProtocolException _, NumberFormatException _ -> detail = NOT_HTTP;
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
    if (location.isBlank()) {
      throw new FetchException(FetchFault.REDIRECT, "redirects without saying where to");
    }
    URI to;
    try {
      to = from.resolve(location);
    } catch (IllegalArgumentException e) {
      throw new FetchException(FetchFault.REDIRECT, "redirects to something that is no URL");
    }
    boolean same =
        from.getScheme().equalsIgnoreCase(to.getScheme())
            && from.getHost().equalsIgnoreCase(to.getHost())
            && port(from) == port(to)
            && to.getUserInfo() == null;
    if (!same) {
      throw new FetchException(
          FetchFault.REDIRECT,
          "redirect to another host or port (" + shown(to) + ") is not followed; give its URL");
    }
    return to;
  }

  private static int port(URI uri) {
    int usual = "https".equalsIgnoreCase(uri.getScheme()) ? 443 : 80;
    return uri.getPort() < 0 ? usual : uri.getPort();
  }

  /// Scheme, host and port; the rest may hold what nobody should read.
  private static String shown(URI uri) {
    String authority = uri.getHost() + (uri.getPort() < 0 ? "" : ":" + uri.getPort());
    String shown = uri.getScheme() + (uri.getHost() == null ? "" : "://" + authority);
    return shown.length() <= MAX_HOST_SHOWN ? shown : shown.substring(0, MAX_HOST_SHOWN);
  }

  @Override
  public void close() {
    client.close();
  }
}
