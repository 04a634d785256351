package main

import (
	"context"
	"log"
	"sync/atomic"
	"time"

	"k8s.io/apimachinery/pkg/fields"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/util/wait"
	"k8s.io/client-go/tools/cache"
)

// watched holds the objects of one kind as the API server last showed them, and says when they changed.
type watched struct {
	cache.Store
	kind     string
	complete atomic.Bool // has been listed once
	changed  chan<- struct{}
}

// watch follows objects until the context ends. An informer would do, but it waits up to a minute before it asks an API
// server again that was away; tests take it away on purpose.
func (r *runner) watch(ctx context.Context, kind string, of runtime.Object, which fields.Selector, changed chan<- struct{}) *watched {
	w := &watched{kind: kind, Store: cache.NewStore(cache.MetaNamespaceKeyFunc), changed: changed}
	list := cache.NewListWatchFromClient(r.client.CoreV1().RESTClient(), kind, "", which)
	often := wait.Backoff{Duration: 100 * time.Millisecond, Factor: 2, Steps: 4, Cap: time.Second}
	go cache.NewReflectorWithOptions(list, of, w, cache.ReflectorOptions{Name: kind, Backoff: &often}).RunWithContext(ctx)
	return w
}

func (w *watched) Add(object any) error    { return w.tell(w.Store.Add(object)) }
func (w *watched) Update(object any) error { return w.tell(w.Store.Update(object)) }
func (w *watched) Delete(object any) error { return w.tell(w.Store.Delete(object)) }

func (w *watched) Replace(objects []any, version string) error {
	err := w.Store.Replace(objects, version)
	if !w.complete.Swap(true) {
		log.Printf("watching %s", w.kind)
	}
	return w.tell(err)
}

func (w *watched) tell(err error) error {
	select {
	case w.changed <- struct{}{}:
	default:
	}
	return err
}
