package main

import (
	"cmp"
	"context"
	"io"
	"time"

	v1 "k8s.io/api/core/v1"
	"k8s.io/kubernetes/pkg/probe"
	httpprobe "k8s.io/kubernetes/pkg/probe/http"
	tcpprobe "k8s.io/kubernetes/pkg/probe/tcp"
)

// The kubelet's own probers, so that redirects, bodies, TLS and named ports count as they do there.
var (
	httpProber = httpprobe.New(false)
	tcpProber  = tcpprobe.New()
)

// asker asks one container on its pod's address.
type asker struct {
	container *v1.Container
	ip        string
	command   command // the container's, for its environment and folder
	guard     io.Writer
}

func (a asker) ask(ctx context.Context, spec *v1.Probe) bool {
	ctx, cancel := context.WithTimeout(ctx, time.Duration(spec.TimeoutSeconds)*time.Second)
	defer cancel()
	return a.do(ctx, "probe", v1.LifecycleHandler{Exec: spec.Exec, HTTPGet: spec.HTTPGet, TCPSocket: spec.TCPSocket})
}

// do is true when the action succeeded before the context's deadline.
func (a asker) do(ctx context.Context, purpose string, action v1.LifecycleHandler) bool {
	deadline, _ := ctx.Deadline()
	result := probe.Failure
	switch {
	case action.HTTPGet != nil:
		if request, err := httpprobe.NewRequestForHTTPGetAction(action.HTTPGet, a.container, a.ip, purpose); err == nil {
			result, _, _ = httpProber.Probe(request, time.Until(deadline))
		}
	case action.TCPSocket != nil:
		if port, err := probe.ResolveContainerPort(action.TCPSocket.Port, a.container); err == nil {
			result, _, _ = tcpProber.Probe(cmp.Or(action.TCPSocket.Host, a.ip), port, time.Until(deadline))
		}
	case action.Exec != nil:
		if (command{action.Exec.Command, a.command.env, a.command.dir}).run(ctx, a.guard) == nil {
			result = probe.Success
		}
	case action.Sleep != nil:
		pause(ctx, time.Duration(action.Sleep.Seconds)*time.Second)
		result = probe.Success
	}
	return result == probe.Success || result == probe.Warning
}

// tally turns answers into verdicts: enough successes or failures in a row.
type tally struct {
	last bool
	run  int32
}

func (t *tally) count(ok bool, spec *v1.Probe) (decided bool) {
	if t.last != ok {
		t.run = 0
	}
	t.last, t.run = ok, t.run+1
	return ok && t.run >= spec.SuccessThreshold || !ok && t.run >= spec.FailureThreshold
}

// watch asks until the context ends and tells each verdict. While the node is lost nobody asks, and an answer that came
// in that time is dropped.
func (a asker) watch(ctx context.Context, spec *v1.Probe, up func() bool, tell func(ok bool)) {
	var tally tally
	pause(ctx, time.Duration(spec.InitialDelaySeconds)*time.Second)
	for ; ctx.Err() == nil; pause(ctx, time.Duration(spec.PeriodSeconds)*time.Second) {
		if !up() {
			continue
		}
		if ok := a.ask(ctx, spec); up() && tally.count(ok, spec) {
			tell(ok)
		}
	}
}

func pause(ctx context.Context, duration time.Duration) {
	select {
	case <-ctx.Done():
	case <-time.After(duration):
	}
}
