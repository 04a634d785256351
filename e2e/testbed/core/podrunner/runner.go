package main

import (
	"io"
	"syscall"
	"time"

	v1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/apimachinery/pkg/util/resourceversion"
	"k8s.io/client-go/kubernetes"
)

// The annotation that takes a node away; its value says how.
const lostAnnotation = "testbed.inferscale.dev/lost"

type nodeState string

const (
	nodeAbsent nodeState = ""       // there is no such object: as killed, for ever
	nodeUp     nodeState = "up"     //
	nodeFrozen nodeState = "freeze" // every process stands still, as behind a network that is gone
	nodeKilled nodeState = "kill"   // every process is dead, as after a power cut
)

// runner knows all pods that are bound to a node. Everything in it belongs to the loop that does the events.
type runner struct {
	client                   kubernetes.Interface
	state, launcher          string
	backoffStart, backoffCap time.Duration
	guard                    io.Writer
	events                   chan func()
	nextAddress              int
	nodes                    map[string]nodeState
	lives                    map[types.UID]*life
}

func (r *runner) podSeen(pod *v1.Pod) {
	l, known := r.lives[pod.UID]
	if !known {
		l = newLife(r, pod)
		r.lives[pod.UID] = l
		l.obey(r.nodes[pod.Spec.NodeName])
	}
	l.backlog = append(l.backlog, func() { l.see(pod) })
	l.advance()
}

func (r *runner) podGone(pod *v1.Pod) {
	if l, known := r.lives[pod.UID]; known {
		l.removed = true
		l.advance()
	}
}

func (r *runner) nodeSeen(node *v1.Node) {
	switch state := nodeState(node.Annotations[lostAnnotation]); state {
	case nodeAbsent:
		r.setNode(node.Name, nodeUp)
	case nodeKilled:
		r.setNode(node.Name, nodeKilled)
	default:
		r.setNode(node.Name, nodeFrozen)
	}
}

func (r *runner) nodeGone(node *v1.Node) { r.setNode(node.Name, nodeAbsent) }

func (r *runner) setNode(name string, state nodeState) {
	if r.nodes[name] == state {
		return
	}
	r.nodes[name] = state
	for _, l := range r.lives {
		if l.pod.Spec.NodeName == name {
			l.obey(state)
		}
	}
	for _, l := range r.lives {
		if l.pod.Spec.NodeName == name {
			l.advance()
		}
	}
}

// obey does to the pod's processes what happened to the node.
func (l *life) obey(state nodeState) {
	l.up.Store(state == nodeUp)
	if l.process != nil {
		l.process.signalAll(map[nodeState]syscall.Signal{nodeUp: syscall.SIGCONT, nodeFrozen: syscall.SIGSTOP,
			nodeKilled: syscall.SIGKILL, nodeAbsent: syscall.SIGKILL}[state])
	}
}

// see takes what the watch says, unless it is older than what a write returned.
func (l *life) see(pod *v1.Pod) {
	if order, err := resourceversion.CompareResourceVersion(pod.ResourceVersion, l.pod.ResourceVersion); err != nil || order > 0 {
		l.pod = pod
	}
}

func (l *life) forget() {
	delete(l.lives, l.pod.UID)
	if l.hold != nil {
		l.hold.Close()
	}
}

// close ends every process: politely, and after the patience by force.
func (r *runner) close(patience time.Duration) {
	over := time.After(patience)
	for _, l := range r.lives {
		if l.process != nil {
			l.process.signalAll(syscall.SIGCONT)
			l.process.signal(syscall.SIGTERM)
		}
	}
	for _, l := range r.lives {
		if l.process != nil {
			select {
			case <-l.process.done:
			case <-over:
				return // the guard kills the rest
			}
		}
	}
}
