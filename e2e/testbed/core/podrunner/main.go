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
	"runtime"
	"syscall"
	"time"

	"k8s.io/apimachinery/pkg/types"
	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/tools/clientcmd"
)

func main() {
	if len(os.Args) == 2 && os.Args[1] == "guard" {
		guard(os.Stdin)
		return
	}
	r := &runner{events: make(chan func()), lives: map[types.UID]*life{}}
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
	config, err := clientcmd.BuildConfigFromFlags("", *kubeconfig)
	if err == nil {
		config.QPS, config.UserAgent = -1, "testbed-podrunner"
		r.client, err = kubernetes.NewForConfig(config)
	}
	if err == nil {
		r.guard, err = startGuard()
	}
	if err != nil {
		log.Fatal(err)
	}
	// The loop starts the containers; a child with PDEATHSIG dies with the thread that started it, and this one never ends.
	runtime.LockOSThread()
	r.loop(ctx)
}
