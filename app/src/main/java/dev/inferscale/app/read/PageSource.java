package dev.inferscale.app.read;

import dev.inferscale.signals.exposition.Limits;
import dev.inferscale.signals.scrape.PageFetch;
import java.io.IOException;
import java.io.InputStream;
import java.net.URI;
import java.net.URISyntaxException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;

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

  /// Redirects, encodings and bounds as the plane treats them.
  private static byte[] fetch(String page) throws IOException, InterruptedException {
    URI uri = url(page);
    try {
      return PageFetch.get(uri, PATIENCE);
    } catch (IOException e) {
      throw new IOException(page + ": " + e.getMessage(), e);
    }
  }

  private static URI url(String page) throws IOException {
    try {
      URI uri = new URI(page);
      if (uri.getHost() != null) {
        return uri;
      }
    } catch (URISyntaxException _) {
      // said below
    }
    throw new IOException(page + " is not a URL");
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
