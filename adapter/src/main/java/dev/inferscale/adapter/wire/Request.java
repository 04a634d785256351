package dev.inferscale.adapter.wire;

import java.util.ArrayList;
import java.util.Collections;
import java.util.List;

/// One request as it was read: path and query are decoded, headers are those that choose an answer.
///
/// @param path decoded segments; `/apis/x` is two. A trailing slash adds none
/// @param accept the `Accept` header, empty where absent
/// @param ifNoneMatch the `If-None-Match` header, empty where absent
public record Request(
    String method,
    List<String> path,
    Query query,
    String accept,
    String userAgent,
    String ifNoneMatch) {

  /// Path and query together, in characters.
  public static final int MAX_TARGET_LENGTH = 8_192;

  /// Reads a request.
  ///
  /// @param rawPath still percent-encoded, beginning with `/`
  /// @param rawQuery still percent-encoded, without the `?`
  /// @throws MalformedRequest where path or query is too long or does not decode
  public static Request parse(
      String method,
      String rawPath,
      String rawQuery,
      String accept,
      String userAgent,
      String ifNoneMatch)
      throws MalformedRequest {
    int length = rawPath.length() + rawQuery.length();
    if (length > MAX_TARGET_LENGTH) {
      throw MalformedRequest.tooLong(
          "path and query have "
              + length
              + " characters; at most "
              + MAX_TARGET_LENGTH
              + " are read");
    }
    return new Request(
        method, segments(rawPath), Query.parse(rawQuery), accept, userAgent, ifNoneMatch);
  }

  /// True for the two methods that only read.
  public boolean reads() {
    return method.equals("GET") || method.equals("HEAD");
  }

  /// The path segment at `index`, empty beyond the end.
  public String segment(int index) {
    return index < path.size() ? path.get(index) : "";
  }

  /// True where the caller says that it already has the document with this tag.
  public boolean has(String etag) {
    return ifNoneMatch.equals("*") || ifNoneMatch.contains(etag);
  }

  /// True where the answer is for a person's eyes: asked with `pretty`, or sent by a browser or
  /// curl.
  public boolean wantsIndentation() {
    if (query.has("pretty")) {
      return query.isTrue("pretty");
    }
    return userAgent.startsWith("curl/")
        || userAgent.startsWith("Wget/")
        || userAgent.startsWith("Mozilla/5.0");
  }

  /// The path as a person would type it, for messages.
  public String shownPath() {
    return Quoted.of("/" + String.join("/", path));
  }

  private static List<String> segments(String rawPath) throws MalformedRequest {
    List<String> segments = new ArrayList<>(8);
    int start = rawPath.startsWith("/") ? 1 : 0;
    while (start < rawPath.length()) {
      int slash = rawPath.indexOf('/', start);
      int end = slash < 0 ? rawPath.length() : slash;
      segments.add(PercentCoding.decodePath(rawPath.substring(start, end)));
      start = end + 1;
    }
    return Collections.unmodifiableList(segments);
  }
}
