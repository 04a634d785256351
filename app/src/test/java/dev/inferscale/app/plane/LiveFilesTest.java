package dev.inferscale.app.plane;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import dev.inferscale.launch.MonotonicTime;
import dev.inferscale.signals.EnginePages;
import dev.inferscale.signals.discover.DiscoverConfig;
import dev.inferscale.signals.discover.Discovery;
import dev.inferscale.signals.exposition.Limits;
import dev.inferscale.signals.profile.Profiles;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class LiveFilesTest {
  @TempDir private Path folder;

  private final EnginePages pages = new EnginePages(Profiles.bundled(), Limits.DEFAULTS);
  private final Discovery discovery =
      new Discovery(DiscoverConfig.none(), pages::engines, new MonotonicTime());
  private final List<String> told = new ArrayList<>();
  private LiveFiles files;

  @BeforeEach
  void watch() throws IOException {
    Files.createDirectory(folder.resolve("pools"));
    Files.createDirectory(folder.resolve("profiles"));
    files =
        new LiveFiles(
            folder.resolve("pools").toString(),
            Optional.of(folder.resolve("profiles")),
            pages,
            discovery,
            (_, problem) -> told.add(problem));
  }

  private void pools(String file, String name, String engine) throws IOException {
    Files.writeString(
        folder.resolve("pools").resolve(file),
        """
        apiVersion: inferscale.dev/v1alpha1
        kind: ModelPool
        metadata: {name: %s}
        spec: {model: m, engine: %s, source: {endpoints: ["http://127.0.0.1:1/metrics"]}}
        """
            .formatted(name, engine));
  }

  private List<String> measured() {
    return discovery.now().stream()
        .map(pool -> pool.pool().id().name() + " " + pool.pool().engine())
        .toList();
  }

  @Test
  void filesThatComeChangeAndGoArePoolsThatDo() throws IOException {
    pools("a.yaml", "chat", "auto");
    files.look();
    assertThat(measured()).containsExactly("chat auto");

    pools("b.yaml", "code", "auto");
    pools("a.yaml", "talking", "auto");
    files.look();
    assertThat(measured()).containsExactly("code auto", "talking auto");

    Files.delete(folder.resolve("pools/a.yaml"));
    files.look();
    assertThat(measured()).containsExactly("code auto");
    assertThat(told).isEmpty();
  }

  @Test
  void aBadPoolKeepsItsLastGoodVersionAndIsSaidOnce() throws IOException {
    pools("a.yaml", "chat", "vllm");
    files.look();
    pools("a.yaml", "chat", "vlllm");
    files.look();
    files.look();

    assertThat(measured()).containsExactly("chat vllm");
    assertThat(told).singleElement().asString().contains("did you mean vllm?");
  }

  @Test
  void aProfileThatComesMendsThePoolsThatNameIt() throws IOException {
    pools("a.yaml", "chat", "house-engine");
    files.look();
    assertThat(measured()).isEmpty();

    String vllm;
    try (var in = Profiles.class.getResourceAsStream("vllm.yaml")) {
      vllm = new String(in.readAllBytes(), UTF_8);
    }
    Path profile = folder.resolve("profiles/house.yaml");
    Files.writeString(profile, vllm.replaceFirst("(?m)^name: vllm$", "name: house-engine"));
    files.look();
    assertThat(measured()).containsExactly("chat house-engine");

    Files.writeString(profile, "nonsense");
    files.look();
    assertThat(measured()).containsExactly("chat house-engine");
    assertThat(pages.engines()).contains("house-engine");
  }
}
