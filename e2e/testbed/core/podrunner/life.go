package main

import (
	"cmp"
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
	"k8s.io/apimachinery/pkg/util/resourceversion"
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
	pod, told *v1.Pod // as this runner knows it, and as the watch says last
	removed   bool    // the object is gone
	node      string  // what happened to it
	up        atomic.Bool
	backlog   []func()
	ip        string
	hold      net.Listener // of the address
	container v1.ContainerStatus
	process   *process
	asker     asker
	quiet     context.CancelFunc // ends the probes
	crashes   int                // ends since the container last ran for long
	resting   bool               // a timer will start the container
	deadline  time.Time          // when the process that is being ended will be killed
	calling   bool               // a call to the API server is on its way
	deleted   bool               // it was told to forget the pod
	basis     *v1.Pod            // for this version it knows
	reported  v1.PodStatus       // this status
}

func newLife(r *runner, pod *v1.Pod) *life {
	l := &life{runner: r, pod: pod, quiet: func() {}, container: v1.ContainerStatus{Name: pod.Spec.Containers[0].Name,
		Image: pod.Spec.Containers[0].Image, Started: new(bool), State: waiting("ContainerCreating", "")}}
	// What an earlier runner wrote: its processes died with it.
	if known := pod.Status.ContainerStatuses; len(known) == 1 && known[0].ContainerID != "" {
		if l.container = known[0]; known[0].State.Running != nil {
			l.backlog = append(l.backlog, func() { l.exited(137, "the pod runner ended") })
		}
	}
	return l
}

func waiting(reason, message string) v1.ContainerState {
	return v1.ContainerState{Waiting: &v1.ContainerStateWaiting{Reason: reason, Message: message}}
}

func (l *life) post(event func()) {
	l.events <- func() {
		l.backlog = append(l.backlog, event)
		l.advance()
	}
}

// advance does what waits in the backlog and then takes the next step towards what the API server says, both only if the
// node is there to do it.
func (l *life) advance() {
	for ; l.up.Load() && len(l.backlog) > 0; l.backlog = l.backlog[1:] {
		l.backlog[0]()
	}
	if l.removed && (l.process == nil || l.node == nodeAbsent) {
		delete(l.lives, l.pod.UID)
		if l.hold != nil {
			l.hold.Close()
		}
	} else if l.up.Load() {
		l.see(l.told)
		l.settle()
	}
}

// see takes what the watch says, unless it is older than what a write returned.
func (l *life) see(pod *v1.Pod) {
	if order, err := resourceversion.CompareResourceVersion(pod.ResourceVersion, l.pod.ResourceVersion); err != nil || order > 0 {
		l.pod = pod
	}
}

func (l *life) settle() {
	deleting, phase := l.pod.DeletionTimestamp != nil, phaseOf(l.pod, l.container)
	switch {
	case l.removed:
		l.end(leastGrace)
		return
	case deleting && l.process != nil:
		l.end(seconds(l.pod.DeletionGracePeriodSeconds))
	case !deleting && l.process == nil && !l.resting && phase != v1.PodSucceeded && phase != v1.PodFailed:
		l.start()
	}
	if ended := l.container.LastTerminationState.Terminated; deleting && ended != nil && l.container.State.Waiting != nil {
		l.container.State = v1.ContainerState{Terminated: ended} // it rests for ever
	}
	if !l.calling && !l.deleted && l.report() && deleting && l.process == nil {
		pod, options := l.pod, metav1.NewDeleteOptions(0)
		options.Preconditions = metav1.NewUIDPreconditions(string(pod.UID))
		l.call(func(ctx context.Context) error {
			return l.client.CoreV1().Pods(pod.Namespace).Delete(ctx, pod.Name, *options)
		}, func() { l.deleted = true })
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
		if now := l.container.State.Waiting; refused.reason == "ErrImagePull" && now != nil && now.Reason != "ContainerCreating" {
			refused.reason = "ImagePullBackOff"
		}
		l.rest(time.Second, refused.reason, refused.message)
		return
	}
	if l.container.ContainerID != "" {
		l.container.RestartCount++
	}
	if ended := l.container.State.Terminated; ended != nil {
		l.container.LastTerminationState.Terminated = ended
	}
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
	output, err := os.OpenFile(filepath.Join(c.dir, l.container.Name+".log"), os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o644)
	if err != nil {
		return nil, err
	}
	defer output.Close()
	return c.start(l.guard, output)
}

