package main

import (
	"encoding/base64"
	"fmt"
	"os"
	"path/filepath"
)

// Who talks to the API server, by the name of its kubeconfig. Kubernetes binds roles to the users of its own programs at
// start; kwok and the pod runner stand for kubelets and their cloud, and have every right, as the admin.
var clients = map[string]identity{
	"admin":     {user: "admin", groups: []string{"system:masters"}},
	"user":      {user: "somebody"}, // authenticated, bound to nothing
	"kcm":       {user: "system:kube-controller-manager"},
	"scheduler": {user: "system:kube-scheduler"},
	"kwok":      {user: "kwok", groups: []string{"system:masters"}},
	"podrunner": {user: "podrunner", groups: []string{"system:masters"}},
}

// The first address of the service range is the `kubernetes` Service's, which its certificate has to name.
var apiserverHosts = []string{"localhost", "127.0.0.1", "10.96.0.1", "kubernetes", "kubernetes.default", "kubernetes.default.svc"}

// Who the aggregator is to extension servers; kube-apiserver's flags allow that name alone.
var frontProxy = identity{user: "front-proxy-client"}

// saveCredentials makes everything that is secret in a bed, new at every start: STATE/pki has the two authorities, the API
// server's and the aggregator's certificates and the ServiceAccount keys; STATE/kubeconfigs has one file per client.
func saveCredentials(state, server string) error {
	pki, kubeconfigs := filepath.Join(state, "pki"), filepath.Join(state, "kubeconfigs")
	for _, dir := range []string{pki, kubeconfigs} {
		if err := os.MkdirAll(dir, 0o700); err != nil {
			return err
		}
	}
	ca, err := newAuthority("inferscale-testbed")
	if err != nil {
		return err
	}
	front, err := newAuthority("inferscale-testbed-front-proxy")
	if err != nil {
		return err
	}
	if err := ca.save(pki, "ca"); err != nil {
		return err
	}
	if err := front.save(pki, "front-proxy-ca"); err != nil {
		return err
	}
	if err := issueTo(pki, "apiserver", ca, identity{user: "kube-apiserver", hosts: apiserverHosts}); err != nil {
		return err
	}
	if err := issueTo(pki, "front-proxy-client", front, frontProxy); err != nil {
		return err
	}
	for name, who := range clients {
		if err := saveKubeconfig(filepath.Join(kubeconfigs, name), server, ca, who); err != nil {
			return err
		}
	}
	return saveServiceAccountKeys(pki)
}

func issueTo(dir, name string, by authority, who identity) error {
	issued, err := by.issue(who)
	if err != nil {
		return err
	}
	return issued.save(dir, name)
}

func saveKubeconfig(file, server string, ca authority, who identity) error {
	issued, err := ca.issue(who)
	if err != nil {
		return err
	}
	return os.WriteFile(file, kubeconfig(server, who.user, ca.pem, issued), 0o600)
}

// kubeconfig has its certificates inline, so that it works from anywhere and outlives the pki folder.
func kubeconfig(server, user string, ca []byte, client pair) []byte {
	b64 := base64.StdEncoding.EncodeToString
	return fmt.Appendf(nil, `apiVersion: v1
kind: Config
clusters:
- {name: testbed, cluster: {server: %q, certificate-authority-data: %s}}
users:
- {name: %q, user: {client-certificate-data: %s, client-key-data: %s}}
contexts:
- {name: testbed, context: {cluster: testbed, user: %q, namespace: default}}
current-context: testbed
`, server, b64(ca), user, b64(client.cert), b64(client.key), user)
}

// saveExtensionServer gives an extension API server what it serves and calls with: the certificate names the Service that
// the aggregator verifies, and its user is the ServiceAccount, so that RBAC binds to it without a token.
func saveExtensionServer(out, server string, ca authority, namespace, service, account string) error {
	who := identity{
		user:   "system:serviceaccount:" + namespace + ":" + account,
		groups: []string{"system:serviceaccounts", "system:serviceaccounts:" + namespace},
		hosts:  []string{"localhost", "127.0.0.1", service + "." + namespace + ".svc", service + "." + namespace + ".svc.cluster.local"},
	}
	if err := os.MkdirAll(out, 0o700); err != nil {
		return err
	}
	if err := os.WriteFile(filepath.Join(out, "ca.crt"), ca.pem, 0o644); err != nil {
		return err
	}
	if err := issueTo(out, "tls", ca, who); err != nil {
		return err
	}
	return saveKubeconfig(filepath.Join(out, "kubeconfig"), server, ca, who)
}
