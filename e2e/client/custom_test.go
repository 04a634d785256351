package client

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"k8s.io/apimachinery/pkg/api/meta"
	"k8s.io/apimachinery/pkg/labels"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/client-go/rest"
	"k8s.io/metrics/pkg/apis/custom_metrics/v1beta2"
	"k8s.io/metrics/pkg/client/custom_metrics"
)

const customGroup = "custom.metrics.k8s.io"

var (
	modelPool = schema.GroupKind{Group: "inferscale.dev", Kind: "ModelPool"}
	pods      = schema.GroupKind{Kind: "Pod"}
)

// customClients are the HPA's: one that chooses the version by discovery, and one for each version.
func customClients(t *testing.T) map[string]custom_metrics.CustomMetricsClient {
	t.Helper()
	mapper := meta.NewDefaultRESTMapper([]schema.GroupVersion{{Group: "inferscale.dev", Version: "v1alpha1"}, {Version: "v1"}})
	mapper.Add(modelPool.WithVersion("v1alpha1"), meta.RESTScopeNamespace)
	mapper.Add(pods.WithVersion("v1"), meta.RESTScopeNamespace)
	mapper.Add(schema.GroupVersionKind{Version: "v1", Kind: "Namespace"}, meta.RESTScopeRoot)
	clients := map[string]custom_metrics.CustomMetricsClient{
		"discovered": custom_metrics.NewForConfig(config(), mapper,
			custom_metrics.NewAvailableAPIsGetter(discoveryClient(t))),
	}
	for _, version := range []string{"v1beta1", "v1beta2"} {
		client, err := custom_metrics.NewForVersionForConfig(config(), mapper,
			schema.GroupVersion{Group: customGroup, Version: version})
		if err != nil {
			t.Fatal(err)
		}
		clients[version] = client
	}
	return clients
}

func requireObject(t *testing.T, value *v1beta2.MetricValue, kind, name string) {
	t.Helper()
	if value.DescribedObject.Kind != kind || value.DescribedObject.Name != name || value.Metric.Name != tokens {
		t.Errorf("asked for %s of %s %s, got %+v", tokens, kind, name, value)
	}
	if age := time.Since(value.Timestamp.Time); age < -time.Minute || age > time.Hour {
		t.Errorf("%s is stamped %v", tokens, value.Timestamp)
	}
	if value.Value.MilliValue() < 0 {
		t.Errorf("%s is %s", tokens, value.Value.String())
	}
}

func TestThePoolIsAnObjectInBothVersions(t *testing.T) {
	for version, client := range customClients(t) {
		t.Run(version, func(t *testing.T) {
			value, err := client.NamespacedMetrics(namespace).GetForObject(modelPool, pool, tokens, selector(t, "pool="+pool))
			if err != nil {
				t.Fatal(err)
			}
			requireObject(t, value, "ModelPool", pool)
			if value.Metric.Selector == nil || value.Metric.Selector.MatchLabels["pool"] != pool {
				t.Errorf("the selector came back as %v", value.Metric.Selector)
			}
			all, err := client.NamespacedMetrics(namespace).GetForObjects(modelPool, labels.Everything(), tokens, labels.Everything())
			if err != nil {
				t.Fatal(err)
			}
			if len(all.Items) != 1 {
				t.Fatalf("%d pools, want 1", len(all.Items))
			}
			requireObject(t, &all.Items[0], "ModelPool", pool)
		})
	}
}

func TestANamespaceWithOnePoolIsAnObject(t *testing.T) {
	for version, client := range customClients(t) {
		t.Run(version, func(t *testing.T) {
			value, err := client.RootScopedMetrics().GetForObject(
				schema.GroupKind{Kind: "Namespace"}, namespace, tokens, labels.Everything())
			if err != nil {
				t.Fatal(err)
			}
			requireObject(t, value, "Namespace", namespace)
		})
	}
}

// The quickstart's pool lists endpoints, so it has no pods.
func TestAPoolWithoutPodsSaysSo(t *testing.T) {
	for version, client := range customClients(t) {
		t.Run(version, func(t *testing.T) {
			_, err := client.NamespacedMetrics(namespace).GetForObjects(pods, labels.Everything(), tokens, labels.Everything())
			if err == nil || !strings.Contains(err.Error(), "list endpoints, not pods") {
				t.Fatalf("%v", err)
			}
			requireStatus(t, tokens, err, 404)
		})
	}
}

// The HPA's client takes what it gets; this asks whether it got what it prefers.
func TestProtobufIsServedToWhoPrefersIt(t *testing.T) {
	transport, err := rest.TransportFor(config())
	if err != nil {
		t.Fatal(err)
	}
	client := http.Client{Transport: transport, Timeout: 20 * time.Second}
	for path, code := range map[string]int{
		"/apis/" + groupVersion + "/namespaces/" + namespace + "/" + tokens:                                    200,
		"/apis/" + groupVersion + "/namespaces/" + namespace + "/nope":                                         404,
		"/apis/" + customGroup + "/v1beta2/namespaces/" + namespace + "/modelpools.inferscale.dev/*/" + tokens: 200,
	} {
		request, err := http.NewRequest(http.MethodGet, server+path, nil)
		if err != nil {
			t.Fatal(err)
		}
		request.Header.Set("Accept", "application/vnd.kubernetes.protobuf, */*")
		response, err := client.Do(request)
		if err != nil {
			t.Fatal(err)
		}
		response.Body.Close()
		if response.StatusCode != code || response.Header.Get("Content-Type") != "application/vnd.kubernetes.protobuf" {
			t.Errorf("%s: %d %s", path, response.StatusCode, response.Header.Get("Content-Type"))
		}
	}
}
