package main

import (
	"bytes"
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"strconv"
	"time"
)

// How often a condition is looked at. Nothing here waits for a time to pass, only for something to be true.
const every = 40 * time.Millisecond

// await looks at a condition until it holds, or until ctx ends: then the error says what was missing, and why.
func await(ctx context.Context, needs string, condition func(context.Context) error) error {
	tick := time.NewTicker(every)
	defer tick.Stop()
	for {
		missing := condition(ctx)
		if missing == nil {
			return nil
		}
		select {
		case <-ctx.Done():
			return fmt.Errorf("condition not met: %s (%w; last seen: %v)", needs, context.Cause(ctx), missing)
		case <-tick.C:
		}
	}
}

// An https is a client that trusts one authority and shows one certificate.
type https struct{ client *http.Client }

func newHTTPS(ca []byte, shown pair) (*https, error) {
	pool := x509.NewCertPool()
	if !pool.AppendCertsFromPEM(ca) {
		return nil, errors.New("the authority's certificate is no PEM")
	}
	cert, err := tls.X509KeyPair(shown.cert, shown.key)
	if err != nil {
		return nil, err
	}
	transport := &http.Transport{TLSClientConfig: &tls.Config{RootCAs: pool, Certificates: []tls.Certificate{cert}}}
	return &https{&http.Client{Transport: transport, Timeout: 5 * time.Second}}, nil
}

// get is nil when url answers 200.
func get(ctx context.Context, url string, secure *https) error {
	client := http.DefaultClient
	if secure != nil {
		client = secure.client
	}
	ctx, cancel := context.WithTimeout(ctx, 5*time.Second)
	defer cancel()
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
	if err != nil {
		return err
	}
	response, err := client.Do(request)
	if err != nil {
		return err
	}
	defer response.Body.Close()
	if response.StatusCode == http.StatusOK {
		_, err = io.Copy(io.Discard, response.Body)
		return err
	}
	body, _ := io.ReadAll(io.LimitReader(response.Body, 200))
	return fmt.Errorf("%s answers %s: %s", url, response.Status, bytes.TrimSpace(body))
}

// answers is the condition that url answers 200.
func answers(url string, secure *https) func(context.Context, *child) error {
	return func(ctx context.Context, _ *child) error { return get(ctx, url, secure) }
}

// logs is the condition that the child has written words into its log since it started.
func logs(words string) func(context.Context, *child) error {
	return func(_ context.Context, c *child) error {
		text, err := os.ReadFile(c.log)
		if err != nil {
			return err
		}
		if int64(len(text)) < c.logStart || !bytes.Contains(text[c.logStart:], []byte(words)) {
			return fmt.Errorf("%q is not in its log", words)
		}
		return nil
	}
}

// running is the condition of a program that has no page to ask: that it started.
func running(context.Context, *child) error { return nil }

func portOf(port int) string { return strconv.Itoa(port) }
