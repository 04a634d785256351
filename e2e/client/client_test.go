// Package client reads a running Inferscale metrics API with the clients that Kubernetes itself uses.
package client

import (
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os"
	"strings"
	"testing"
	"time"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/labels"
	"k8s.io/client-go/discovery"
	"k8s.io/client-go/rest"
	"k8s.io/metrics/pkg/apis/external_metrics/v1beta1"
	"k8s.io/metrics/pkg/client/external_metrics"
)

const (
	group        = "external.metrics.k8s.io"
	groupVersion = group + "/v1beta1"
	tokens       = "inference_tokens_in_flight"
)

var server, namespace, pool string

func TestMain(m *testing.M) {
	server = os.Getenv("INFERSCALE_ADAPTER")
	namespace = setting("INFERSCALE_NAMESPACE", "default")
	pool = setting("INFERSCALE_POOL", "quickstart")
	if server == "" {
		fmt.Fprintln(os.Stderr,
			"INFERSCALE_ADAPTER is not set: give the URL of a running metrics API, such as https://127.0.0.1:6443")
		os.Exit(1)
	}
	os.Exit(m.Run())
}

func setting(name, otherwise string) string {
	if value := os.Getenv(name); value != "" {
		return value
	}
	return otherwise
}

// config is what the HPA controller's client has: protobuf is preferred, anything is taken.
func config() *rest.Config {
	return &rest.Config{
		Host:            server,
		TLSClientConfig: rest.TLSClientConfig{Insecure: true},
		ContentConfig:   rest.ContentConfig{ContentType: "application/vnd.kubernetes.protobuf"},
		QPS:             -1,
		Timeout:         20 * time.Second,
	}
}

func metricsClient(t *testing.T) external_metrics.MetricsInterface {
	t.Helper()
	client, err := external_metrics.NewForConfig(config())
	if err != nil {
		t.Fatal(err)
	}
	return client.NamespacedMetrics(namespace)
}

func discoveryClient(t *testing.T) *discovery.DiscoveryClient {
	t.Helper()
	client, err := discovery.NewDiscoveryClientForConfig(config())
	if err != nil {
		t.Fatal(err)
	}
	return client
}

func selector(t *testing.T, text string) labels.Selector {
	t.Helper()
	parsed, err := labels.Parse(text)
	if err != nil {
		t.Fatal(err)
	}
	return parsed
}

func metricNames(t *testing.T) []string {
	t.Helper()
	list, err := discoveryClient(t).ServerResourcesForGroupVersion(groupVersion)
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, resource := range list.APIResources {
		names = append(names, resource.Name)
	}
	if len(names) == 0 {
		t.Fatal("discovery lists no metric")
	}
	return names
}

func TestDiscoveryKnowsTheGroupInBothForms(t *testing.T) {
	aggregated := discoveryClient(t)
	legacy := discoveryClient(t)
	legacy.UseLegacyDiscovery = true
	for form, client := range map[string]*discovery.DiscoveryClient{"aggregated": aggregated, "legacy": legacy} {
		t.Run(form, func(t *testing.T) {
			groups, resources, err := client.ServerGroupsAndResources()
			if err != nil {
				t.Fatal(err)
			}
			if len(groups) != 2 || groups[0].Name != group || groups[0].PreferredVersion.GroupVersion != groupVersion {
				t.Errorf("groups are %v, want %s first of two", groups, groupVersion)
			}
			requireMetric(t, resources)
			preferred, err := client.ServerPreferredResources()
			if err != nil {
				t.Fatal(err)
			}
			requireMetric(t, preferred)
		})
	}
}

func requireMetric(t *testing.T, lists []*metav1.APIResourceList) {
	t.Helper()
	for _, list := range lists {
		for _, resource := range list.APIResources {
			if list.GroupVersion == groupVersion && resource.Name == tokens {
				if !resource.Namespaced || resource.Kind != "InferenceTokensInFlight" || len(resource.Verbs) == 0 {
					t.Errorf("%s is described as %+v", tokens, resource)
				}
				return
			}
		}
	}
	t.Errorf("%s is not among the resources", tokens)
}

func TestAggregatedDiscoveryIsServedAsSuch(t *testing.T) {
	groups, resources, failed, err := discoveryClient(t).GroupsAndMaybeResources()
	if err != nil || len(failed) != 0 {
		t.Fatal(err, failed)
	}
	if len(groups.Groups) != 2 || len(resources) != 3 {
		t.Errorf("one request gave %d groups and the resources of %d versions, want 2 and 3",
			len(groups.Groups), len(resources))
	}
}

func TestTheServerTellsItsVersion(t *testing.T) {
	version, err := discoveryClient(t).ServerVersion()
	if err != nil {
		t.Fatal(err)
	}
	if version.GitVersion == "" {
		t.Errorf("the version is %+v", version)
	}
}

func TestOpenAPIDocumentsParse(t *testing.T) {
	client := discoveryClient(t)
	paths, err := client.OpenAPIV3().Paths()
	if err != nil {
		t.Fatal(err)
	}
	for _, version := range []string{groupVersion, customGroup + "/v1beta1", customGroup + "/v1beta2"} {
		document := paths["apis/"+version]
		if document == nil {
			t.Fatalf("OpenAPI v3 has %v", paths)
		}
		if _, err := document.Schema("application/json"); err != nil {
			t.Error(err)
		}
	}
}

