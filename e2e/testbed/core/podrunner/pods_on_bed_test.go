//go:build bed

package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	v1 "k8s.io/api/core/v1"
	policy "k8s.io/api/policy/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

// Not parallel, so that no other test is running while the runner is away.
func TestNoProcessOutlivesARunnerThatIsKilled(t *testing.T) {
	s := newScene(t)
	family := s.run("family", sh("echo $$ > pid; sleep 1000 & echo $! > child; wait"))
	launched := s.run("launched", v1.Container{Image: "inferscale/worker:1", Args: []string{"--host", "$(POD_IP)"}})
	first := s.awaitPod("launched", "runs", func(p *v1.Pod) bool { return ready(p) })
	parent, child := s.pid(family, "pid"), s.pid(family, "child")
	s.await("the launcher's words", func() (any, bool) {
		log := s.read(launched, "main.log")
		return log, log == "launched worker --host "+first.Status.PodIP
	})

	active.Process.Kill()
	active.Wait()
	s.awaitProcess(parent, "dead", dead)
	s.awaitProcess(child, "dead", dead)
	s.await("nothing of the launcher's runs", func() (any, bool) { left := working(dirOf(launched)); return left, left == "" })

	startRunner()
	again := s.awaitPod("launched", "runs again", func(p *v1.Pod) bool { return main0(p).RestartCount == 1 && ready(p) })
	if last := main0(again).LastTerminationState.Terminated; last == nil || last.ExitCode != 137 {
		t.Errorf("last end: %v", last)
	}
	if again.Status.PodIP != first.Status.PodIP {
		t.Errorf("address %s became %s", first.Status.PodIP, again.Status.PodIP)
	}
}

// working names a process whose working folder is dir, or nothing.
func working(dir string) string {
	links, _ := filepath.Glob("/proc/[0-9]*/cwd")
	for _, link := range links {
		if at, _ := os.Readlink(link); at == dir {
			return link
		}
	}
	return ""
}

func TestAPodIsReadyWhenItsProbeSaysSo(t *testing.T) {
	t.Parallel()
	s := newScene(t)
	pod := s.run("late", served())
	pod = s.awaitPod("late", "runs", func(p *v1.Pod) bool { return p.Status.Phase == v1.PodRunning })
	if ready(pod) || !strings.HasPrefix(pod.Status.PodIP, "127.10.") || !*main0(pod).Started {
		t.Errorf("%+v", pod.Status)
	}
	file := filepath.Join(dirOf(pod), "ready")
	s.check(os.WriteFile(file, nil, 0o644))
	s.awaitPod("late", "ready", func(p *v1.Pod) bool {
		return ready(p) && main0(p).Ready && condition(p.Status, v1.ContainersReady).Status == v1.ConditionTrue
	})
	s.check(os.Remove(file))
	pod = s.awaitPod("late", "unready", func(p *v1.Pod) bool { return !ready(p) })
	if main0(pod).RestartCount != 0 {
		t.Error("a readiness probe restarted the container")
	}
}

func TestADeadContainerIsRestarted(t *testing.T) {
	t.Parallel()
	s := newScene(t)
	container := served()
	container.LivenessProbe = get("/live")
	container.LivenessProbe.FailureThreshold = 3
	pod := s.run("mortal", container)
	s.pid(pod, "pid")
	s.check(os.WriteFile(filepath.Join(dirOf(pod), "ready"), nil, 0o644))
	s.awaitPod("mortal", "ready", ready)
	s.check(os.WriteFile(filepath.Join(dirOf(pod), "dead"), nil, 0o644))
	pod = s.awaitPod("mortal", "ready again", func(p *v1.Pod) bool { return main0(p).RestartCount == 1 && ready(p) })
	if log := s.read(pod, "main.log"); log != "terminated" {
		t.Errorf("it was not asked to end: %q", log)
	}
}

func TestProbesAndHooksOfOtherKinds(t *testing.T) {
	t.Parallel()
	s := newScene(t)
	container := served()
	container.ReadinessProbe = probing(v1.ProbeHandler{TCPSocket: &v1.TCPSocketAction{Port: port}})
	container.LivenessProbe = probing(v1.ProbeHandler{Exec: &v1.ExecAction{Command: []string{"sh", "-c", "test ! -e dead || sleep 60"}}})
	container.LivenessProbe.FailureThreshold = 3 // since the file is still there when the second run begins
	container.Lifecycle = &v1.Lifecycle{PreStop: &v1.LifecycleHandler{HTTPGet: &v1.HTTPGetAction{Path: "/drain", Port: port}}}
	pod := s.run("probed", container)
	s.awaitPod("probed", "ready", ready)
	// The command of the liveness probe hangs, which its time-out of 1 s counts as a failure.
	s.check(os.WriteFile(filepath.Join(dirOf(pod), "dead"), nil, 0o644))
	s.awaitPod("probed", "ready again", func(p *v1.Pod) bool { return main0(p).RestartCount == 1 && ready(p) })
	if log := s.read(pod, "main.log"); log != "drained\nterminated" {
		t.Errorf("the end of the first run: %q", log)
	}
	asleep := sh("sleep 1000")
	asleep.Lifecycle = &v1.Lifecycle{PreStop: &v1.LifecycleHandler{Sleep: &v1.SleepAction{Seconds: 1}}}
	s.run("asleep", asleep)
	s.awaitPod("asleep", "ready", ready)
	s.delete("asleep", metav1.DeleteOptions{})
	s.awaitPod("asleep", "still there, no longer ready", func(p *v1.Pod) bool { return p.DeletionTimestamp != nil && !ready(p) })
	s.awaitGone("asleep")
}

