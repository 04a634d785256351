package main

import (
	"cmp"
	"context"
	"log"
	"syscall"
	"time"

	v1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/fields"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/apimachinery/pkg/util/wait"
	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/tools/cache"
	"k8s.io/client-go/util/flowcontrol"
)

// What takes a node away; its value says how: freeze or kill. A node without it is up.
const lostAnnotation, nodeUp = "testbed.inferscale.dev/lost", "up"

// What a node's processes get when it becomes that: freeze is a network that is gone, kill a power cut, and a node
// without an object is dead for ever.
var signals = map[string]syscall.Signal{nodeUp: syscall.SIGCONT, "freeze": syscall.SIGSTOP, "kill": syscall.SIGKILL, "": syscall.SIGKILL}

// runner knows all pods that are bound to a node. Everything in it belongs to the loop that does the events.
type runner struct {
	client          kubernetes.Interface
	state, launcher string
	backoff         *flowcontrol.Backoff // of restarts, by the kubelet's own rule
	events          chan func()
	nodes, pods     []any // as the API server last showed them; nil before it did
	nextAddress     int
	silent          time.Time // until then the API server is told nothing
	lives           map[types.UID]*life
}

// loop does events until the context ends.
func (r *runner) loop(ctx context.Context) {
	r.watch(ctx, "nodes", &v1.Node{}, fields.Everything(), &r.nodes)
	r.watch(ctx, "pods", &v1.Pod{}, fields.OneTermNotEqualSelector("spec.nodeName", ""), &r.pods)
	for {
		select {
		case event := <-r.events:
			event()
		case <-ctx.Done():
			return
		}
	}
}

// watch follows objects until the context ends. An informer would do, but it waits up to a minute before it asks an API
// server again that was away; tests take it away on purpose.
func (r *runner) watch(ctx context.Context, kind string, of runtime.Object, which fields.Selector, known *[]any) {
	list := cache.NewListWatchFromClient(r.client.CoreV1().RESTClient(), kind, "", which)
	often := wait.Backoff{Duration: 100 * time.Millisecond, Factor: 2, Steps: 4, Cap: time.Second}
	store := cache.NewUndeltaStore(func(all []any) {
		r.events <- func() {
			if *known == nil {
				log.Printf("watching %s", kind)
			}
			*known = all
			r.look(false)
		}
	}, cache.MetaNamespaceKeyFunc)
	go cache.NewReflectorWithOptions(list, of, store, cache.ReflectorOptions{Name: kind, Backoff: &often}).RunWithContext(ctx)
}

// look lets the pods go on that the watches show otherwise now, or all; not before all nodes are known, since nothing is
// started on a node that is lost.
func (r *runner) look(all bool) {
	if r.nodes == nil || r.pods == nil {
		return
	}
	states, told := map[string]string{}, map[types.UID]*v1.Pod{}
	for _, object := range r.nodes {
		node := object.(*v1.Node)
		states[node.Name] = cmp.Or(node.Annotations[lostAnnotation], nodeUp)
	}
	for _, object := range r.pods {
		pod := object.(*v1.Pod)
		told[pod.UID] = pod
		if r.lives[pod.UID] == nil {
			r.lives[pod.UID] = newLife(r, pod)
		}
	}
	for uid, l := range r.lives {
		state := states[l.pod.Spec.NodeName]
		if state == l.node && told[uid] == l.told && !all {
			continue
		}
		if state != l.node {
			l.process.signal(group, signals[state])
		}
		l.node, l.told = state, told[uid]
		l.up.Store(state == nodeUp)
		l.advance()
	}
}

// close asks every container to end and waits until it is over; the guard kills what is left.
func (r *runner) close(over <-chan time.Time) {
	for _, l := range r.lives {
		l.process.signal(group, syscall.SIGCONT)
		l.process.signal(first, syscall.SIGTERM)
	}
	for _, l := range r.lives {
		if l.process == nil {
			continue
		}
		select {
		case <-l.process.done:
		case <-over:
			return
		}
	}
}
