package main

import (
	"crypto/rand"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// The aggregator's authority is replaced in three steps, with time between them for everybody to follow. kube-apiserver
// reads the files again by itself, but never takes an authority out of the ConfigMap extension-apiserver-authentication:
// after the last step whoever rotates deletes that, and it is written anew.
var rotation = map[string]func(pki string) error{
	"trust":  trustNext,
	"sign":   signByNext,
	"retire": retireOld,
}

const nextAuthority = "front-proxy-ca-next"

// rotate does one step of the rotation in a bed's state folder.
func rotate(state, step string) error {
	do, known := rotation[step]
	if !known {
		return wrongUse{fmt.Errorf("there is no step %q: trust, sign or retire", step)}
	}
	return do(filepath.Join(state, "pki"))
}

// trustNext makes an authority and puts it beside the old one in the bundle.
func trustNext(pki string) error {
	old, err := os.ReadFile(filepath.Join(pki, "front-proxy-ca.crt"))
	if err != nil {
		return err
	}
	next, err := newAuthority("inferscale-testbed-front-proxy-" + strings.ToLower(rand.Text()[:6]))
	if err != nil {
		return err
	}
	if err := next.save(pki, nextAuthority); err != nil {
		return err
	}
	return swap(filepath.Join(pki, "front-proxy-ca.crt"), slices.Concat(old, next.pem), 0o644)
}

// signByNext gives the aggregator a certificate of the new authority. Its two files cannot be swapped at once;
// kube-apiserver keeps the old pair until they belong together.
func signByNext(pki string) error {
	next, err := loadAuthority(pki, nextAuthority)
	if err != nil {
		return fmt.Errorf("step trust comes first: %w", err)
	}
	issued, err := next.issue(frontProxy)
	if err != nil {
		return err
	}
	if err := swap(filepath.Join(pki, "front-proxy-client.key"), issued.key, 0o600); err != nil {
		return err
	}
	return swap(filepath.Join(pki, "front-proxy-client.crt"), issued.cert, 0o644)
}

// retireOld leaves the new authority alone in the bundle, under the name of the old one.
func retireOld(pki string) error {
	for _, ext := range []string{".key", ".crt"} {
		if err := os.Rename(filepath.Join(pki, nextAuthority+ext), filepath.Join(pki, "front-proxy-ca"+ext)); err != nil {
			return fmt.Errorf("step trust comes first: %w", err)
		}
	}
	return nil
}

// swap replaces a file at once: a reader sees the old content or the new one.
func swap(file string, content []byte, mode os.FileMode) error {
	fresh := file + ".fresh"
	if err := os.WriteFile(fresh, content, mode); err != nil {
		return err
	}
	return os.Rename(fresh, file)
}
