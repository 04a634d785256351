package dev.inferscale.signals.discover;

import static org.assertj.core.api.Assertions.assertThat;

import dev.inferscale.signals.pool.ModelPool;
import dev.inferscale.signals.pool.PoolId;
import dev.inferscale.signals.pool.PoolsFile;
import dev.inferscale.signals.pool.RejectedPool;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;

class PoolShelfTest {
  private static final PoolId CHAT = new PoolId("serving", "chat");

  private final PoolShelf shelf = new PoolShelf();

  private static String document(String name, String model, String interval) {
    return """
    apiVersion: inferscale.dev/v1alpha1
    kind: ModelPool
    metadata: {name: %s, namespace: serving}
    spec: {model: %s, interval: %s, source: {endpoints: ["http://127.0.0.1:1/metrics"]}}
    ---
    """
        .formatted(name, model, interval);
  }

  private static PoolsFile read(String... documents) {
    return PoolsFile.parse(String.join("", documents));
  }

  private Set<String> served() {
    return Set.copyOf(
        shelf.picture().pools().stream().map(p -> p.id().name() + "=" + p.model()).toList());
  }

  @Test
  void aPoolWhoseNewTextIsBadKeepsItsLastGoodVersion() {
    shelf.file("a.yaml", read(document("chat", "m1", "2s"), document("code", "m2", "2s")));
    shelf.file("a.yaml", read(document("chat", "m3", "2d"), document("code", "m4", "2s")));

    assertThat(served()).containsExactlyInAnyOrder("chat=m1", "code=m4");
    RejectedPool rejected = shelf.picture().rejected().getFirst();
    assertThat(rejected.origin()).isEqualTo("a.yaml");
    assertThat(rejected.pool()).isEqualTo("serving/chat");
    assertThat(rejected.served()).isTrue();
    assertThat(rejected.problems()).singleElement().asString().contains("spec.interval", "2d");

    shelf.file("a.yaml", read(document("chat", "m5", "2s"), document("code", "m4", "2s")));
    assertThat(served()).containsExactlyInAnyOrder("chat=m5", "code=m4");
    assertThat(shelf.picture().rejected()).isEmpty();
  }

  @Test
  void aPoolThatWasNeverGoodIsNotServedAndIsSaid() {
    shelf.file("a.yaml", read(document("chat", "m", "2d")));

    assertThat(served()).isEmpty();
    assertThat(shelf.picture().rejected()).extracting(RejectedPool::served).containsExactly(false);
  }

  @Test
  void renamingAndDeletingLeaveNothingBehind() {
    shelf.file("a.yaml", read(document("chat", "m", "2s"), document("code", "m", "2s")));
    shelf.file("a.yaml", read(document("talk", "m", "2s")));
    assertThat(served()).containsExactly("talk=m");

    shelf.fileGone("a.yaml");
    assertThat(served()).isEmpty();
  }

  @Test
  void brokenYamlCostsNoPoolThatItMayHaveBeen() {
    shelf.file("a.yaml", read(document("chat", "m", "2s"), document("code", "m", "2s")));
    shelf.file("a.yaml", read("{broken\n---\n", document("code", "m2", "2s")));

    assertThat(served()).containsExactlyInAnyOrder("chat=m", "code=m2");
    assertThat(shelf.picture().rejected()).hasSize(1);
  }

  @Test
  void aFileThatCannotBeReadKeepsItsPools() {
    shelf.file("a.yaml", read(document("chat", "m", "2s")));
    shelf.fileFault("a.yaml", "does not exist");

    assertThat(served()).containsExactly("chat=m");
    assertThat(shelf.picture().rejected().getFirst().problems()).containsExactly("does not exist");
  }

  @Test
  void aResourceCannotTakeThePoolOfAFile() {
    shelf.resource(CHAT, read(document("chat", "theirs", "2s")));
    assertThat(served()).containsExactly("chat=theirs");

    shelf.file("a.yaml", read(document("chat", "ours", "2s")));
    assertThat(served()).containsExactly("chat=ours");
    assertThat(shelf.picture().rejected()).extracting(RejectedPool::origin).hasSize(1);

    shelf.fileGone("a.yaml");
    assertThat(served()).containsExactly("chat=theirs");
  }

  @Test
  void aListOfOneNamespaceForgetsOnlyItsOwn() {
    ModelPool elsewhere =
        PoolsFile.parse(document("chat", "m", "2s").replace("serving", "other")).pools().getFirst();
    shelf.resource(CHAT, read(document("chat", "m", "2s")));
    shelf.resource(elsewhere.id(), new PoolsFile(List.of(elsewhere), List.of()));

    shelf.resourcesAre("serving", Set.of());

    assertThat(shelf.picture().pools()).extracting(ModelPool::id).containsExactly(elsewhere.id());
    shelf.resourcesAre("", Set.of());
    assertThat(shelf.picture().pools()).isEmpty();
  }
}
