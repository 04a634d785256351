package main

import (
	"cmp"
	"context"
	"io"
	"syscall"
	"time"

	v1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/fields"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/tools/cache"
)

// The annotation that takes a node away; its value says how: nodeFrozen or nodeKilled.
const lostAnnotation = "testbed.inferscale.dev/lost"

// What happened to a node. One without an object is dead for ever.
const (
	nodeAbsent = ""
	nodeUp     = "up"
	nodeFrozen = "freeze" // its processes stand still, as behind a network that is gone
	nodeKilled = "kill"   // its processes are dead, as after a power cut
)

// runner knows all pods that are bound to a node. Everything in it belongs to the loop that does the events.
type runner struct {
	client                   kubernetes.Interface
	state, launcher          string
	backoffStart, backoffCap time.Duration
	guard                    io.Writer
	events                   chan func()
	nextAddress              int
	lives                    map[types.UID]*life
}

// loop does events until the context ends, and then ends all processes.
func (r *runner) loop(ctx context.Context) {
	changed := make(chan struct{}, 1)
	nodes := r.watch(ctx, "nodes", &v1.Node{}, fields.Everything(), changed)
	pods := r.watch(ctx, "pods", &v1.Pod{}, fields.OneTermNotEqualSelector("spec.nodeName", ""), changed)
	for {
		select {
		case <-changed:
			// Not before all nodes are known: nothing is started on a node that is lost.
			if nodes.complete.Load() && pods.complete.Load() {
				r.look(nodes, pods)
			}
		case event := <-r.events:
			event()
		case <-ctx.Done():
			r.close(5 * time.Second)
			return
		}
	}
}

// look compares what is known with what the watches show now.
func (r *runner) look(nodes, pods cache.Store) {
	states := map[string]string{}
	for _, object := range nodes.List() {
		node := object.(*v1.Node)
		states[node.Name] = cmp.Or(node.Annotations[lostAnnotation], nodeUp)
	}
	told := map[types.UID]*v1.Pod{}
	for _, object := range pods.List() {
		pod := object.(*v1.Pod)
		told[pod.UID] = pod
		if r.lives[pod.UID] == nil {
			r.lives[pod.UID] = newLife(r, pod)
		}
	}
	signals := map[string]syscall.Signal{nodeUp: syscall.SIGCONT, nodeFrozen: syscall.SIGSTOP, nodeKilled: syscall.SIGKILL, nodeAbsent: syscall.SIGKILL}
	for uid, l := range r.lives {
		if state := states[l.pod.Spec.NodeName]; state != l.node {
			l.node = state
			l.up.Store(state == nodeUp)
			if l.process != nil {
				l.process.signalAll(signals[state])
			}
		}
		l.told, l.removed = cmp.Or(told[uid], l.pod), told[uid] == nil
		l.advance()
	}
}

// close asks every container to end and waits; the guard kills what is left after the patience.
func (r *runner) close(patience time.Duration) {
	for _, l := range r.lives {
		if l.process != nil {
			l.process.signalAll(syscall.SIGCONT)
			l.process.signal(syscall.SIGTERM)
		}
	}
	over := time.After(patience)
	for _, l := range r.lives {
		for l.process != nil {
			select {
			case <-l.process.done:
				l.process = nil
			case <-over:
				return
			}
		}
	}
}
