package dev.inferscale.adapter.tally;

import static org.assertj.core.api.Assertions.assertThat;

import dev.inferscale.adapter.wire.MalformedRequest;
import dev.inferscale.adapter.wire.Request;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class CallTest {

  @ParameterizedTest
  @CsvSource({
    "GET, /apis/external.metrics.k8s.io/v1beta1/namespaces/a/b, EXTERNAL",
    "HEAD, /apis/external.metrics.k8s.io/v1beta1/b, EXTERNAL",
    "GET, /apis/external.metrics.k8s.io/v1beta1, NON_RESOURCE",
    "GET, /apis/external.metrics.k8s.io/v2/namespaces/a/b, NON_RESOURCE",
    "GET, /apis/custom.metrics.k8s.io/v1beta2/namespaces/a/pods/%2A/b, PODS_V1BETA2",
    "GET, /apis/custom.metrics.k8s.io/v1beta1/namespaces/a/pod/x/b, PODS_V1BETA1",
    "GET, /apis/custom.metrics.k8s.io/v1beta2/namespaces/a/modelpools.inferscale.dev/x/b, MODEL_POOLS_V1BETA2",
    "GET, /apis/custom.metrics.k8s.io/v1beta1/namespaces/a/modelpool/x/b, MODEL_POOLS_V1BETA1",
    "GET, /apis/custom.metrics.k8s.io/v1beta2/namespaces/a/deployments.apps/x/b, OBJECTS_V1BETA2",
    "GET, /apis/custom.metrics.k8s.io/v1beta1/namespaces/a/metrics/b, OBJECTS_V1BETA1",
    "GET, /apis/custom.metrics.k8s.io/v3/namespaces/a/metrics/b, NON_RESOURCE",
    "GET, /apis/apps/v1/namespaces/a/deployments, NON_RESOURCE",
    "GET, /, NON_RESOURCE",
    "GET, /x/external.metrics.k8s.io/v1beta1/namespaces/a/b, NON_RESOURCE",
    "DELETE, /apis/external.metrics.k8s.io/v1beta1/namespaces/a/b, CHANGE",
    "XYZZY, /, CHANGE"
  })
  void isFoundByMethodAndPath(String method, String path, Call call) throws MalformedRequest {
    assertThat(Call.of(Request.parse(method, path, "", "", "", ""))).isEqualTo(call);
  }
}
