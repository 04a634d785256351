package main

import (
	"context"
	"os"
	"path/filepath"
	"time"
)

// A program is one child of the supervisor. ready returns nil once it does its work; needs says in words what that means,
// for the sentence that a start without it ends with. patience is how long it may take to end after SIGTERM.
type program struct {
	name     string
	args     []string
	ready    func(context.Context, *child) error
	needs    string
	patience time.Duration
}

// A layout is where the parts of one bed are: its folders and its ports on 127.0.0.1.
type layout struct {
	state, bin, launcher string
	ports                map[string]int
}

// What needs a port of its own; the apiserver's is the one that users see.
var portNames = []string{"etcd", "etcd-peer", "apiserver", "kcm", "scheduler", "kwok"}

func (l layout) pki(name string) string        { return filepath.Join(l.state, "pki", name) }
func (l layout) kubeconfig(name string) string { return filepath.Join(l.state, "kubeconfigs", name) }
func (l layout) server() string                { return "https://" + address(l.ports["apiserver"]) }
func (l layout) port(name string) string       { return address(l.ports[name]) }

// storage and api come first, in this order; the API server is started at once and retries until etcd answers.
func (l layout) storage() program {
	peer := "http://" + l.port("etcd-peer")
	return program{"etcd", append(quick("etcd"),
		"--data-dir="+filepath.Join(l.state, "etcd"), "--name=testbed", "--log-level=warn",
		// No TLS: a single user's machine, a port that is new at every start.
		"--listen-client-urls=http://"+l.port("etcd"), "--advertise-client-urls=http://"+l.port("etcd"),
		"--listen-peer-urls="+peer, "--initial-advertise-peer-urls="+peer, "--initial-cluster=testbed="+peer,
	), answers("http://"+l.port("etcd")+"/health", nil), "etcd answers /health", 10 * time.Second}
}

func (l layout) api(secure *https) program {
	return program{"kube-apiserver", append(quick("kube-apiserver"),
		"--etcd-servers=http://"+l.port("etcd"),
		"--bind-address=127.0.0.1", "--secure-port="+portOf(l.ports["apiserver"]), "--advertise-address=127.0.0.1",
		// Endpoints may not hold loopback addresses, so nothing may try to write the `kubernetes` Service's.
		"--endpoint-reconciler-type=none", "--service-cluster-ip-range=10.96.0.0/16",
		"--authorization-mode=Node,RBAC", "--client-ca-file="+l.pki("ca.crt"),
		"--tls-cert-file="+l.pki("apiserver.crt"), "--tls-private-key-file="+l.pki("apiserver.key"),
		"--service-account-issuer=https://kubernetes.default.svc",
		"--service-account-key-file="+l.pki("sa.pub"), "--service-account-signing-key-file="+l.pki("sa.key"),
		// The aggregator: what it proves itself with to extension servers, and the headers in which it names the caller.
		// Never --enable-aggregator-routing: it would go past the ExternalName Services that lead to local processes.
		"--requestheader-client-ca-file="+l.pki("front-proxy-ca.crt"), "--requestheader-allowed-names=front-proxy-client",
		"--requestheader-username-headers=X-Remote-User", "--requestheader-group-headers=X-Remote-Group",
		"--requestheader-extra-headers-prefix=X-Remote-Extra-",
		"--proxy-client-cert-file="+l.pki("front-proxy-client.crt"), "--proxy-client-key-file="+l.pki("front-proxy-client.key"),
	), answers(l.server()+"/readyz", secure), "kube-apiserver answers /readyz", 10 * time.Second} // open watches hold it for a minute
}

func (l layout) controllerManager() program {
	k := l.kubeconfig("kcm")
	return program{"kube-controller-manager", append(quick("kube-controller-manager"),
		"--kubeconfig="+k, "--authentication-kubeconfig="+k, "--authorization-kubeconfig="+k,
		"--bind-address=127.0.0.1", "--secure-port="+portOf(l.ports["kcm"]), "--leader-elect=false",
		"--use-service-account-credentials=true", "--service-account-private-key-file="+l.pki("sa.key"),
		"--root-ca-file="+l.pki("ca.crt"), "--cluster-signing-cert-file="+l.pki("ca.crt"), "--cluster-signing-key-file="+l.pki("ca.key"),
	), logs("Starting HPA controller"), "the HPA controller runs", 10 * time.Second}
}

func (l layout) scheduler(secure *https) (program, error) {
	config := filepath.Join(l.state, "kubeconfigs", "scheduler.yaml")
	if err := os.WriteFile(config, []byte(schedulerConfig(l.kubeconfig("scheduler"))), 0o600); err != nil {
		return program{}, err
	}
	k := l.kubeconfig("scheduler")
	return program{"kube-scheduler", []string{
		"--config=" + config, "--authentication-kubeconfig=" + k, "--authorization-kubeconfig=" + k,
		"--bind-address=127.0.0.1", "--secure-port=" + portOf(l.ports["scheduler"]),
		// Its own certificate, or it would sign itself one that nobody can check.
		"--tls-cert-file=" + l.pki("apiserver.crt"), "--tls-private-key-file=" + l.pki("apiserver.key"),
	}, answers("https://"+l.port("scheduler")+"/readyz", secure), "kube-scheduler answers /readyz", 10 * time.Second}, nil
}

// kwok is given stages of nodes only: it initialises labelled nodes and renews their leases. Pods are the pod runner's.
func (l layout) nodes() program {
	return program{"kwok", append(quick("kwok"),
		"--kubeconfig="+l.kubeconfig("kwok"), "--config="+filepath.Join(l.bin, "..", "manifests", "kwok-node-stages.yaml"),
		"--manage-all-nodes=false", "--manage-nodes-with-label-selector="+heartbeatLabel+"=kwok",
		"--node-ip=127.0.0.1", "--server-address="+l.port("kwok"),
	), answers("http://"+l.port("kwok")+"/healthz", nil), "kwok answers /healthz", 10 * time.Second}
}

func (l layout) podRunner() program {
	return program{"podrunner", []string{
		"--kubeconfig=" + l.kubeconfig("podrunner"), "--state=" + filepath.Join(l.state, "runner"), "--launcher=" + l.launcher,
	}, running, "podrunner runs", 40 * time.Second} // its pods' grace periods: 30 s unless they say less
}
