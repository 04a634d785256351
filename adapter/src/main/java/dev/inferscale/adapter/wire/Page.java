package dev.inferscale.adapter.wire;

import static java.nio.charset.StandardCharsets.UTF_8;

/// A finished answer: status, media type, bytes. The media type is empty exactly when there is no
/// body.
public record Page(int status, String contentType, byte[] body) {

  /// The answer to a conditional request whose document has not changed.
  public static final Page NOT_MODIFIED = new Page(304, "", new byte[0]);

  /// A page of plain text.
  public static Page text(int status, String text) {
    return new Page(status, "text/plain; charset=utf-8", text.getBytes(UTF_8));
  }
}
