package main

import (
	"bytes"
	"crypto/tls"
	"crypto/x509"
	"encoding/pem"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

func TestExtensionServerIsTrustedUnderTheNameThatTheAggregatorVerifies(t *testing.T) {
	ca := must(newAuthority("ca"))(t)
	out := filepath.Join(t.TempDir(), "adapter")
	check(t, saveExtensionServer(out, "https://127.0.0.1:1", ca, "metrics", "adapter", "reader"))

	cert := parse1(t, filepath.Join(out, "tls.crt"))
	for _, host := range []string{"adapter.metrics.svc", "localhost", "127.0.0.1"} {
		if err := verify(ca, cert, host, x509.ExtKeyUsageServerAuth); err != nil {
			t.Errorf("%s: %v", host, err)
		}
	}
	if verify(ca, cert, "other.metrics.svc", x509.ExtKeyUsageServerAuth) == nil {
		t.Error("it is trusted under the name of another Service")
	}
	if err := verify(ca, cert, "", x509.ExtKeyUsageClientAuth); err != nil {
		t.Errorf("it cannot call the API server: %v", err)
	}
	if cert.Subject.CommonName != "system:serviceaccount:metrics:reader" {
		t.Errorf("RBAC sees it as %s", cert.Subject.CommonName)
	}
	if _, err := tls.LoadX509KeyPair(filepath.Join(out, "tls.crt"), filepath.Join(out, "tls.key")); err != nil {
		t.Errorf("key and certificate do not belong together: %v", err)
	}
	if mode := must(os.Stat(filepath.Join(out, "tls.key")))(t).Mode().Perm(); mode != 0o600 {
		t.Errorf("others may read the key: %o", mode)
	}
	if got, want := must(os.ReadFile(filepath.Join(out, "ca.crt")))(t), ca.pem; !bytes.Equal(got, want) {
		t.Error("ca.crt is not the bed's authority")
	}
}

func TestClientCannotServe(t *testing.T) {
	ca := must(newAuthority("ca"))(t)
	issued := must(ca.issue(identity{user: "somebody", groups: []string{"a", "b"}}))(t)
	certBlock, _ := pem.Decode(issued.cert)
	cert := must(x509.ParseCertificate(certBlock.Bytes))(t)
	if verify(ca, cert, "", x509.ExtKeyUsageServerAuth) == nil {
		t.Error("a client's certificate serves")
	}
	if !slices.Equal(cert.Subject.Organization, []string{"a", "b"}) {
		t.Errorf("groups %v", cert.Subject.Organization)
	}
}

func TestLoadedAuthoritySignsForThoseWhoTrustTheSavedOne(t *testing.T) {
	dir := t.TempDir()
	ca := must(newAuthority("ca"))(t)
	check(t, ca.save(dir, "ca"))
	loaded := must(loadAuthority(dir, "ca"))(t)
	issued := must(loaded.issue(identity{user: "u"}))(t)
	certBlock, _ := pem.Decode(issued.cert)
	cert := must(x509.ParseCertificate(certBlock.Bytes))(t)
	if err := verify(ca, cert, "", x509.ExtKeyUsageClientAuth); err != nil {
		t.Error(err)
	}
	stranger := must(newAuthority("ca"))(t)
	if verify(stranger, cert, "", x509.ExtKeyUsageClientAuth) == nil {
		t.Error("another bed's authority trusts it")
	}
}

func TestCredentialsHaveAKubeconfigPerClientThatOthersCannotRead(t *testing.T) {
	state := t.TempDir()
	check(t, saveCredentials(state, "https://127.0.0.1:26443"))
	for name, who := range clients {
		file := filepath.Join(state, "kubeconfigs", name)
		text := string(must(os.ReadFile(file))(t))
		if !strings.Contains(text, `server: "https://127.0.0.1:26443"`) || !strings.Contains(text, who.user) {
			t.Errorf("%s:\n%s", name, text)
		}
		if mode := must(os.Stat(file))(t).Mode().Perm(); mode != 0o600 {
			t.Errorf("%s: mode %o", name, mode)
		}
	}
	front := parse1(t, filepath.Join(state, "pki", "front-proxy-client.crt"))
	ca := must(loadAuthority(filepath.Join(state, "pki"), "ca"))(t)
	if verify(ca, front, "", x509.ExtKeyUsageClientAuth) == nil {
		t.Error("the cluster's authority signed for the front proxy: anybody with a client certificate could name any user")
	}
}

func verify(ca authority, cert *x509.Certificate, host string, usage x509.ExtKeyUsage) error {
	roots := x509.NewCertPool()
	roots.AddCert(ca.cert)
	_, err := cert.Verify(x509.VerifyOptions{Roots: roots, DNSName: host, KeyUsages: []x509.ExtKeyUsage{usage}})
	return err
}

func parse1(t *testing.T, file string) *x509.Certificate {
	certBlock, _ := pem.Decode(must(os.ReadFile(file))(t))
	return must(x509.ParseCertificate(certBlock.Bytes))(t)
}

// must(f())(t) is f's value; its error ends the test.
func must[T any](value T, err error) func(*testing.T) T {
	return func(t *testing.T) T {
		t.Helper()
		check(t, err)
		return value
	}
}

func check(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}
