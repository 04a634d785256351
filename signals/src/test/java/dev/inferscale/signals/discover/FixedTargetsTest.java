package dev.inferscale.signals.discover;

import static org.assertj.core.api.Assertions.assertThat;

import dev.inferscale.signals.Pools;
import dev.inferscale.signals.pool.Target;
import java.net.URI;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

class FixedTargetsTest {

  private static List<String> names(String... endpoints) {
    List<URI> uris = Stream.of(endpoints).map(URI::create).toList();
    return FixedTargets.of(List.of(Pools.pool("chat", uris))).getFirst().targets().stream()
        .map(Target::name)
        .toList();
  }

  @Test
  void aTargetIsNamedByHostAndPort() {
    assertThat(names("http://a:8000/metrics", "http://b/metrics", "https://b/metrics"))
        .containsExactly("a:8000", "b:80", "b:443");
  }

  @Test
  void namesAreUniqueAndNeverShowAQuery() {
    assertThat(names("http://a:1/x", "http://a:1/y", "http://a:1/y?token=s3cret"))
        .containsExactly("a:1/x", "a:1/y", "a:1/y#1");
  }

  @Test
  void poolsCarryTheirModelsAlias() {
    assertThat(FixedTargets.of(List.of(Pools.pool("chat"))).getFirst().modelAlias())
        .isEqualTo("acme_chat-9b");
  }
}
