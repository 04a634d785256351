package main

import (
	"cmp"
	"context"
	"io"
	"time"

	v1 "k8s.io/api/core/v1"
	"k8s.io/kubernetes/pkg/probe"
	grpcprobe "k8s.io/kubernetes/pkg/probe/grpc"
	httpprobe "k8s.io/kubernetes/pkg/probe/http"
	tcpprobe "k8s.io/kubernetes/pkg/probe/tcp"
)

// The kubelet's own probers, so that redirects, bodies, TLS and named ports count as they do there.
var (
	httpProber = httpprobe.New(false)
	tcpProber  = tcpprobe.New()
	grpcProber = grpcprobe.New()
)

// asker asks one container on its pod's address.
type asker struct {
	container *v1.Container
	ip        string
	command   command // the container's, for its environment and folder
	guard     io.Writer
}

// ask is true when the probe or hook succeeds within the time.
func (a asker) ask(purpose string, timeout time.Duration, action v1.ProbeHandler) bool {
	result := probe.Failure
	switch {
	case action.HTTPGet != nil:
		if request, err := httpprobe.NewRequestForHTTPGetAction(action.HTTPGet, a.container, a.ip, purpose); err == nil {
			result, _, _ = httpProber.Probe(request, timeout)
		}
	case action.TCPSocket != nil:
		if port, err := probe.ResolveContainerPort(action.TCPSocket.Port, a.container); err == nil {
			result, _, _ = tcpProber.Probe(cmp.Or(action.TCPSocket.Host, a.ip), port, timeout)
		}
	case action.GRPC != nil:
		result, _, _ = grpcProber.Probe(a.ip, *action.GRPC.Service, int(action.GRPC.Port), timeout)
	case action.Exec != nil:
		return command{action.Exec.Command, a.command.env, a.command.dir}.run(timeout, a.guard)
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
		ok := a.ask("probe", time.Duration(spec.TimeoutSeconds)*time.Second, spec.ProbeHandler)
		if up() && tally.count(ok, spec) {
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
