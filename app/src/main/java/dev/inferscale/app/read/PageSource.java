package dev.inferscale.app.read;

import dev.inferscale.signals.exposition.Limits;
import java.io.IOException;
import java.io.InputStream;
import java.net.ConnectException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Objects;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.jspecify.annotations.Nullable;

/// Where a page comes from: a file, `-` for standard input, or a URL. Never more than the parser
/// would read.
final class PageSource {
  private static final Duration PATIENCE = Duration.ofSeconds(10);

  private PageSource() {}

  /// The bytes of the page.
  ///
  /// @throws IOException one sentence that names the page
  static byte[] read(String page) throws IOException, InterruptedException {
    if (page.equals("-")) {
      return bounded(page, System.in);
    }
    if (page.startsWith("http://") || page.startsWith("https://")) {
      return fetch(page);
    }
    Path file = Path.of(page);
    if (!Files.isRegularFile(file)) {
      throw new IOException(page + " is no file; give a file, a URL, or - for standard input");
    }
    try (InputStream in = Files.newInputStream(file)) {
      return bounded(page, in);
    }
  }

  private static byte[] fetch(String page) throws IOException, InterruptedException {
    HttpClient http =
        HttpClient.newBuilder()
            .version(HttpClient.Version.HTTP_1_1)
            .connectTimeout(PATIENCE)
            .build();
    try {
      HttpRequest request =
          HttpRequest.newBuilder(URI.create(page))
              .header("Accept", "text/plain;version=0.0.4")
              .build();
      // The request's own time-out would end with the headers; this one covers the body.
      HttpResponse<byte[]> response =
          http.sendAsync(
                  request,
                  BodyHandlers.limiting(BodyHandlers.ofByteArray(), Limits.DEFAULTS.bodyBytes()))
              .get(PATIENCE.toSeconds(), TimeUnit.SECONDS);
      if (response.statusCode() != 200) {
        throw new IOException(page + " answered status " + response.statusCode());
      }
      return response.body();
    } catch (TimeoutException e) {
      throw new IOException(page + " gave no page within " + PATIENCE.toSeconds() + " s", e);
    } catch (ExecutionException e) {
      throw new IOException(page + " cannot be read: " + reason(e.getCause()), e);
    } catch (IllegalArgumentException e) {
      throw new IOException(page + " is not a URL", e);
    } finally {
      http.shutdownNow();
    }
  }

  private static String reason(@Nullable Throwable cause) {
    return switch (cause) {
      case ConnectException _ -> "nothing answers there";
      case null -> "no reason was given";
      default -> Objects.requireNonNullElse(cause.getMessage(), cause.getClass().getSimpleName());
    };
  }

  private static byte[] bounded(String page, InputStream in) throws IOException {
    int most = Limits.DEFAULTS.bodyBytes();
    byte[] bytes = in.readNBytes(most + 1);
    if (bytes.length > most) {
      throw new IOException(
          page + " is longer than the " + most + " bytes that are read of a page");
    }
    return bytes;
  }
}