func (l *life) rest(delay time.Duration, reason, message string) {
	l.resting, l.container.State = true, waiting(reason, message)
	time.AfterFunc(delay, func() { l.post(func() { l.resting = false }) })
}

// watch begins the startup probe and, when that has succeeded or there is none, the two others.
func (l *life) watch() {
	ctx, cancel := context.WithCancel(context.Background())
	l.quiet = cancel
	begin := func(ctx context.Context, probe *v1.Probe, vital bool, apply func(ok bool)) {
		if probe == nil {
			apply(true)
			return
		}
		go l.asker.watch(ctx, probe, l.up.Load, func(ok bool) {
			l.post(func() {
				if ctx.Err() != nil {
					return
				} else if apply(ok); vital && !ok {
					l.end(seconds(cmp.Or(probe.TerminationGracePeriodSeconds, l.pod.Spec.TerminationGracePeriodSeconds)))
				}
			})
		})
	}
	spec := l.asker.container
	starting, started := context.WithCancel(ctx)
	begin(starting, spec.StartupProbe, true, func(ok bool) {
		if ok {
			started()
			l.container.Started = &ok
			begin(ctx, spec.ReadinessProbe, false, func(ok bool) { l.container.Ready = ok })
			begin(ctx, spec.LivenessProbe, true, func(bool) {})
		}
	})
}

// end stops the running process in the order of a kubelet: preStop hook, SIGTERM, and SIGKILL when the grace period,
// counted from the hook's start, is over. A later call can only bring the end nearer.
func (l *life) end(grace time.Duration) {
	deadline, process, asker, first := time.Now().Add(grace), l.process, l.asker, l.deadline.IsZero()
	if !first && !deadline.Before(l.deadline) {
		return
	}
	l.quiet()
	l.deadline = deadline
	hooks := asker.container.Lifecycle
	hooked := first && !l.removed && hooks != nil && hooks.PreStop != nil
	go func() {
		if hooked && hooks.PreStop.Sleep != nil {
			time.Sleep(min(grace, seconds(&hooks.PreStop.Sleep.Seconds)))
		} else if hooked {
			asker.ask("lifecycle", grace, v1.ProbeHandler{Exec: hooks.PreStop.Exec, HTTPGet: hooks.PreStop.HTTPGet})
		}
		l.post(func() {
			process.signal(syscall.SIGTERM)
			time.AfterFunc(max(time.Until(deadline), leastGrace), func() {
				l.post(func() { process.signalAll(syscall.SIGKILL) })
			})
		})
	}()
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
		l.rest(delay, "CrashLoopBackOff", fmt.Sprintf("back-off %s restarting failed container=%s pod=%s_%s(%s)",
			delay, l.container.Name, l.pod.Name, l.pod.Namespace, l.pod.UID))
	}
	l.crashes++
}

// report is true when the API server knows how the pod is; else it tells it.
func (l *life) report() bool {
	pod, want := l.pod, podStatus(l.pod, l.container, l.ip, time.Now())
	if l.basis == pod && equality.Semantic.DeepEqual(l.reported, want) {
		return true
	}
	var answer *v1.Pod // none when nothing was to be changed
	l.call(func(ctx context.Context) (err error) {
		answer, _, _, err = statusutil.PatchPodStatus(ctx, l.client, pod.Namespace, pod.Name, pod.UID, pod.Status, want)
		return err
	}, func() {
		l.basis, l.reported = cmp.Or(answer, pod), want
		l.see(l.basis)
	})
	return false
}

// call talks to the API server beside the loop, one call of a pod at a time. After a refusal settle tries again.
func (l *life) call(do func(context.Context) error, then func()) {
	l.calling = true
	go func() {
		ctx, cancel := context.WithTimeout(context.Background(), 5*time.Second)
		defer cancel()
		err := do(ctx)
		if err != nil {
			time.Sleep(retry)
		}
		l.post(func() {
			if l.calling = false; err == nil {
				then()
			} else if !l.removed {
				log.Printf("%s/%s: %v", l.pod.Namespace, l.pod.Name, err)
			}
		})
	}()
}

func seconds(n *int64) time.Duration { return time.Duration(*n) * time.Second }
