package dev.inferscale.adapter.wire;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonGenerator;
import com.fasterxml.jackson.core.util.ByteArrayBuilder;
import com.fasterxml.jackson.core.util.DefaultIndenter;
import com.fasterxml.jackson.core.util.DefaultPrettyPrinter;
import com.fasterxml.jackson.core.util.Separators;
import java.io.IOException;
import java.io.UncheckedIOException;

/// Renders JSON pages. Bodies end in one newline, as Kubernetes' do.
public final class JsonPage {
  public static final String MEDIA_TYPE = "application/json";

  private static final JsonFactory FACTORY = new JsonFactory();
  private static final DefaultPrettyPrinter INDENTED =
      new DefaultPrettyPrinter(
              Separators.createDefaultInstance()
                  .withObjectFieldValueSpacing(Separators.Spacing.AFTER))
          .withObjectIndenter(new DefaultIndenter("  ", "\n"));

  /// Writes one JSON value.
  @FunctionalInterface
  public interface Body {
    void write(JsonGenerator json) throws IOException;
  }

  private JsonPage() {}

  /// A compact page.
  public static Page of(int status, Body body) {
    return new Page(status, MEDIA_TYPE, render(false, body));
  }

  /// A page, indented where a person reads it.
  public static Page of(int status, boolean indented, Body body) {
    return new Page(status, MEDIA_TYPE, render(indented, body));
  }

  /// A finite number in its shortest form: whole numbers have no fraction.
  public static void number(JsonGenerator json, double value) throws IOException {
    if (value == Math.rint(value) && Math.abs(value) < 1e15) {
      json.writeNumber((long) value);
    } else {
      json.writeNumber(value);
    }
  }

  private static byte[] render(boolean indented, Body body) {
    ByteArrayBuilder bytes = new ByteArrayBuilder(1_024);
    try (JsonGenerator json = FACTORY.createGenerator(bytes)) {
      if (indented) {
        json.setPrettyPrinter(INDENTED.createInstance());
      }
      body.write(json);
      json.writeRaw('\n');
    } catch (IOException impossible) {
      throw new UncheckedIOException("writing to memory failed", impossible);
    }
    return bytes.toByteArray();
  }
}
