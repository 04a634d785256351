package main

import (
	"cmp"
	"context"
	"fmt"
	"log"
	"net"
	"path/filepath"
	"sync/atomic"
	"syscall"
	"time"

	v1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/equality"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

const (
	leastGrace = 2 * time.Second        // a kubelet's: whatever the hook took, the process gets this long
	patience   = time.Second            // with the API server
	silence    = 500 * time.Millisecond // towards it after a call that failed
)

// life is one pod on this machine from its binding to its removal. Only the runner's loop touches it; whatever happens to
// it is posted there as a function. While the node is lost these wait in the backlog, as nothing happens to a dead
// kubelet; they are all done when the node comes back.
type life struct {
	*runner
	pod, told *v1.Pod // as it was last, and as the watch shows it now: nil when the object is gone
	node      string  // what happened to it
	up        atomic.Bool
	backlog   []func()
	ip        string
	hold      net.Listener // of the address
	container v1.ContainerStatus
	command   command
	process   *process
	quiet     context.CancelFunc // ends the probes
	resting   bool               // a timer will start the container
	deadline  time.Time          // when the process that is being ended will be killed
	deleted   bool               // the API server was told to forget the pod
}

func newLife(r *runner, pod *v1.Pod) *life {
	l := &life{runner: r, pod: pod, quiet: func() {}, container: v1.ContainerStatus{Name: pod.Spec.Containers[0].Name,
		Image: pod.Spec.Containers[0].Image, Started: new(bool),
		State: v1.ContainerState{Waiting: &v1.ContainerStateWaiting{Reason: "ContainerCreating"}}}}
	l.ip, l.hold = takeAddress(pod.Status.PodIP, &r.nextAddress)
	// What an earlier runner wrote: its processes died with it.
	if known := pod.Status.ContainerStatuses; len(known) == 1 && known[0].ContainerID != "" {
		if l.container = known[0]; known[0].State.Running != nil {
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

// advance does what waits in the backlog and then takes the next step towards what the API server says, both only if the
// node is there to do it; of a node that is no more the processes are still reaped.
func (l *life) advance() {
	for ; (l.up.Load() || l.node == "") && len(l.backlog) > 0; l.backlog = l.backlog[1:] {
		l.backlog[0]()
	}
	switch {
	case l.told == nil && l.process == nil:
		delete(l.lives, l.pod.UID)
		l.hold.Close()
	case l.told == nil && l.up.Load():
		l.end(leastGrace)
	case l.up.Load():
		l.pod = l.told
		l.settle(l.pod.DeletionTimestamp != nil)
	}
}

func (l *life) settle(deleting bool) {
	phase := phaseOf(l.pod, l.container)
	if deleting && l.process != nil {
		l.end(seconds(l.pod.DeletionGracePeriodSeconds))
	} else if !deleting && l.process == nil && !l.resting && phase != v1.PodSucceeded && phase != v1.PodFailed {
		l.start()
	}
	if ended := l.container.LastTerminationState.Terminated; deleting && ended != nil && l.container.State.Waiting != nil {
		l.container.State = v1.ContainerState{Terminated: ended} // it rests for ever
	}
	if !l.deleted && time.Now().After(l.silent) {
		l.tell(deleting && l.process == nil)
	}
}

func (l *life) start() {
	dir := filepath.Join(l.state, "pods", fmt.Sprintf("%s_%s_%s", l.pod.Namespace, l.pod.Name, l.pod.UID))
	command, refused := commandOf(l.pod, l.ip, dir, l.launcher)
	if refused != nil {
		l.rest(time.Second, refused.reason, refused.message)
		return
	}
	if l.container.ContainerID != "" {
		l.container.RestartCount++
		l.backoff.Next(string(l.pod.UID), time.Now())
	}
	l.container.ContainerID = fmt.Sprintf("testbed://%s/%d", l.pod.UID, l.container.RestartCount)
	l.container.State = v1.ContainerState{Running: &v1.ContainerStateRunning{StartedAt: now()}}
	process, err := command.start(command.argv, filepath.Join(dir, l.container.Name+".log"))
	if err != nil {
		l.exited(128, err.Error())
		return
	}
	l.process, l.command = process, command
	go func() {
		<-process.done
		l.post(func() { l.exited(process.reap(), "") })
	}()
	l.watch(command.container)
}

func (l *life) rest(delay time.Duration, reason, message string) {
	l.resting, l.container.State = true, v1.ContainerState{Waiting: &v1.ContainerStateWaiting{Reason: reason, Message: message}}
	time.AfterFunc(delay, func() { l.post(func() { l.resting = false }) })
}

// watch begins the probes.
func (l *life) watch(spec *v1.Container) {
	ctx, cancel := context.WithCancel(context.Background())
	l.quiet = cancel
	l.container.Started, l.container.Ready = new(true), spec.ReadinessProbe == nil
	begin := func(probe *v1.Probe, apply func(ok bool)) {
		if probe != nil {
			go l.command.watch(ctx, probe, l.up.Load, func(ok bool) {
				l.post(func() {
					if ctx.Err() == nil {
						apply(ok)
					}
				})
			})
		}
	}
	begin(spec.ReadinessProbe, func(ok bool) { l.container.Ready = ok })
	begin(spec.LivenessProbe, func(ok bool) {
		if !ok {
			l.end(seconds(cmp.Or(spec.LivenessProbe.TerminationGracePeriodSeconds, l.pod.Spec.TerminationGracePeriodSeconds)))
		}
	})
}

// end stops the running process in the order of a kubelet: preStop hook, SIGTERM, and SIGKILL when the grace period,
// counted from the hook's start, is over. A later call can only bring the end nearer.
func (l *life) end(grace time.Duration) {
	deadline, process, command, begins := time.Now().Add(grace), l.process, l.command, l.deadline.IsZero()
	if !begins && !deadline.Before(l.deadline) {
		return
	}
	l.quiet()
	l.deadline = deadline
	hooks := command.container.Lifecycle
	hooked := begins && l.told != nil && hooks != nil && hooks.PreStop != nil
	go func() {
		if hooked {
			command.ask("lifecycle", grace, *hooks.PreStop)
		}
		l.post(func() {
			process.signal(first, syscall.SIGTERM)
			time.AfterFunc(max(time.Until(deadline), leastGrace), func() {
				l.post(func() { process.signal(group, syscall.SIGKILL) })
			})
		})
	}()
}

// exited records the end of a run and decides about the next one.
func (l *life) exited(code int32, message string) {
	l.quiet()
	l.process, l.deadline = nil, time.Time{}
	ended := &v1.ContainerStateTerminated{ExitCode: code, Reason: map[bool]string{true: "Completed", false: "Error"}[code == 0], Message: message,
		StartedAt: l.container.State.Running.StartedAt, FinishedAt: now(), ContainerID: l.container.ContainerID}
	l.container.State = v1.ContainerState{Terminated: ended}
	l.container.Ready, l.container.Started = false, new(bool)
	if l.pod.DeletionTimestamp != nil || !restarts(l.pod.Spec.RestartPolicy, code) {
		return
	}
	l.container.LastTerminationState.Terminated = ended
	if id := string(l.pod.UID); l.backoff.IsInBackOffSince(id, time.Now()) {
		delay := l.backoff.Get(id)
		l.rest(delay, "CrashLoopBackOff", fmt.Sprintf("back-off %s restarting failed container=%s pod=%s_%s(%s)",
			delay, l.container.Name, l.pod.Name, l.pod.Namespace, l.pod.UID))
	}
}

// tell makes the API server know how the pod is and, once the watch has shown that it does, forget one that is gone. It is
// asked beside nothing else; after a failure it is left in silence for a while, so that it holds nobody up.
func (l *life) tell(gone bool) {
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	pod, pods := l.pod.DeepCopy(), l.client.CoreV1().Pods(l.pod.Namespace)
	pod.Status = podStatus(l.pod, l.container, l.ip)
	var err error
	if !equality.Semantic.DeepEqual(pod.Status, l.pod.Status) {
		_, err = pods.UpdateStatus(ctx, pod, metav1.UpdateOptions{})
	} else if gone {
		err = pods.Delete(ctx, pod.Name, metav1.DeleteOptions{GracePeriodSeconds: new(int64), Preconditions: metav1.NewUIDPreconditions(string(pod.UID))})
		l.deleted = err == nil
	}
	// Of a pod that has changed meanwhile the watch will tell.
	if err != nil && !apierrors.IsNotFound(err) && !apierrors.IsConflict(err) {
		log.Printf("%s/%s: %v", pod.Namespace, pod.Name, err)
		l.silent = time.Now().Add(silence)
		time.AfterFunc(silence, func() { l.events <- func() { l.look(true) } })
	}
}

// now is a time that the API server gives back as it is.
func now() metav1.Time { return metav1.Now().Rfc3339Copy() }

func seconds(n *int64) time.Duration { return time.Duration(*n) * time.Second }
