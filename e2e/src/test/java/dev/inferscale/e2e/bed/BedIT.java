package dev.inferscale.e2e.bed;

import static org.assertj.core.api.Assertions.assertThat;

import io.fabric8.kubernetes.api.model.Pod;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

/// That the bed is what the other tests take it for.
@ExtendWith(BedExtension.class)
final class BedIT {
  @Test
  void aDeploymentBecomesRunningWorkersThatAreReadyAndGoWithIt(BedNamespace home) {
    home.node("a");

    home.workers("chat", 2);
    home.awaitThat("two workers are ready", () -> home.ready("chat").size() == 2);

    assertThat(home.ready("chat"))
        .extracting(pod -> pod.getStatus().getPodIP())
        .doesNotHaveDuplicates()
        .allMatch(address -> address.startsWith("127."));
    home.scale("chat", 1);
    home.awaitThat("one pod is left", () -> home.names("chat").size() == 1);
    Pod left = home.oneReady("chat");
    assertThat(left.getStatus().getContainerStatuses().getFirst().getRestartCount()).isZero();
  }
}
