package dev.inferscale.app.operate;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class DialTargetTest {
  @ParameterizedTest
  @ValueSource(
      strings = {
        "scaler.inferscale:6000",
        "scaler.inferscale.svc:6000",
        "scaler.inferscale.svc.cluster.local:6000",
        "dns:///scaler.inferscale.svc.cluster.local:6000",
        "dns:scaler.inferscale:6000",
        "dns://10.96.0.10/scaler.inferscale.svc:6000",
      })
  void everyWayToDialAServiceIsThatService(String address) {
    assertThat(DialTarget.of(address)).hasValue(new DialTarget("inferscale", "scaler"));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "127.0.0.1:6000",
        "localhost:6000",
        "dns://10.0.0.10/scaler.example.com:6000",
        "scaler.example.com:6000",
        "[::1]:6000",
        "",
      })
  void whatIsNoServiceOfTheClusterIsNotLookedFor(String address) {
    assertThat(DialTarget.of(address)).isEmpty();
  }
}
