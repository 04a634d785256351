package dev.inferscale.adapter.auth;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.inferscale.adapter.wire.MalformedRequest;
import dev.inferscale.adapter.wire.Request;
import java.io.IOException;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class AttributesTest {
  private static final String EXTERNAL = "/apis/external.metrics.k8s.io/v1beta1";
  private static final String CUSTOM = "/apis/custom.metrics.k8s.io/v1beta2";

  private static Request request(String method, String target) throws MalformedRequest {
    int query = target.indexOf('?');
    return Request.parse(
        method,
        query < 0 ? target : target.substring(0, query),
        query < 0 ? "" : target.substring(query + 1),
        "",
        "",
        "");
  }

  /// What RBAC is asked, in the order verb namespace resource/subresource name.
  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      emptyValue = "",
      value = {
        EXTERNAL + "/namespaces/ns/Queue_Depth      | list ns queue_depth/ ''",
        EXTERNAL + "/namespaces/ns/m?watch=true     | watch ns m/ ''",
        EXTERNAL + "/m                              | list  m/ ''",
        CUSTOM + "/namespaces/ns/pods/%2A/m         | get ns pods/m '*'",
        CUSTOM + "/namespaces/ns/pods/a/M           | get ns pods/m 'a'",
        CUSTOM + "/namespaces/ns/deployments.apps/d/m | get ns deployments.apps/m 'd'",
        CUSTOM + "/namespaces/ns/metrics/M          | get ns metrics/ 'm'",
        CUSTOM + "/nodes/%2A/m                      | get  nodes/m '*'",
        CUSTOM + "/namespaces/%2A/m                 | list * m/ ''",
        CUSTOM + "/namespaces/ns/status             | get ns namespaces/status 'ns'",
      })
  void aPathBelowAVersionNamesAResource(String target, String wanted) throws MalformedRequest {
    Attributes attributes = Attributes.ofApi(request("GET", target.strip()));

    assertThat(attributes.isResource()).isTrue();
    assertThat(
            "%s %s %s/%s '%s'"
                .formatted(
                    attributes.verb(),
                    attributes.namespace(),
                    attributes.resource(),
                    attributes.subresource(),
                    attributes.name()))
        .isEqualTo(wanted.strip());
  }

  /// Else every account could read all pools, since `system:discovery` gives it `/api/*`.
  @ParameterizedTest
  @CsvSource(
      emptyValue = "",
      value = {
        "/api/v1/pools, list, '', ''",
        "/api/v1/pools/, list, '', ''",
        "/api/v1/%70ools, list, '', ''",
        "/api/v1/pools/ns, list, ns, ''",
        "/api/v1/pools/ns/chat, get, ns, chat",
        "/api/v1/pools/ns/chat/signals/x, get, ns, chat",
      })
  void aPoolOfTheObservationApiIsItsModelPool(
      String target, String verb, String namespace, String name) throws MalformedRequest {
    Attributes attributes = Attributes.ofObservation(request("GET", target));

    assertThat(attributes)
        .isEqualTo(
            new Attributes(
                verb, "", "inferscale.dev", "v1alpha1", namespace, "modelpools", "", name));
  }

  @ParameterizedTest
  @CsvSource({"/metrics", "/", "/api/v1/other", "/x/api/v1/pools"})
  void allElseOfTheObservationApiIsAPath(String path) throws MalformedRequest {
    assertThat(Attributes.ofObservation(request("GET", path)).path()).isEqualTo(path);
  }

  @ParameterizedTest
  @CsvSource({
    "GET, get, /apis",
    "HEAD, get, /apis/external.metrics.k8s.io/v1beta1",
    "GET, get, /openapi/v2",
    "GET, get, /metrics",
    "POST, post, /version",
    "GET, get, /api/v1/pools/ns/chat",
  })
  void everythingElseIsAPath(String method, String verb, String path) throws MalformedRequest {
    Attributes attributes = Attributes.ofApi(request(method, path));

    assertThat(attributes.isResource()).isFalse();
    assertThat(attributes.verb()).isEqualTo(verb);
    assertThat(attributes.path()).isEqualTo(path);
  }

  @Test
  void whatIsForbiddenIsSaidInKubernetesOwnWords() throws MalformedRequest {
    assertThat(said("GET", EXTERNAL + "/namespaces/ns/m"))
        .isEqualTo(
            "m.external.metrics.k8s.io is forbidden: User \"u\" cannot list resource \"m\" in API"
                + " group \"external.metrics.k8s.io\" in the namespace \"ns\"");
    assertThat(said("GET", CUSTOM + "/nodes/n1/m"))
        .isEqualTo(
            "nodes.custom.metrics.k8s.io \"n1\" is forbidden: User \"u\" cannot get resource"
                + " \"nodes/m\" in API group \"custom.metrics.k8s.io\" at the cluster scope");
    assertThat(said("GET", "/metrics"))
        .isEqualTo("forbidden: User \"u\" cannot get path \"/metrics\"");
  }

  private static String said(String method, String target) throws MalformedRequest {
    return Attributes.ofApi(request(method, target)).forbidden("u", "");
  }

  @Test
  void aRefusalIsAStatusWithItsDetailsAndNoMarkup() throws MalformedRequest, IOException {
    Attributes wanted = Attributes.ofApi(request("GET", CUSTOM + "/namespaces/ns/pods/a/m"));
    User user = new User("<b>&", List.of());

    JsonNode status =
        new ObjectMapper()
            .readTree(Refusal.forbidden(new Question(user, wanted), "why").status().body());

    assertThat(status.path("code").asInt()).isEqualTo(403);
    assertThat(status.path("reason").asText()).isEqualTo("Forbidden");
    assertThat(status.path("message").asText())
        .startsWith("pods.custom.metrics.k8s.io \"a\" is forbidden: User \"&lt;b&gt;&amp;\" cannot")
        .endsWith(": why");
    assertThat(status.path("details").toString())
        .isEqualTo("{\"name\":\"a\",\"group\":\"custom.metrics.k8s.io\",\"kind\":\"pods\"}");
  }

  @Test
  void aQuestionHasEverythingButTheSelector() throws MalformedRequest, IOException {
    Attributes wanted =
        Attributes.ofApi(
            request("GET", CUSTOM + "/namespaces/ns/pods/%2A/m?labelSelector=app%3Dx"));
    User user = new User("u", "7", List.of("g"), Map.of("scopes/x", List.of("a", "b")));

    assertThat(new ObjectMapper().readTree(new Question(user, wanted).review()))
        .isEqualTo(
            new ObjectMapper()
                .readTree(
                    """
                    {"apiVersion": "authorization.k8s.io/v1", "kind": "SubjectAccessReview",
                     "spec": {
                       "resourceAttributes": {"namespace": "ns", "verb": "get",
                         "group": "custom.metrics.k8s.io", "version": "v1beta2",
                         "resource": "pods", "subresource": "m", "name": "*"},
                       "user": "u", "uid": "7", "groups": ["g"],
                       "extra": {"scopes/x": ["a", "b"]}}}
                    """));
  }

  @Test
  void aVeryLongQuestionIsAskedButNotKept() throws MalformedRequest {
    Attributes wanted = Attributes.ofApi(request("GET", EXTERNAL + "/namespaces/ns/m"));

    assertThat(new Question(new User("u", List.of()), wanted).isKept()).isTrue();
    assertThat(new Question(new User("u", List.of("g".repeat(10_001))), wanted).isKept()).isFalse();
  }
}
