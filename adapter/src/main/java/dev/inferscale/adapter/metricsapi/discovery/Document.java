package dev.inferscale.adapter.metricsapi.discovery;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.inferscale.adapter.wire.JsonPage;
import dev.inferscale.adapter.wire.Page;
import dev.inferscale.adapter.wire.Reply;
import dev.inferscale.adapter.wire.Request;
import dev.inferscale.adapter.wire.Surface;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;

/// A document that is rendered once and answers many requests, with the tag that lets callers skip
/// it.
///
/// @param hash of the body, in hexadecimal
public record Document(Page page, String hash) {

  /// A document of JSON.
  public static Document of(JsonPage.Body body) {
    return of(JsonPage.MEDIA_TYPE, body);
  }

  /// A document of JSON under another media type.
  public static Document of(String contentType, JsonPage.Body body) {
    return of(contentType, JsonPage.of(200, body).body());
  }

  /// A document written as text.
  static Document ofJson(String text) {
    return of(JsonPage.MEDIA_TYPE, text.getBytes(UTF_8));
  }

  /// The document, or 304 where the caller has it already.
  public Reply answer(Surface surface, Request request) {
    return Reply.constant(surface, page, '"' + hash + '"', request);
  }

  private static Document of(String contentType, byte[] body) {
    return new Document(new Page(200, contentType, body), hash(body));
  }

  private static String hash(byte[] bytes) {
    try {
      byte[] digest = MessageDigest.getInstance("SHA-256").digest(bytes);
      return HexFormat.of().formatHex(digest, 0, 16);
    } catch (NoSuchAlgorithmException impossible) {
      throw new IllegalStateException("every Java platform has SHA-256", impossible);
    }
  }
}
