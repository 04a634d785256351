package dev.inferscale.app.quickstart;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.util.List;
import org.junit.jupiter.api.Test;

final class ScreenTest {
  private static final List<String> TABLE = List.of("POOL", "chat");

  private final ByteArrayOutputStream bytes = new ByteArrayOutputStream();

  @Test
  void onATerminalATableIsDrawnOverTheLast() {
    Screen screen = new Screen(new PrintStream(bytes, true, UTF_8), true);

    screen.table(TABLE);
    screen.table(TABLE);

    assertThat(text())
        .isEqualTo("\u001b[2KPOOL\n\u001b[2Kchat\n\u001b[2A\u001b[2KPOOL\n\u001b[2Kchat\n");
  }

  @Test
  void elsewhereEachFifthTableIsPlainLines() {
    Screen screen = new Screen(new PrintStream(bytes, true, UTF_8), false);

    for (int i = 0; i < 6; i++) {
      screen.table(TABLE);
    }

    assertThat(text()).isEqualTo("POOL\nchat\nPOOL\nchat\n");
  }

  private String text() {
    return bytes.toString(UTF_8);
  }
}
