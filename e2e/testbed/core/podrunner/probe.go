package main

import (
	"cmp"
	"context"
	"time"

	v1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/util/wait"
	"k8s.io/kubernetes/pkg/probe"
	httpprobe "k8s.io/kubernetes/pkg/probe/http"
	tcpprobe "k8s.io/kubernetes/pkg/probe/tcp"
)

// The kubelet's own probers, so that redirects, bodies, TLS and named ports count as they do there.
var httpProber, tcpProber = httpprobe.New(false), tcpprobe.New()

// ask is true when the action of a probe or hook succeeds within the time.
func (c command) ask(purpose string, timeout time.Duration, action v1.LifecycleHandler) bool {
	result := probe.Failure
	switch {
	case action.HTTPGet != nil:
		if request, err := httpprobe.NewRequestForHTTPGetAction(action.HTTPGet, c.container, c.ip, purpose); err == nil {
			result, _, _ = httpProber.Probe(request, timeout)
		}
	case action.TCPSocket != nil:
		if port, err := probe.ResolveContainerPort(action.TCPSocket.Port, c.container); err == nil {
			result, _, _ = tcpProber.Probe(cmp.Or(action.TCPSocket.Host, c.ip), port, timeout)
		}
	case action.Exec != nil:
		return c.succeeds(action.Exec.Command, timeout)
	case action.Sleep != nil:
		time.Sleep(min(timeout, seconds(&action.Sleep.Seconds)))
	}
	return result == probe.Success || result == probe.Warning
}

// tally turns answers into verdicts: enough successes or failures in a row.
func tally(spec *v1.Probe) func(ok bool) (decided bool) {
	last, run := false, int32(0)
	return func(ok bool) bool {
		if last != ok {
			run = 0
		}
		last, run = ok, run+1
		return ok && run >= spec.SuccessThreshold || !ok && run >= spec.FailureThreshold
	}
}

// watch asks until the context ends and tells each verdict. While it is off nobody asks, and an answer that came in that
// time is dropped.
func (c command) watch(ctx context.Context, spec *v1.Probe, on func() bool, tell func(ok bool)) {
	decides := tally(spec)
	action := v1.LifecycleHandler{HTTPGet: spec.HTTPGet, TCPSocket: spec.TCPSocket, Exec: spec.Exec}
	time.Sleep(time.Duration(spec.InitialDelaySeconds) * time.Second)
	wait.UntilWithContext(ctx, func(context.Context) {
		if on() {
			if ok := c.ask("probe", time.Duration(spec.TimeoutSeconds)*time.Second, action); on() && decides(ok) {
				tell(ok)
			}
		}
	}, time.Duration(spec.PeriodSeconds)*time.Second)
}
