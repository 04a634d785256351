package dev.inferscale.signals.window;

import static org.assertj.core.api.Assertions.assertThat;

import dev.inferscale.signals.Pools;
import dev.inferscale.signals.Readings;
import dev.inferscale.signals.pool.ModelPool.WindowLengths;
import dev.inferscale.signals.pool.Target;
import java.time.Duration;
import java.util.Objects;
import org.junit.jupiter.api.Test;

class WindowMemoryTest {
  private static final int BUDGET_BYTES = 12_000;
  private static final Target TARGET = Pools.target(Pools.pool("chat"), 0);

  @Test
  void aWindowThatIsFullOfVllmsHistogramsKeepsItsBudget() throws IllegalAccessException {
    Window window = filled(new WindowLengths(Duration.ofSeconds(15), Duration.ofSeconds(60)), 1);

    assertThat(bytes(window)).isLessThan(BUDGET_BYTES);
  }

  @Test
  void longWindowsCostNoMore() throws IllegalAccessException {
    Window window = filled(new WindowLengths(Duration.ofMinutes(15), Duration.ofMinutes(15)), 1);

    assertThat(bytes(window)).isLessThan(BUDGET_BYTES);
  }

  private static Window filled(WindowLengths lengths, int interval) {
    Window window = new Window(TARGET, lengths);
    for (int t = 1; t <= 1000; t += interval) {
      window.accept(BusyEngine.read(TARGET, t));
    }
    return window;
  }

  /// Bounds, provenance and the target are shared between readings.
  private static long bytes(Window window) throws IllegalAccessException {
    Measured measured = Objects.requireNonNull(window.view().measured());
    return ObjectSize.bytes(
        window, TARGET, BusyEngine.BOUNDS, Readings.DIRECT, measured.reading().provenance());
  }
}
