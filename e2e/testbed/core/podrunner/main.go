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
	"k8s.io/client-go/util/flowcontrol"
)

func main() {
	kubeconfig := flag.String("kubeconfig", "", "`file`: a user who may list nodes and pods, patch pods/status, delete pods")
	state := flag.String("state", "", "`folder` for the pods' working folders and logs")
	launcher := flag.String("launcher", "", "`file` that runs the program named by an image inferscale/PROGRAM")
	flag.Parse()
	if *kubeconfig == "" || *state == "" || *launcher == "" || flag.NArg() > 0 {
		log.Print("needs --kubeconfig FILE --state DIR --launcher FILE, and no other words")
		os.Exit(2)
	}
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGTERM, syscall.SIGINT)
	defer stop()
	config, err := clientcmd.BuildConfigFromFlags("", *kubeconfig)
	if err != nil {
		log.Fatal(err)
	}
	startGuard()
	config.QPS, config.UserAgent = -1, "testbed-podrunner"
	// The loop starts the containers; a child with PDEATHSIG dies with the thread that started it, and this one never ends.
	runtime.LockOSThread()
	// Beginning elsewhere than the runner before, it takes no address that a pod still to be seen wants to keep.
	r := &runner{nextAddress: 100 * os.Getpid(), client: kubernetes.NewForConfigOrDie(config), state: *state, launcher: *launcher, events: make(chan func()),
		backoff: flowcontrol.NewBackOff(500*time.Millisecond, 5*time.Second), lives: map[types.UID]*life{}}
	r.loop(ctx)
	r.close(time.After(5 * time.Second))
}
