package dev.inferscale.worker;

import static org.assertj.core.api.Assertions.assertThat;

import dev.inferscale.launch.ConfigReader;
import dev.inferscale.launch.ConfigReader.ConfigFault;
import dev.inferscale.launch.ConfigReader.Result;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

class WorkerConfigTest {
  @Test
  void everyKeyHasADefault() {
    assertThat(read("")).isEqualTo(new Result.Good<>(WorkerConfig.defaults(), List.of()));
  }

  @Test
  void everyKeyIsRead() {
    Result<WorkerConfig> result =
        read(
            """
            host: 0.0.0.0
            port: 9000
            model: /models/x
            servedModelName: x
            backend: paced
            allowPaced: true
            paced: {step: 10ms, perSequence: 60us, perResidentToken: 105ns, perPrefillToken: 74us}
            threads: 3
            kvCacheTokens: 4096
            blockTokens: 32
            maxRunning: 7
            maxQueue: 8
            maxBatchTokens: 99
            queueTimeout: 5s
            requestTimeout: 2m
            drainTimeout: 0s
            notReadyAfter: 9s
            notLiveAfter: 11s
            warmUp: 0s
            usdPerHour: 3.5
            tenants: {header: x-tenant, trustedPeers: [10.0.0.0/8], max: 4}
            """);

    assertThat(result)
        .isInstanceOfSatisfying(
            Result.Good.class,
            good -> {
              assertThat(good.config()).hasNoNullFieldsOrProperties();
              for (var component : WorkerConfig.class.getRecordComponents()) {
                assertThat(good.config())
                    .extracting(component.getName())
                    .as(component.getName())
                    .isNotEqualTo(valueOf(component.getName()));
              }
            });
  }

  @Test
  void allFaultsAreReportedAtOnce() {
    Result<WorkerConfig> result =
        read(
            """
            maxQue: 5
            port: 70000x
            tenants: {trustedPeers: [somewhere]}
            """);

    assertThat(result)
        .isInstanceOfSatisfying(
            Result.Bad.class,
            bad ->
                assertThat(bad.faults().toString())
                    .contains("maxQue", "maxQueue", "port", "trustedPeers", "10.0.0.0/8"));
  }

  @Test
  void rangesAreNamedWithTheirKey() {
    assertThat(read("maxRunning: 64\nmaxBatchTokens: 63"))
        .isInstanceOfSatisfying(
            Result.Bad.class,
            bad ->
                assertThat(((ConfigFault) bad.faults().getFirst()).line())
                    .contains("maxBatchTokens", "maxRunning (64) to 1048576"));
  }

  @Test
  void aPacedWorkerMustBeAllowed() {
    assertThat(read("backend: paced"))
        .isInstanceOfSatisfying(
            Result.Bad.class,
            bad ->
                assertThat(((ConfigFault) bad.faults().getFirst()).line())
                    .contains("backend", "--allow-paced"));
  }

  private static Object valueOf(String component) {
    try {
      return WorkerConfig.class.getMethod(component).invoke(WorkerConfig.defaults());
    } catch (ReflectiveOperationException e) {
      throw new LinkageError(component, e);
    }
  }

  private static Result<WorkerConfig> read(String yaml) {
    return ConfigReader.of(WorkerConfig.class).read(yaml, Map.of(), Map.of());
  }
}
