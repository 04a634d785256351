package dev.inferscale.signals.kube;

import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Function;

/// Lists a collection of the Kubernetes API page by page; each item is reduced as soon as it is
/// read, so that never more than one is in memory as a document.
final class PagedList {
  private static final int PAGE = 500;
  private static final ObjectMapper JSON = new ObjectMapper();

  private PagedList() {}

  /// All items, and the version of the collection that they show.
  record Listed<T>(List<T> items, String version) {}

  /// @param path without query
  /// @param selector further parameters, or empty
  /// @throws ApiFault also where the list changed so much that it must be begun anew (410)
  static <T> Listed<T> of(
      ApiServer server, String path, String selector, Function<JsonNode, T> reduced)
      throws ApiFault, InterruptedException {
    List<T> items = new ArrayList<>();
    String more = "";
    JsonNode metadata;
    do {
      String page =
          path
              + "?limit="
              + PAGE
              + (selector.isEmpty() ? "" : "&" + selector)
              + (more.isEmpty()
                  ? ""
                  : "&continue=" + URLEncoder.encode(more, StandardCharsets.UTF_8));
      metadata = page(server.get(page), reduced, items);
      more = metadata.path("continue").asText("");
    } while (!more.isEmpty());
    return new Listed<>(items, metadata.path("resourceVersion").asText(""));
  }

  /// Adds the items of one page and gives the list's metadata.
  private static <T> JsonNode page(byte[] body, Function<JsonNode, T> reduced, List<T> items)
      throws ApiFault {
    JsonNode metadata = JSON.createObjectNode();
    try (JsonParser parser = JSON.createParser(body)) {
      if (parser.nextToken() != JsonToken.START_OBJECT) {
        throw new ApiFault(ApiFault.NONE, "the API server's list is no JSON object");
      }
      while (parser.nextToken() == JsonToken.FIELD_NAME) {
        String field = parser.currentName();
        JsonToken value = parser.nextToken();
        if (field.equals("metadata")) {
          metadata = parser.readValueAsTree();
        } else if (field.equals("items") && value == JsonToken.START_ARRAY) {
          while (parser.nextToken() != JsonToken.END_ARRAY) {
            items.add(reduced.apply(parser.readValueAsTree()));
          }
        } else {
          parser.skipChildren();
        }
      }
      return metadata;
    } catch (ApiFault e) {
      throw e;
    } catch (IOException e) {
      throw new ApiFault(ApiFault.NONE, "the API server's list is no JSON");
    }
  }
}
