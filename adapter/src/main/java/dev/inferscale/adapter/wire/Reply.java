package dev.inferscale.adapter.wire;

/// A page and what the server must know to send and count it.
///
/// @param surface what was asked, for statistics
/// @param etag of the document, quoted as the header wants it; empty where the page is not meant to
///   be cached
/// @param immutable what stands at this URL will never change
public record Reply(Surface surface, Page page, String etag, boolean immutable) {

  /// A page that no client should keep.
  public static Reply of(Surface surface, Page page) {
    return new Reply(surface, page, "", false);
  }

  /// A document that may be kept, or 304 where the caller has it already.
  public static Reply constant(Surface surface, Page page, String etag, Request request) {
    boolean known = request.has(etag);
    return new Reply(surface, known ? Page.NOT_MODIFIED : page, etag, false);
  }

  /// The same at a URL that names the document's content.
  public Reply forGood() {
    return new Reply(surface, page, etag, true);
  }
}