func TestACrashingContainerRestsLongerAndLonger(t *testing.T) {
	t.Parallel()
	s := newScene(t)
	s.run("crash", sh("echo run; exit 3"))
	pod := s.awaitPod("crash", "rests 1 s", func(p *v1.Pod) bool {
		waiting := main0(p).State.Waiting
		return waiting != nil && waiting.Reason == "CrashLoopBackOff" && strings.HasPrefix(waiting.Message, "back-off 1s restarting")
	})
	status := main0(pod)
	if last := status.LastTerminationState.Terminated; last == nil || last.ExitCode != 3 || last.Reason != "Error" {
		t.Errorf("last end: %v", last)
	}
	// The first restart is at once, the second after 0.5 s.
	if status.RestartCount != 2 || pod.Status.Phase != v1.PodRunning || ready(pod) {
		t.Errorf("restarts %d, phase %s", status.RestartCount, pod.Status.Phase)
	}
	if log := s.read(pod, "main.log"); log != "run\nrun\nrun" {
		t.Errorf("log: %q", log)
	}
	s.delete("crash", metav1.DeleteOptions{})
	s.awaitGone("crash")
}

func TestAProgramThatCannotBeStartedCrashesToo(t *testing.T) {
	t.Parallel()
	s := newScene(t)
	s.run("nothing", v1.Container{Image: "testbed/process", Command: []string{"/no/such/program"}})
	s.awaitPod("nothing", "crashed", func(p *v1.Pod) bool {
		last := main0(p).LastTerminationState.Terminated
		return last != nil && last.ExitCode == 128 && strings.Contains(last.Message, "no such file")
	})
}

func TestAnImageThatNobodyHasKeepsThePodPending(t *testing.T) {
	t.Parallel()
	s := newScene(t)
	s.run("nginx", v1.Container{Image: "nginx:1"})
	pod := s.awaitPod("nginx", "backs off", func(p *v1.Pod) bool {
		return main0(p).State.Waiting != nil && main0(p).State.Waiting.Reason == "ImagePullBackOff"
	})
	if pod.Status.Phase != v1.PodPending {
		t.Error(pod.Status.Phase)
	}
	s.delete("nginx", metav1.DeleteOptions{})
	s.awaitGone("nginx")
}

func TestPodsThatEndForGoodSayHow(t *testing.T) {
	t.Parallel()
	s := newScene(t)
	for name, c := range map[string]struct {
		script string
		policy v1.RestartPolicy
		phase  v1.PodPhase
		code   int32
	}{
		"well":    {"exit 0", v1.RestartPolicyNever, v1.PodSucceeded, 0},
		"badly":   {"exit 3", v1.RestartPolicyNever, v1.PodFailed, 3},
		"killed":  {"kill -9 $$", v1.RestartPolicyNever, v1.PodFailed, 137},
		"at-last": {"test -e once || { touch once; exit 1; }", v1.RestartPolicyOnFailure, v1.PodSucceeded, 0},
	} {
		s.run(name, sh(c.script), func(p *v1.PodSpec) { p.RestartPolicy = c.policy })
		pod := s.awaitPod(name, string(c.phase), func(p *v1.Pod) bool { return p.Status.Phase == c.phase })
		if ended := main0(pod).State.Terminated; ended == nil || ended.ExitCode != c.code || ready(pod) {
			t.Errorf("%s: %+v", name, pod.Status)
		}
		s.delete(name, metav1.DeleteOptions{})
		s.awaitGone(name)
	}
}

func TestADeletedPodDrainsInOrder(t *testing.T) {
	t.Parallel()
	s := newScene(t)
	container := sh(`trap 'echo term >> order; while ! test -e go; do sleep 0.1; done; exit 0' TERM; echo $$ > pid; while :; do sleep 0.1; done`)
	container.Lifecycle = &v1.Lifecycle{PreStop: &v1.LifecycleHandler{Exec: &v1.ExecAction{Command: []string{"sh", "-c", "echo hook >> order"}}}}
	pod := s.run("drain", container)
	s.awaitPod("drain", "ready", ready)
	pid := s.pid(pod, "pid")
	s.delete("drain", metav1.DeleteOptions{})
	s.awaitPod("drain", "no longer ready, still there", func(p *v1.Pod) bool { return !ready(p) && p.DeletionTimestamp != nil })
	s.await("hook, then SIGTERM", func() (any, bool) { order := s.read(pod, "order"); return order, order == "hook\nterm" })
	if !alive(processState(pid)) {
		t.Error("killed within its grace period")
	}
	s.check(os.WriteFile(filepath.Join(dirOf(pod), "go"), nil, 0o644))
	s.awaitGone("drain")
	s.awaitProcess(pid, "dead", dead)
}

