package main

import (
	"bytes"
	"crypto/tls"
	"crypto/x509"
	"os"
	"path/filepath"
	"testing"
)

func TestRotationTrustsBothThenSignsThenTrustsTheNewOneAlone(t *testing.T) {
	state := t.TempDir()
	check(t, saveCredentials(state, "https://127.0.0.1:26443"))
	pki := filepath.Join(state, "pki")
	trusted := func() []byte { return must(os.ReadFile(filepath.Join(pki, "front-proxy-ca.crt")))(t) }
	client := func() []byte { return must(os.ReadFile(filepath.Join(pki, "front-proxy-client.crt")))(t) }
	old, oldClient := trusted(), client()

	check(t, rotate(state, "trust"))
	if both := trusted(); !bytes.HasPrefix(both, old) || len(both) == len(old) || !bytes.Equal(client(), oldClient) {
		t.Errorf("not the old one with a new one behind it, and the old client:\n%s", both)
	}
	check(t, rotate(state, "sign"))
	if _, err := tls.LoadX509KeyPair(filepath.Join(pki, "front-proxy-client.crt"), filepath.Join(pki, "front-proxy-client.key")); err != nil {
		t.Errorf("key and certificate do not belong together: %v", err)
	}
	check(t, rotate(state, "retire"))

	if bytes.Contains(trusted(), old) {
		t.Error("the old authority is still trusted")
	}
	now := must(loadAuthority(pki, "front-proxy-ca"))(t)
	if err := verify(now, parse1(t, filepath.Join(pki, "front-proxy-client.crt")), "", x509.ExtKeyUsageClientAuth); err != nil {
		t.Errorf("the new authority does not know its client: %v", err)
	}
	check(t, rotate(state, "trust")) // once more
}

func TestRotationOutOfOrderSaysWhatComesFirst(t *testing.T) {
	state := t.TempDir()
	check(t, saveCredentials(state, "https://127.0.0.1:26443"))
	for _, step := range []string{"sign", "retire", "turn"} {
		if err := rotate(state, step); err == nil {
			t.Errorf("%s was done", step)
		}
	}
}
