package dev.inferscale.e2e;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.net.BindException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.file.Path;
import java.util.List;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// The first minute with Inferscale, from outside: what it prints, and that nothing outlives it.
final class QuickstartTest {
  /// The last line of a table: everything runs.
  private static final Pattern TABLE = Pattern.compile("(?m)^load: \\d+ asked");

  @TempDir private Path folder;

  @Test
  void aRunToTheEndIsOkAndGoesAroundABusyPort() throws Exception {
    ServerSocket busy = hold(8080);
    try (busy;
        Started run = Started.inferscale(folder, "quickstart", "--for", "8s", "--output", "json")) {
      List<ProcessHandle> children = run.awaitChildren(2);

      assertThat(run.status()).as(run::toString).isZero();
      JsonNode summary = new ObjectMapper().readTree(run.out());
      assertThat(summary.path("ok").asBoolean()).isTrue();
      assertThat(summary.path("faults").isEmpty()).isTrue();
      assertThat(summary.path("tokensGenerated").asLong()).isPositive();
      assertThat(summary.path("firstSignalSeconds").asDouble()).isPositive();
      assertThat(summary.path("readsAnswered").path("externalMetrics").asInt()).isEqualTo(200);
      assertThat(run.err().lines().findFirst().orElseThrow())
          .startsWith("inferscale quickstart: plane http://127.0.0.1:")
          .doesNotContain(":8080,")
          .endsWith("(a default port was busy)");
      assertGone(children);
      assertThat(folder).isEmptyDirectory();
    }
  }

  @Test
  void sigtermWhileItRunsEndsEverything() throws Exception {
    try (Started run = Started.inferscale(folder, "quickstart")) {
      run.awaitSaid(TABLE);
      List<ProcessHandle> children = run.awaitChildren(2);
      assertThat(run.out()).contains("From another terminal:", "  curl -k \"https://127.0.0.1:");

      run.signal("TERM");

      assertThat(run.status()).as(run::toString).isZero();
      assertGone(children);
      assertThat(run.sentences("inferscale quickstart")).isEmpty();
      assertThat(folder).isEmptyDirectory();
    }
  }

  @Test
  void sigintWhileItStartsEndsEverything() throws Exception {
    try (Started run = Started.inferscale(folder, "quickstart")) {
      List<ProcessHandle> children = run.awaitChildren(2);

      run.signal("INT");

      assertThat(run.status()).as(run::toString).isZero();
      assertGone(children);
      assertThat(run.sentences("inferscale quickstart")).isEmpty();
    }
  }

  @Test
  void nothingOutlivesASigkill() throws Exception {
    try (Started run = Started.inferscale(folder, "quickstart")) {
      run.awaitSaid(TABLE);
      List<ProcessHandle> children = run.awaitChildren(2);

      run.signal("KILL");

      run.status();
      assertGone(children);
    }
  }

  private static void assertGone(List<ProcessHandle> children) {
    await().atMost(Started.LIMIT).until(() -> children.stream().noneMatch(ProcessHandle::isAlive));
  }

  /// Makes that port busy; when it is so already, any other is held instead.
  private static ServerSocket hold(int port) throws IOException {
    try {
      return new ServerSocket(port, 1, InetAddress.getLoopbackAddress());
    } catch (BindException _) {
      return new ServerSocket(0, 1, InetAddress.getLoopbackAddress());
    }
  }
}
