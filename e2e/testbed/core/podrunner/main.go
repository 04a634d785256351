// podrunner is test equipment: it stands in for the kubelets of a test bed without containers. For every pod that the
// scheduler has bound to a node it runs the container's command as a process on the pod's own loopback address, and
// writes the status that only a kubelet can know. Its contract is in ../../PODRUNNER.md.
package main

import (
	"context"
	"flag"
	"log"
	"os"
	"os/signal"
	"syscall"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/client-go/informers"
	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/tools/cache"
	"k8s.io/client-go/tools/clientcmd"
)

func main() {
	if len(os.Args) == 2 && os.Args[1] == "guard" {
		guard(os.Stdin)
		return
	}
	r := &runner{events: make(chan func()), nodes: map[string]nodeState{}, lives: map[types.UID]*life{}}
	kubeconfig := flag.String("kubeconfig", "", "`file`: a user who may list nodes and pods, patch pods/status, delete pods")
	flag.StringVar(&r.state, "state", "", "`folder` for the pods' working folders and logs")
	flag.StringVar(&r.launcher, "launcher", "", "`file` that runs the program named by an image inferscale/PROGRAM")
	flag.DurationVar(&r.backoffStart, "backoff-start", 500*time.Millisecond, "rest before a second restart, doubled each time (a kubelet: 10s)")
	flag.DurationVar(&r.backoffCap, "backoff-cap", 5*time.Second, "longest rest before a restart (a kubelet: 5m)")
	flag.Parse()
	if *kubeconfig == "" || r.state == "" || r.launcher == "" || flag.NArg() > 0 {
		log.Print("needs --kubeconfig FILE --state DIR --launcher FILE, and no other words")
		os.Exit(2)
	}
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGTERM, syscall.SIGINT)
	defer stop()
	if err := r.serve(ctx, *kubeconfig); err != nil {
		log.Fatal(err)
	}
}

func (r *runner) serve(ctx context.Context, kubeconfig string) error {
	config, err := clientcmd.BuildConfigFromFlags("", kubeconfig)
	if err != nil {
		return err
	}
	config.QPS, config.UserAgent = -1, "testbed-podrunner"
	if r.client, err = kubernetes.NewForConfig(config); err != nil {
		return err
	}
	go forkForever()
	if r.guard, err = startGuard(); err != nil {
		return err
	}
	factory := informers.NewSharedInformerFactoryWithOptions(r.client, 0)
	bound := informers.NewSharedInformerFactoryWithOptions(r.client, 0, informers.WithTweakListOptions(
		func(o *metav1.ListOptions) { o.FieldSelector = "spec.nodeName!=" }))
	// Nodes first: nothing is started on a node that is lost.
	go func() {
		follow(ctx, r.events, factory.Core().V1().Nodes().Informer(), r.nodeSeen, r.nodeGone)
		follow(ctx, r.events, bound.Core().V1().Pods().Informer(), r.podSeen, r.podGone)
		log.Print("running")
	}()
	for {
		select {
		case event := <-r.events:
			event()
		case <-ctx.Done():
			r.close(5 * time.Second)
			return nil
		}
	}
}

// follow makes events of an informer's changes until the context ends, and returns when the objects of now are told.
func follow[T metav1.Object](ctx context.Context, events chan<- func(), informer cache.SharedIndexInformer, seen, gone func(T)) {
	tell := func(to func(T), object any) { events <- func() { to(object.(T)) } }
	registration, err := informer.AddEventHandler(cache.ResourceEventHandlerFuncs{
		AddFunc: func(object any) { tell(seen, object) },
		UpdateFunc: func(old, object any) {
			// A watch that was away can show the next object of the same name as a change.
			if old.(T).GetUID() != object.(T).GetUID() {
				tell(gone, old)
			}
			tell(seen, object)
		},
		DeleteFunc: func(object any) {
			if last, ok := object.(cache.DeletedFinalStateUnknown); ok {
				object = last.Obj
			}
			tell(gone, object)
		},
	})
	if err != nil {
		panic(err) // only for an informer that was stopped
	}
	go informer.RunWithContext(ctx)
	cache.WaitForCacheSync(ctx.Done(), registration.HasSynced)
}