func TestAPodThatWillNotEndIsKilledAfterItsGracePeriod(t *testing.T) {
	t.Parallel()
	s := newScene(t)
	pod := s.run("stubborn", sh("trap '' TERM; echo $$ > pid; while :; do sleep 0.1; done"),
		func(p *v1.PodSpec) { p.TerminationGracePeriodSeconds = new(int64(3)) })
	pid := s.pid(pod, "pid")
	s.delete("stubborn", metav1.DeleteOptions{})
	s.awaitGone("stubborn")
	s.awaitProcess(pid, "dead", dead)
}

func TestEvictionEndsThePod(t *testing.T) {
	t.Parallel()
	s := newScene(t)
	pod := s.run("evicted", served())
	pid := s.pid(pod, "pid")
	s.check(bed.PolicyV1().Evictions(s.name).Evict(s.ctx, &policy.Eviction{ObjectMeta: metav1.ObjectMeta{Name: "evicted", Namespace: s.name}}))
	s.awaitGone("evicted")
	s.awaitProcess(pid, "dead", dead)
	if log := s.read(pod, "main.log"); log != "terminated" {
		t.Errorf("it was not asked to end: %q", log)
	}
}

func TestAPodRemovedByForceIsStopped(t *testing.T) {
	t.Parallel()
	s := newScene(t)
	pod := s.run("forced", sh("trap '' TERM; echo $$ > pid; while :; do sleep 0.1; done"))
	pid := s.pid(pod, "pid")
	s.delete("forced", *metav1.NewDeleteOptions(0))
	s.awaitGone("forced")
	s.awaitProcess(pid, "dead", dead)
}

func TestAFrozenNodeStandsStillUntilItIsBack(t *testing.T) {
	t.Parallel()
	s := newScene(t)
	stays := s.run("stays", served())
	leaves := s.run("leaves", sh("echo $$ > pid; while :; do sleep 0.1; done"), func(p *v1.PodSpec) { p.Tolerations = nil })
	s.check(os.WriteFile(filepath.Join(dirOf(s.awaitPod("stays", "runs", func(p *v1.Pod) bool { return main0(p).State.Running != nil })), "ready"), nil, 0o644))
	s.awaitPod("stays", "ready", ready)
	pid, other := s.pid(stays, "pid"), s.pid(leaves, "pid")
	s.lose("freeze")
	s.awaitProcess(pid, "still", still)
	s.awaitProcess(other, "still", still)
	s.awaitNode(v1.ConditionUnknown)
	s.awaitPod("stays", "unready by the node controller's word", func(p *v1.Pod) bool { return !ready(p) })
	s.awaitPod("leaves", "told to go", func(p *v1.Pod) bool { return p.DeletionTimestamp != nil })
	if !still(processState(other)) {
		t.Error("a lost node obeyed")
	}
	s.lose("")
	s.awaitNode(v1.ConditionTrue)
	pod := s.awaitPod("stays", "ready again", ready)
	s.awaitGone("leaves")
	s.awaitProcess(other, "dead", dead)
	if main0(pod).RestartCount != 0 || !alive(processState(pid)) {
		t.Errorf("restarts %d, process %q", main0(pod).RestartCount, processState(pid))
	}
}

func TestAKilledNodeComesBackWithNewProcesses(t *testing.T) {
	t.Parallel()
	s := newScene(t)
	pod := s.run("rebooted", sh("echo $$ > pid; sleep 1000"))
	pid := s.pid(pod, "pid")
	s.awaitPod("rebooted", "ready", ready)
	s.lose("kill")
	s.awaitProcess(pid, "dead", dead)
	s.awaitNode(v1.ConditionUnknown)
	before := s.awaitPod("rebooted", "unready by the node controller's word", func(p *v1.Pod) bool { return !ready(p) })
	if main0(before).State.Running == nil || main0(before).RestartCount != 0 {
		t.Errorf("a dead node wrote a status: %+v", before.Status)
	}
	s.lose("")
	after := s.awaitPod("rebooted", "runs again", func(p *v1.Pod) bool { return main0(p).RestartCount == 1 && ready(p) })
	if last := main0(after).LastTerminationState.Terminated; last == nil || last.ExitCode != 137 {
		t.Errorf("last end: %v", last)
	}
}

func TestANodeThatIsDeletedTakesItsProcessesAlong(t *testing.T) {
	t.Parallel()
	s := newScene(t)
	pod := s.run("orphan", sh("trap '' TERM; echo $$ > pid; while :; do sleep 0.1; done"))
	pid := s.pid(pod, "pid")
	s.check(bed.CoreV1().Nodes().Delete(s.ctx, s.name, metav1.DeleteOptions{}))
	s.awaitProcess(pid, "dead", dead)
}