func TestEveryMetricIsAFiniteValueOrAStatus(t *testing.T) {
	client := metricsClient(t)
	values := 0
	for _, name := range metricNames(t) {
		list, err := client.List(name, selector(t, "pool="+pool))
		if err != nil {
			requireStatus(t, name, err, 503)
			t.Logf("%s: %v", name, err)
			continue
		}
		requireOneItem(t, name, list)
		t.Logf("%s: %s", name, list.Items[0].Value.String())
		values++
	}
	if values == 0 {
		t.Error("no metric has a value")
	}
}

func requireOneItem(t *testing.T, name string, list *v1beta1.ExternalMetricValueList) {
	t.Helper()
	if len(list.Items) != 1 {
		t.Fatalf("%s has %d items for one pool", name, len(list.Items))
	}
	item := list.Items[0]
	if item.MetricName != name || item.MetricLabels["pool"] != pool {
		t.Errorf("asked for %s of %s, got %s of %v", name, pool, item.MetricName, item.MetricLabels)
	}
	if age := time.Since(item.Timestamp.Time); age < -time.Minute || age > time.Hour {
		t.Errorf("%s is stamped %v", name, item.Timestamp)
	}
	if milli := item.Value.MilliValue(); milli < 0 {
		t.Errorf("%s is %s", name, item.Value.String())
	}
}

func requireStatus(t *testing.T, name string, err error, code int32) {
	t.Helper()
	var status apierrors.APIStatus
	if !errors.As(err, &status) {
		t.Fatalf("%s: %v is no Status", name, err)
	}
	got := status.Status()
	if got.Message == "" || len([]rune(got.Message)) >= 200 || strings.Contains(got.Message, "\n") {
		t.Errorf("%s: the message is %q, want one line under 200 characters", name, got.Message)
	}
	if got.Details != nil && got.Details.RetryAfterSeconds != 0 {
		t.Errorf("%s: the client was told to retry", name)
	}
	if got.Code != code {
		t.Errorf("%s: code %d (%s), want %d", name, got.Code, got.Message, code)
	}
}

func TestTokensInFlightCanBeRead(t *testing.T) {
	list, err := metricsClient(t).List(tokens, selector(t, "pool="+pool))
	if err != nil {
		t.Fatal(err)
	}
	requireOneItem(t, tokens, list)
}

func TestTheClientsLowerCasedNameIsFound(t *testing.T) {
	list, err := metricsClient(t).List(strings.ToUpper(tokens), selector(t, "pool="+pool))
	if err != nil {
		t.Fatal(err)
	}
	requireOneItem(t, tokens, list)
}

func TestSelectorsOfEveryFormSelectThePool(t *testing.T) {
	for _, text := range []string{
		"pool in (" + pool + ",other)", "pool=" + pool + ",!absent", "pool=" + pool + ",absent!=x", "pool,pool==" + pool,
	} {
		list, err := metricsClient(t).List(tokens, selector(t, text))
		if err != nil {
			t.Errorf("%s: %v", text, err)
			continue
		}
		requireOneItem(t, tokens, list)
	}
}

func TestNoMatchIsNotFoundAndNeverAnEmptyList(t *testing.T) {
	for _, text := range []string{"pool=no-such-pool", "pool=", "!pool", "pool in (x,y)", "pool=a,pool=b"} {
		list, err := metricsClient(t).List(tokens, selector(t, text))
		if err == nil {
			t.Errorf("%s: answered %d items", text, len(list.Items))
			continue
		}
		requireStatus(t, text, err, 404)
	}
	if _, err := metricsClient(t).List("no_such_metric", labels.Everything()); err == nil {
		t.Error("an unknown metric was answered")
	} else {
		requireStatus(t, "no_such_metric", err, 404)
	}
}

func TestASelectorThatDoesNotParseIsABadRequest(t *testing.T) {
	for _, text := range []string{"pool==,", "pool in x", "model=acme/demo", "quantile in (0.5)", "quantile=2"} {
		code, body := get(t, "/apis/"+groupVersion+"/namespaces/"+namespace+
			"/inference_ttft_seconds?labelSelector="+url.QueryEscape(text))
		if code != 400 || !strings.Contains(body, `"reason":"BadRequest"`) {
			t.Errorf("%s: %d %s", text, code, body)
		}
	}
}

func TestProbesAnswer(t *testing.T) {
	for _, path := range []string{"/healthz", "/livez", "/readyz", "/livez/ping"} {
		if code, body := get(t, path); code != 200 || body != "ok" {
			t.Errorf("%s: %d %s", path, code, body)
		}
	}
	if code, body := get(t, "/readyz?verbose"); code != 200 || !strings.HasSuffix(body, "readyz check passed\n") {
		t.Errorf("/readyz?verbose: %d %s", code, body)
	}
}

func get(t *testing.T, path string) (int, string) {
	t.Helper()
	transport, err := rest.TransportFor(config())
	if err != nil {
		t.Fatal(err)
	}
	client := http.Client{Transport: transport, Timeout: 20 * time.Second}
	response, err := client.Get(server + path)
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	body, err := io.ReadAll(response.Body)
	if err != nil {
		t.Fatal(err)
	}
	return response.StatusCode, string(body)
}
