package main

import (
	"context"
	"fmt"
	"log"
	"net"
	"os"
	"path/filepath"
	"sync/atomic"
	"syscall"
	"time"

	v1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/equality"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	statusutil "k8s.io/kubernetes/pkg/util/pod"
)

const (
	leastGrace = 2 * time.Second        // a kubelet's: whatever the hook took, the process gets this long
	retry      = 500 * time.Millisecond // after a refused call to the API server
)

// life is one pod on this machine from its binding to its removal. Only the runner's loop touches it; whatever happens to
// it is posted there as a function. While the node is lost these wait in the backlog, as nothing happens to a dead
// kubelet; they are all done when the node comes back.
type life struct {
	*runner
	pod       *v1.Pod
	removed   bool // the object is gone
	ip        string
	hold      net.Listener
	container v1.ContainerStatus
	process   *process
	asker     asker
	quiet     context.CancelFunc // ends the probes
	runs      int32              // starts so far
	crashes   int                // ends since the container last ran for long
	resting   bool               // a timer will start the container
	deadline  time.Time          // when the process that is being ended will be killed
	backlog   []func()
	up        atomic.Bool // the node is
	calling   bool        // a call to the API server is on its way
	reported  v1.PodStatus
	basis     *v1.Pod // for which reported is true
	deleted   bool    // the API server was told
}

func newLife(r *runner, pod *v1.Pod) *life {
	spec := pod.Spec.Containers[0]
	l := &life{runner: r, pod: pod, quiet: func() {}, container: v1.ContainerStatus{Name: spec.Name, Image: spec.Image,
		Started: new(bool), State: v1.ContainerState{Waiting: &v1.ContainerStateWaiting{Reason: "ContainerCreating"}}}}
	// What an earlier runner wrote: its processes died with it.
	if known := pod.Status.ContainerStatuses; len(known) == 1 && known[0].ContainerID != "" {
		l.container, l.runs = known[0], known[0].RestartCount+1
		if l.container.State.Running != nil {
			l.backlog = append(l.backlog, func() { l.exited(137, "the pod runner ended") })
		}
	}
	return l
}

func (l *life) post(event func()) {
	l.events <- func() {
		l.backlog = append(l.backlog, event)
		l.advance()
	}
}

func (l *life) advance() {
	for l.up.Load() && len(l.backlog) > 0 {
		next := l.backlog[0]
		l.backlog = l.backlog[1:]
		next()
	}
	l.settle()
}

// settle takes the next step towards what the API server says, if the node is there to take it.
func (l *life) settle() {
	deleting, phase := l.pod.DeletionTimestamp != nil, phaseOf(l.pod, l.container)
	switch {
	case l.removed && (l.process == nil || l.nodes[l.pod.Spec.NodeName] == nodeAbsent):
		l.forget()
		return
	case !l.up.Load():
		return
	case l.removed:
		l.end(leastGrace)
		return
	case deleting && l.process != nil:
		l.end(seconds(l.pod.DeletionGracePeriodSeconds))
	case !deleting && l.process == nil && !l.resting && phase != v1.PodSucceeded && phase != v1.PodFailed:
		l.start()
	}
	if !l.calling && !l.deleted && l.report() && deleting && l.process == nil {
		l.call(l.delete, func() { l.deleted = true })
	}
}

func (l *life) start() {
	var err error
	if l.hold == nil {
		l.ip, l.hold, err = takeAddress(l.pod.Status.PodIP, &l.nextAddress)
	}
	dir := filepath.Join(l.state, "pods", fmt.Sprintf("%s_%s_%s", l.pod.Namespace, l.pod.Name, l.pod.UID))
	command, refused := commandOf(l.pod, l.ip, dir, l.launcher)
	if refused != nil {
		l.refuse(refused)
		return
	}
	if ended := l.container.State.Terminated; ended != nil {
		l.container.LastTerminationState.Terminated = ended
	}
	l.container.RestartCount = l.runs
	l.runs++
	l.container.ContainerID = fmt.Sprintf("testbed://%s/%d", l.pod.UID, l.container.RestartCount)
	l.container.State = v1.ContainerState{Running: &v1.ContainerStateRunning{StartedAt: metav1.Now()}}
	var process *process
	if err == nil {
		process, err = l.launch(command)
	}
	if err != nil {
		l.exited(128, err.Error())
		return
	}
	l.process, l.asker = process, asker{&l.pod.Spec.Containers[0], l.ip, command, l.guard}
	go func() {
		<-process.done
		l.post(func() { l.exited(process.code, "") })
	}()
	l.watch()
}

func (l *life) launch(c command) (*process, error) {
	if err := os.MkdirAll(c.dir, 0o755); err != nil {
		return nil, err
	}
	out, err := os.OpenFile(filepath.Join(c.dir, l.container.Name+".log"), os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o644)
	if err != nil {
		return nil, err
	}
	defer out.Close()
	return c.start(l.guard, out)
}

// refuse leaves the container waiting, as a kubelet does with an image that nobody has.
func (l *life) refuse(why *refusal) {
	if now := l.container.State.Waiting; why.reason == "ErrImagePull" && now != nil && now.Reason != "ContainerCreating" {
		why = &refusal{"ImagePullBackOff", "Back-off pulling image: " + why.message}
	}
	l.rest(time.Second, why)
}

func (l *life) rest(delay time.Duration, why *refusal) {
	l.resting = true
	l.container.State = v1.ContainerState{Waiting: &v1.ContainerStateWaiting{Reason: why.reason, Message: why.message}}
	time.AfterFunc(delay, func() { l.post(func() { l.resting = false }) })
}

