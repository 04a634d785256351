package dev.inferscale.signals.discover;

import static dev.inferscale.signals.discover.PodDocuments.deleting;
import static dev.inferscale.signals.discover.PodDocuments.pod;
import static dev.inferscale.signals.discover.PodDocuments.pool;
import static dev.inferscale.signals.discover.PodDocuments.serving;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.tuple;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.inferscale.signals.pool.Credentials;
import dev.inferscale.signals.pool.ModelPool;
import dev.inferscale.signals.pool.PoolTargets;
import dev.inferscale.signals.pool.PoolTargets.Gap;
import dev.inferscale.signals.pool.Target;
import java.util.Objects;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

class PodTargetsTest {
  private static PodTargets of(ModelPool pool, JsonNode... pods) {
    return PodTargets.of(
        pool,
        "source",
        PodDocuments.source(pool),
        Stream.of(pods).map(PodDocuments::read).toList());
  }

  private static PodTargets of(JsonNode... pods) {
    return of(pool("ports: [8000]"), pods);
  }

  @Test
  void aPodThatRunsIsATargetNamedAsItIs() {
    PodTargets found = of(serving("chat-0", "10.0.0.7"));

    assertThat(found.targets())
        .extracting(Target::name, target -> target.page().toString(), Target::instance)
        .containsExactly(tuple("chat-0", "http://10.0.0.7:8000/metrics", "uid-chat-0"));
    assertThat(found.starting()).isEmpty();
    assertThat(found.ready()).isEqualTo(1);
  }

  @Test
  void severalPortsAreSeveralTargetsAndSchemeAndPathAreThePools() {
    ModelPool pool = pool("ports: [8000, 8001]", "scheme: https", "path: /m");

    assertThat(of(pool, serving("chat-0", "fd00::7")).targets())
        .extracting(Target::name, target -> target.page().toString())
        .containsExactly(
            tuple("chat-0:8000", "https://[fd00::7]:8000/m"),
            tuple("chat-0:8001", "https://[fd00::7]:8001/m"));
  }

  @Test
  void aPodKeepsItsLabelsAndAllItsPorts() {
    PodTargets found = of(pool("ports: [8000, 8001]"), serving("chat-0", "10.0.0.7"));

    assertThat(found.pods()).hasSize(1);
    assertThat(found.pods().getFirst().name()).isEqualTo("chat-0");
    assertThat(found.pods().getFirst().labels()).containsEntry("app", "chat");
    assertThat(found.pods().getFirst().targets()).isEqualTo(found.targets());
  }

  @Test
  void podsThatDoNotServeCountNowhere() {
    PodTargets found =
        of(
            serving("chat-0", "10.0.0.1"),
            pod("evicted", "a", "Failed", "10.0.0.2", false),
            pod("finished", "b", "Succeeded", "10.0.0.3", false),
            deleting(serving("deleted", "10.0.0.4")),
            pod("pending", "c", "Pending", "", false),
            pod("no-address-yet", "d", "Running", "", false));

    assertThat(found.targets()).extracting(Target::name).containsExactly("chat-0");
    assertThat(found.ready()).isEqualTo(1);
    assertThat(found.startingPods()).isEqualTo(2);
  }

  @Test
  void aPodThatIsNotReadyIsAskedAndMarkedAsStarting() {
    PodTargets found = of(pod("chat-0", "a", "Running", "10.0.0.1", false));

    assertThat(found.targets()).hasSize(1);
    assertThat(found.starting()).containsExactlyElementsOf(found.targets());
    assertThat(found.ready()).isZero();
    assertThat(found.startingPods()).isEqualTo(1);
  }

  @Test
  void aPodOfTheSameNameAndAddressIsAnotherTarget() {
    Target before = of(pod("chat-0", "a", "Running", "10.0.0.1", true)).targets().getFirst();
    Target after = of(pod("chat-0", "b", "Running", "10.0.0.1", true)).targets().getFirst();

    assertThat(after).isNotEqualTo(before);
    assertThat(after.name()).isEqualTo(before.name());
  }

  @Test
  void onlyPodsThatTheSelectorMatchesAreTargets() {
    ObjectNode other = serving("other", "10.0.0.2");
    ((ObjectNode) other.at("/metadata/labels")).put("app", "other");
    ObjectNode bare = serving("bare", "10.0.0.3");
    ((ObjectNode) bare.get("metadata")).remove("labels");

    assertThat(of(serving("chat-0", "10.0.0.1"), other, bare).targets())
        .extracting(Target::name)
        .containsExactly("chat-0");
  }

  @Test
  void whoServesHimselfIsNotInFront() {
    PodTargets own = of(serving("chat-0", "10.0.0.7"));
    PodTargets both = of(serving("chat-0", "10.0.0.7"), serving("epp-0", "10.0.0.8"));

    PoolTargets.Front front = both.inFrontOf(own, Credentials.NONE);
    assertThat(front.targets())
        .extracting(Target::name, Target::front)
        .containsExactly(tuple("epp-0", true));
    assertThat(front.gap()).isNull();

    PoolTargets.Front none = own.inFrontOf(own, Credentials.NONE);
    assertThat(none.targets()).isEmpty();
    assertThat(none.gap())
        .isEqualTo(
            new Gap(Gap.Kind.CONFIG, "front.pods selects only pods that source.pods has too"));
  }

  @Test
  void theGapSaysWhatThereIsInstead() {
    assertThat(gap()).isEqualTo(Gap.Kind.NONE);
    assertThat(gap(pod("chat-0", "a", "Pending", "", false))).isEqualTo(Gap.Kind.NOT_YET);
    assertThat(gap(deleting(serving("chat-0", "10.0.0.1")))).isEqualTo(Gap.Kind.NONE);
    assertThat(of(serving("chat-0", "10.0.0.1")).gap()).isNull();
  }

  private static Gap.Kind gap(JsonNode... pods) {
    return Objects.requireNonNull(of(pods).gap()).kind();
  }
}
