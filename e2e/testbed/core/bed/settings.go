package main

import (
	"fmt"
	"strings"
)

// A setting makes tests quick, and departs from what a real cluster would have: each says why. README.md shows them all.
type setting struct{ program, flag, value, why string }

func (s setting) String() string { return "--" + s.flag + "=" + s.value }

// The controllers that tests need. All of them start in 9 s, these in 5. endpointslice-controller is not among them: pods
// of the bed have 127.x addresses, which an EndpointSlice may not hold.
var controllers = []string{
	"clusterrole-aggregation-controller", "deployment-controller", "disruption-controller", "garbage-collector-controller",
	"horizontal-pod-autoscaler-controller", "job-controller", "namespace-controller", "node-lifecycle-controller",
	"pod-garbage-collector-controller", "replicaset-controller", "root-ca-certificate-publisher-controller",
	"serviceaccount-controller", "statefulset-controller", "taint-eviction-controller",
}

// The label of the nodes that kwok keeps alive. Take it off, and the node's heartbeats stop as those of a dead kubelet.
const heartbeatLabel = "testbed.inferscale.dev/heartbeat"

var settings = []setting{
	{"etcd", "unsafe-no-fsync", "true", "a bed starts from nothing, so nothing has to survive the machine"},
	{"kube-apiserver", "default-not-ready-toleration-seconds", "5", "pods leave a node that is not ready after 5 s, not 300 s"},
	{"kube-apiserver", "default-unreachable-toleration-seconds", "5", "the same for a node that is silent"},
	{"kube-controller-manager", "controllers", strings.Join(controllers, ","), "only what tests need: 4 s less to start"},
	{"kube-controller-manager", "horizontal-pod-autoscaler-sync-period", "1s", "the HPA looks every second, not every 15 s"},
	{"kube-controller-manager", "horizontal-pod-autoscaler-downscale-stabilization", "5s", "it scales down after 5 s, not 5 min; an HPA's own behavior goes first"},
	{"kube-controller-manager", "horizontal-pod-autoscaler-initial-readiness-delay", "1s", "it believes the readiness of a pod that is 1 s old, not 30 s"},
	{"kube-controller-manager", "horizontal-pod-autoscaler-cpu-initialization-period", "1s", "the same for its CPU, not 5 min"},
	{"kube-controller-manager", "node-monitor-period", "1s", "looks at nodes every second, not every 5 s"},
	{"kube-controller-manager", "node-monitor-grace-period", "12s", "a silent node is unknown after 12 s, not 50 s: six heartbeats, so that a busy machine loses none"},
	{"kube-controller-manager", "node-eviction-rate", "10", "its pods are told to go at once, not after up to 10 s (one node in ten seconds)"},
	{"kube-controller-manager", "kube-api-qps", "200", "hundreds of pods and their garbage are not held back at 20 requests a second; the collector itself follows events and has no period to set"},
	{"kube-controller-manager", "kube-api-burst", "400", "the same, at once"},
	{"kube-scheduler", "podInitialBackoffSeconds", "1", "(in its configuration file) a pod that found no node is tried again after 1 s"},
	{"kube-scheduler", "podMaxBackoffSeconds", "1", "(in its configuration file) and again after 1 s, not up to 10 s"},
	{"kwok", "node-lease-duration-seconds", "8", "a node's lease is renewed every 2 s, so that its loss shows in 12 s"},
}

// quick gives the flags of program name.
func quick(name string) []string {
	var flags []string
	for _, s := range settings {
		if s.program == name {
			flags = append(flags, s.String())
		}
	}
	return flags
}

// schedulerConfig carries the scheduler's settings, which exist in no flag.
func schedulerConfig(kubeconfig string) string {
	var text strings.Builder
	fmt.Fprintf(&text, `apiVersion: kubescheduler.config.k8s.io/v1
kind: KubeSchedulerConfiguration
leaderElection: {leaderElect: false}
clientConnection: {kubeconfig: %q, qps: 200, burst: 400}
`, kubeconfig)
	for _, s := range settings {
		if s.program == "kube-scheduler" {
			fmt.Fprintf(&text, "%s: %s\n", s.flag, s.value)
		}
	}
	return text.String()
}
