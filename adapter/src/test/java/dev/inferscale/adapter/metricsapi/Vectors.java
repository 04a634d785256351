package dev.inferscale.adapter.metricsapi;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.IOException;
import java.io.InputStream;
import java.util.List;
import java.util.Objects;

/// Tables of observed behaviour: rows of fields that tabs separate.
public final class Vectors {
  private Vectors() {}

  /// The rows of one table.
  public static List<List<String>> read(String name) {
    try (InputStream in = Objects.requireNonNull(Vectors.class.getResourceAsStream(name))) {
      return new String(in.readAllBytes(), UTF_8)
          .lines()
          .skip(1)
          .map(line -> List.of(line.split("\t", -1)))
          .toList();
    } catch (IOException failure) {
      throw new IllegalStateException(failure);
    }
  }
}