// watch begins the startup probe and, when that has succeeded or there is none, the two others.
func (l *life) watch() {
	ctx, cancel := context.WithCancel(context.Background())
	l.quiet = cancel
	begin := func(probe *v1.Probe, apply func(ok bool)) {
		if probe == nil {
			apply(true)
			return
		}
		go l.asker.watch(ctx, probe, l.up.Load, func(ok bool) {
			l.post(func() {
				if ctx.Err() == nil {
					apply(ok)
				}
			})
		})
	}
	restartOf := func(probe *v1.Probe) {
		if grace := probe.TerminationGracePeriodSeconds; grace != nil {
			l.end(seconds(grace))
		} else {
			l.end(seconds(l.pod.Spec.TerminationGracePeriodSeconds))
		}
	}
	spec := l.asker.container
	begin(spec.StartupProbe, func(ok bool) {
		if !ok {
			restartOf(spec.StartupProbe)
		} else if !*l.container.Started {
			l.container.Started = &ok
			begin(spec.ReadinessProbe, func(ok bool) { l.container.Ready = ok })
			begin(spec.LivenessProbe, func(ok bool) {
				if !ok {
					restartOf(spec.LivenessProbe)
				}
			})
		}
	})
}

// end stops the running process in the order of a kubelet: preStop hook, SIGTERM, and SIGKILL when the grace period,
// counted from the hook's start, is over. A later call can only bring the end nearer.
func (l *life) end(grace time.Duration) {
	deadline, process, first := time.Now().Add(grace), l.process, l.deadline.IsZero()
	if !first && !deadline.Before(l.deadline) {
		return
	}
	l.quiet()
	l.deadline = deadline
	terminate := func() {
		process.signal(syscall.SIGTERM)
		time.AfterFunc(max(time.Until(deadline), leastGrace), func() {
			l.post(func() { process.signalAll(syscall.SIGKILL) })
		})
	}
	hooks := l.asker.container.Lifecycle
	if !first || l.removed || hooks == nil || hooks.PreStop == nil {
		terminate()
		return
	}
	go func(asker asker) {
		ctx, cancel := context.WithDeadline(context.Background(), deadline)
		defer cancel()
		asker.do(ctx, "lifecycle", *hooks.PreStop)
		l.post(terminate)
	}(l.asker)
}

// exited records the end of a run and decides about the next one.
func (l *life) exited(code int32, message string) {
	l.quiet()
	l.process, l.deadline = nil, time.Time{}
	ended := &v1.ContainerStateTerminated{ExitCode: code, Reason: "Error", Message: message,
		StartedAt: l.container.State.Running.StartedAt, FinishedAt: metav1.Now(), ContainerID: l.container.ContainerID}
	if code == 0 {
		ended.Reason = "Completed"
	}
	l.container.State = v1.ContainerState{Terminated: ended}
	l.container.Ready, l.container.Started = false, new(bool)
	if l.pod.DeletionTimestamp != nil || !restarts(l.pod.Spec.RestartPolicy, code) {
		return
	}
	if ended.FinishedAt.Sub(ended.StartedAt.Time) >= 2*l.backoffCap {
		l.crashes = 0
	}
	if delay := restartDelay(l.crashes, l.backoffStart, l.backoffCap); delay > 0 {
		l.container.LastTerminationState.Terminated = ended
		l.rest(delay, &refusal{"CrashLoopBackOff", fmt.Sprintf("back-off %s restarting failed container=%s pod=%s_%s(%s)",
			delay, l.container.Name, l.pod.Name, l.pod.Namespace, l.pod.UID)})
	}
	l.crashes++
}

// report is true when the API server knows how the pod is; else it tells it.
func (l *life) report() bool {
	container := l.container
	if ended := container.LastTerminationState.Terminated; ended != nil && l.pod.DeletionTimestamp != nil && container.State.Waiting != nil {
		container.State = v1.ContainerState{Terminated: ended} // it rests for ever
	}
	pod, want := l.pod, podStatus(l.pod, container, l.ip, time.Now())
	if l.basis == pod && equality.Semantic.DeepEqual(l.reported, want) {
		return true
	}
	updated := pod
	l.call(func(ctx context.Context) error {
		answer, _, unchanged, err := statusutil.PatchPodStatus(ctx, l.client, pod.Namespace, pod.Name, pod.UID, pod.Status, want)
		if err == nil && !unchanged {
			updated = answer
		}
		return err
	}, func() {
		l.see(updated)
		l.basis, l.reported = updated, want
	})
	return false
}

func (l *life) delete(ctx context.Context) error {
	options := metav1.NewDeleteOptions(0)
	options.Preconditions = metav1.NewUIDPreconditions(string(l.pod.UID))
	return l.client.CoreV1().Pods(l.pod.Namespace).Delete(ctx, l.pod.Name, *options)
}

// call talks to the API server beside the loop, one call of a pod at a time. After a refusal settle tries again.
func (l *life) call(do func(context.Context) error, then func()) {
	l.calling = true
	go func() {
		ctx, cancel := context.WithTimeout(context.Background(), 5*time.Second)
		defer cancel()
		err := do(ctx)
		if err != nil {
			log.Printf("%s/%s: %v", l.pod.Namespace, l.pod.Name, err)
			time.Sleep(retry)
		}
		l.post(func() {
			if l.calling = false; err == nil {
				then()
			}
		})
	}()
}

func seconds(n *int64) time.Duration {
	if n == nil {
		return 0
	}
	return time.Duration(*n) * time.Second
}
