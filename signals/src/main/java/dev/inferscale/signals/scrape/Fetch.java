package dev.inferscale.signals.scrape;

import dev.inferscale.signals.pool.Credentials;
import dev.inferscale.signals.window.FetchFault;
import java.io.IOException;
import java.io.InputStream;
import java.net.ConnectException;
import java.net.ProtocolException;
import java.net.URI;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.ByteBuffer;
import java.nio.channels.UnresolvedAddressException;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.Locale;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeoutException;
import java.util.zip.GZIPInputStream;
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
  private static final int CHUNK = 1 << 14;
  private static final String NOT_HTTP =
      "its answer is not HTTP/1.1; is the port right, and is it https?";

  private final Clients clients;
  private final int maxBodyBytes;
  private final ByteBudget memory;
  private final InstantSource time;

  /// A page, decompressed. Its memory counts as in use until it is closed.
  ///
  /// @param at when its head arrived: connecting may take long, and a rate that began counting
  ///   before would be low
  record Page(byte[] body, String contentType, Instant at, ByteBudget.Share held)
      implements AutoCloseable {
    @Override
    public void close() {
      held.close();
    }
  }

  /// @param memory that the pages of all fetches share while they are in flight
  Fetch(int maxBodyBytes, ByteBudget memory, InstantSource time) {
    this(maxBodyBytes, memory, time, new Clients());
  }

  /// @param clients closed with it
  Fetch(int maxBodyBytes, ByteBudget memory, InstantSource time, Clients clients) {
    this.clients = clients;
    this.maxBodyBytes = maxBodyBytes;
    this.memory = memory;
    this.time = time;
  }

  /// A page that is open to everybody.
  ///
  /// @throws FetchException when there is no page, with the reason
  Page get(URI uri, Duration within) throws FetchException, InterruptedException {
    return get(uri, Credentials.NONE, within);
  }

  /// @param as whom to believe and what to show; a token never leaves the scheme, host and port of
  ///   the URI
  /// @throws FetchException when there is no page, with the reason
  Page get(URI uri, Credentials as, Duration within) throws FetchException, InterruptedException {
    Deadline deadline = Deadline.in(within);
    URI asked = uri;
    for (int redirects = 0; redirects <= MAX_REDIRECTS; redirects++) {
      ByteBudget.Share share = memory.open();
      Page page = null;
      try {
        HttpResponse<BoundedBody.Received> response = exchange(asked, as, share, deadline);
        if (!isRedirect(response.statusCode())) {
          page = page(response, as, share, deadline);
          return page;
        }
        asked = redirected(asked, response);
      } finally {
        if (page == null) {
          share.close();
        }
      }
    }
    throw new FetchException(
        FetchFault.REDIRECT, "redirects more than " + MAX_REDIRECTS + " times; give the final URL");
  }

  private HttpResponse<BoundedBody.Received> exchange(
      URI uri, Credentials as, ByteBudget.Share share, Deadline deadline)
      throws FetchException, InterruptedException {
    HttpRequest request = request(uri, as.token());
    RenewedClient client = clients.of(as.trust());
    CompletableFuture<HttpResponse<BoundedBody.Received>> answer =
        client.send(request, head -> body(head, share));
    try {
      return deadline.await(answer);
    } catch (TimeoutException e) {
      throw late(share, deadline);
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

  private static HttpRequest request(URI uri, Credentials.@Nullable Token token) {
    HttpRequest.Builder request =
        HttpRequest.newBuilder(uri)
            .header("Accept", "text/plain;version=0.0.4")
            .header("Accept-Encoding", "gzip")
            .header("User-Agent", "inferscale")
            .GET();
    if (token != null) {
      request.header("Authorization", "Bearer " + token.text());
    }
    return request.build();
  }

  private BoundedBody body(HttpResponse.ResponseInfo head, ByteBudget.Share share) {
    long announced = 0;
    try {
      announced = head.headers().firstValueAsLong("Content-Length").orElse(0);
    } catch (NumberFormatException _) {
      // The client itself refuses such an answer.
    }
    return new BoundedBody(maxBodyBytes, announced, share, time.instant());
  }

  private static FetchException late(ByteBudget.Share share, Deadline deadline) {
    return share.isWaiting()
        ? new FetchException(
            FetchFault.NO_MEMORY,
            "other pages used up maxBufferedBytes for " + deadline.millis() + " ms")
        : new FetchException(
            FetchFault.TIMED_OUT, "no complete answer within " + deadline.millis() + " ms");
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
        case SSLException refused -> {
          return unreachable(TlsFault.sentence(refused));
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

  private Page page(
      HttpResponse<BoundedBody.Received> response,
      Credentials as,
      ByteBudget.Share share,
      Deadline deadline)
      throws FetchException, InterruptedException {
    int status = response.statusCode();
    if (status != 200) {
      throw new FetchException(FetchFault.STATUS, "answers " + status + hint(status, as));
    }
    String encoding = response.headers().firstValue("Content-Encoding").orElse("identity");
    BoundedBody.Received received = response.body();
    byte[] body =
        switch (encoding.toLowerCase(Locale.ROOT)) {
          case "identity" -> received.bytes().drain();
          case "gzip", "x-gzip" -> gunzip(received.bytes(), share, deadline);
          default ->
              throw new FetchException(
                  FetchFault.REFUSED, "sends an encoding that was not asked for; gzip was");
        };
    String contentType = response.headers().firstValue("Content-Type").orElse("");
    return new Page(body, contentType, received.at(), share);
  }

  /// Decompresses within the limit: a few kilobytes of gzip can hold gigabytes.
  private byte[] gunzip(PageBytes compressed, ByteBudget.Share share, Deadline deadline)
      throws FetchException, InterruptedException {
    long covered = compressed.memory();
    long compressedMemory = covered;
    PageBytes plain = new PageBytes();
    byte[] chunk = new byte[CHUNK];
    try (InputStream in = new GZIPInputStream(compressed.stream(), CHUNK)) {
      for (int read = in.read(chunk); read >= 0; read = in.read(chunk)) {
        if (plain.size() + read > maxBodyBytes) {
          throw BoundedBody.tooLarge(maxBodyBytes);
        }
        plain.add(ByteBuffer.wrap(chunk, 0, read));
        if (compressedMemory + plain.memory() > covered) {
          covered = compressedMemory + plain.memory();
          cover(share, covered, deadline);
        }
      }
    } catch (FetchException e) {
      throw e;
    } catch (IOException e) {
      throw new FetchException(
          FetchFault.REFUSED, "says that its body is gzip, but it cannot be decompressed");
    }
    return plain.drain();
  }

  private static void cover(ByteBudget.Share share, long bytes, Deadline deadline)
      throws FetchException, InterruptedException {
    try {
      deadline.await(share.reach(bytes));
    } catch (TimeoutException e) {
      throw late(share, deadline);
    } catch (ExecutionException e) {
      throw fault(e);
    }
  }

  private static String hint(int status, Credentials as) {
    return switch (status) {
      case 401, 403 ->
          as.token() == null
              ? "; its metrics page wants credentials; name a token in bearerTokenSecretRef"
              : "; is the token of bearerTokenSecretRef right, and may its owner read metrics?";
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

  /// Ends the connections to whom nobody trusts any more; what is in flight is finished first.
  void retain(Set<Credentials.Trust> trusted) {
    clients.retain(trusted);
  }

  @Override
  public void close() {
    clients.close();
  }
}
