package dev.inferscale.adapter.metricsapi;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import dev.inferscale.adapter.wire.Negotiation.Form;
import dev.inferscale.adapter.wire.Page;
import java.util.HexFormat;
import java.util.List;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

class StatusTest {

  static List<List<String>> statuses() {
    return Vectors.read("encodings.tsv").stream()
        .filter(row -> row.getFirst().startsWith("status"))
        .toList();
  }

  @ParameterizedTest
  @MethodSource("statuses")
  void anErrorIsWrittenAsKubernetesWritesIt(List<String> row) {
    boolean missing = row.getFirst().equals("status-404");
    Status status = missing ? Status.NOT_FOUND : Status.SERVICE_UNAVAILABLE;
    String message =
        missing
            ? "the server could not find the metric foo for pods"
            : "stale: pool serving/ch\u00e4t";

    Page json = status.page(message);
    Page protobuf = status.page(message, Form.PROTOBUF, false);

    assertThat(new String(json.body(), UTF_8)).isEqualTo(row.get(1) + "\n");
    assertThat(HexFormat.of().formatHex(protobuf.body())).isEqualTo(row.get(2));
    assertThat(protobuf.status()).isEqualTo(json.status()).isEqualTo(missing ? 404 : 503);
    assertThat(status.page(message, Form.TABLE_V1, false))
        .usingRecursiveComparison()
        .isEqualTo(json);
  }
}
