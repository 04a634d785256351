package dev.inferscale.worker;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URISyntaxException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.StreamSupport;

/// Reference data of an independent implementation; `goldens/README.md` tells what it holds.
public final class Goldens {
  /// The model that the distribution brings along.
  public static final Path DEMO_MODEL = Path.of("src", "main", "models", "demo");

  /// The model of a paced worker.
  public static final Path TINY_MODEL = DEMO_MODEL.resolveSibling("tiny");

  private static final ObjectMapper MAPPER = new ObjectMapper();

  private Goldens() {}

  public static Path path(String name) {
    try {
      return Path.of(Goldens.class.getResource("goldens/" + name).toURI());
    } catch (URISyntaxException impossible) {
      throw new IllegalStateException(impossible);
    }
  }

  public static Path model(String name) {
    return name.equals("demo") ? DEMO_MODEL : path("models/" + name);
  }

  /// `golden.json` of a model.
  public static JsonNode golden(String model) {
    return json(goldenFolder(model).resolve("golden.json"));
  }

  /// Where `golden.json` and `golden.safetensors` of a model lie.
  public static Path goldenFolder(String model) {
    return path(model.equals("demo") ? "demo" : "models/" + model);
  }

  public static JsonNode json(Path file) {
    try {
      return MAPPER.readTree(file.toFile());
    } catch (IOException unreadable) {
      throw new UncheckedIOException(unreadable);
    }
  }

  /// The objects of a file of JSON lines.
  public static List<JsonNode> lines(String name) {
    try {
      List<String> lines = Files.readAllLines(path(name));
      return List.copyOf(
          MAPPER
              .readerFor(JsonNode.class)
              .<JsonNode>readValues(String.join("\n", lines))
              .readAll());
    } catch (IOException unreadable) {
      throw new UncheckedIOException(unreadable);
    }
  }

  public static int[] ints(JsonNode list) {
    return StreamSupport.stream(list.spliterator(), false).mapToInt(JsonNode::asInt).toArray();
  }
}
