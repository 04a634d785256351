package dev.inferscale.signals.pool;

import static org.assertj.core.api.Assertions.assertThat;

import dev.inferscale.signals.pool.ModelPool.ScaleTarget;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class ScaledObjectTest {

  @ParameterizedTest
  @CsvSource({
    "apps/v1, Deployment, deployments.apps, deployment",
    "v1, ReplicationController, replicationcontrollers, replicationcontroller",
    "a.io/v1, Policy, policies.a.io, policy",
    "a.io/v1, Class, classes.a.io, class"
  })
  void aKindIsPluralisedWhereNobodyHasSaid(
      String apiVersion, String kind, String qualified, String singular) {
    ScaledObject guessed = ScaledObject.of(new ScaleTarget(apiVersion, kind, "x"), "");

    assertThat(guessed.qualified()).isEqualTo(qualified);
    assertThat(guessed.singular()).isEqualTo(singular);
  }

  @Test
  void theApiServersWordCounts() {
    assertThat(ScaledObject.of(new ScaleTarget("a.io/v1", "Ox", "x"), "oxen").qualified())
        .isEqualTo("oxen.a.io");
  }
}
