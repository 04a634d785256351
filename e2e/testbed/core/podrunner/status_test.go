package main

import (
	"reflect"
	"testing"
	"time"

	v1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

var noon = time.Date(2026, 1, 1, 12, 0, 0, 0, time.UTC)

func running(ready bool) v1.ContainerStatus {
	return v1.ContainerStatus{Name: "c", Ready: ready, State: v1.ContainerState{Running: &v1.ContainerStateRunning{}}}
}

func ended(code int32) v1.ContainerStatus {
	return v1.ContainerStatus{Name: "c", State: v1.ContainerState{Terminated: &v1.ContainerStateTerminated{ExitCode: code}}}
}

func resting() v1.ContainerStatus {
	status := ended(1)
	return v1.ContainerStatus{Name: "c", LastTerminationState: status.State,
		State: v1.ContainerState{Waiting: &v1.ContainerStateWaiting{Reason: "CrashLoopBackOff"}}}
}

func condition(status v1.PodStatus, kind v1.PodConditionType) v1.PodCondition {
	for _, c := range status.Conditions {
		if c.Type == kind {
			return c
		}
	}
	return v1.PodCondition{}
}

func TestPhaseFollowsExitCodeAndRestartPolicy(t *testing.T) {
	creating := v1.ContainerStatus{State: v1.ContainerState{Waiting: &v1.ContainerStateWaiting{}}}
	for name, c := range map[string]struct {
		container v1.ContainerStatus
		policy    v1.RestartPolicy
		deleting  bool
		want      v1.PodPhase
	}{
		"creating":                 {creating, v1.RestartPolicyAlways, false, v1.PodPending},
		"running":                  {running(false), v1.RestartPolicyNever, false, v1.PodRunning},
		"resting after a crash":    {resting(), v1.RestartPolicyAlways, false, v1.PodRunning},
		"ended well, never again":  {ended(0), v1.RestartPolicyNever, false, v1.PodSucceeded},
		"ended badly, never again": {ended(3), v1.RestartPolicyNever, false, v1.PodFailed},
		"ended well, on failure":   {ended(0), v1.RestartPolicyOnFailure, false, v1.PodSucceeded},
		"ended badly, on failure":  {ended(3), v1.RestartPolicyOnFailure, false, v1.PodRunning},
		"ended well, always":       {ended(0), v1.RestartPolicyAlways, false, v1.PodRunning},
		"deleted and ended well":   {ended(0), v1.RestartPolicyAlways, true, v1.PodSucceeded},
		"deleted and killed":       {ended(137), v1.RestartPolicyAlways, true, v1.PodFailed},
	} {
		pod := &v1.Pod{Spec: v1.PodSpec{RestartPolicy: c.policy}}
		if c.deleting {
			pod.DeletionTimestamp = &metav1.Time{Time: noon}
		}
		if got := phaseOf(pod, c.container); got != c.want {
			t.Errorf("%s: %s, want %s", name, got, c.want)
		}
	}
}

func TestReadinessFollowsTheContainerAndTheDeletion(t *testing.T) {
	for name, c := range map[string]struct {
		container v1.ContainerStatus
		change    func(*v1.Pod)
		want      v1.ConditionStatus
		reason    string
	}{
		"ready":     {running(true), func(*v1.Pod) {}, v1.ConditionTrue, ""},
		"not ready": {running(false), func(*v1.Pod) {}, v1.ConditionFalse, "ContainersNotReady"},
		"deleted":   {running(true), func(p *v1.Pod) { p.DeletionTimestamp = &metav1.Time{Time: noon} }, v1.ConditionFalse, "ContainersNotReady"},
		"failed":    {ended(1), func(p *v1.Pod) { p.Spec.RestartPolicy = v1.RestartPolicyNever }, v1.ConditionFalse, "PodFailed"},
		"done":      {ended(0), func(p *v1.Pod) { p.Spec.RestartPolicy = v1.RestartPolicyNever }, v1.ConditionFalse, "PodCompleted"},
	} {
		pod := &v1.Pod{Spec: v1.PodSpec{RestartPolicy: v1.RestartPolicyAlways}}
		c.change(pod)
		got := condition(podStatus(pod, c.container, "127.10.0.1"), v1.PodReady)
		if got.Status != c.want || got.Reason != c.reason {
			t.Errorf("%s: %s %s, want %s %s", name, got.Status, got.Reason, c.want, c.reason)
		}
	}
}

func TestConditionsKeepTheirTimeAndThoseOfOthers(t *testing.T) {
	pod := &v1.Pod{ObjectMeta: metav1.ObjectMeta{Generation: 7}}
	pod.Status.Conditions = []v1.PodCondition{{Type: v1.DisruptionTarget, Status: v1.ConditionTrue}}
	pod.Status = podStatus(pod, running(false), "127.10.0.1")
	pod.Status.StartTime = &metav1.Time{Time: noon}
	for i := range pod.Status.Conditions {
		pod.Status.Conditions[i].LastTransitionTime = metav1.Time{Time: noon}
	}
	later := podStatus(pod, running(true), "127.10.0.1")
	if got := condition(later, v1.DisruptionTarget).Status; got != v1.ConditionTrue {
		t.Errorf("DisruptionTarget is %q", got)
	}
	if got := condition(later, v1.PodInitialized).LastTransitionTime.Time; !got.Equal(noon) {
		t.Errorf("Initialized changed at %s, though it did not", got)
	}
	if got := condition(later, v1.PodReady).LastTransitionTime.Time; !got.After(noon) {
		t.Errorf("Ready changed at %s", got)
	}
	if later.ObservedGeneration != 7 || later.PodIP != "127.10.0.1" || !later.StartTime.Time.Equal(noon) {
		t.Errorf("generation %d, address %s, start %s", later.ObservedGeneration, later.PodIP, later.StartTime)
	}
}

func TestTheSameStateGivesTheSameStatus(t *testing.T) {
	pod := &v1.Pod{}
	pod.Status = podStatus(pod, running(true), "127.10.0.1")
	if again := podStatus(pod, running(true), "127.10.0.1"); !reflect.DeepEqual(pod.Status, again) {
		t.Errorf("%v\n%v", pod.Status, again)
	}
}

func TestAVerdictNeedsAnswersInARow(t *testing.T) {
	spec := &v1.Probe{SuccessThreshold: 2, FailureThreshold: 3}
	decides := tally(spec)
	for i, step := range []struct{ ok, decided bool }{{true, false}, {true, true}, {false, false}, {true, false},
		{false, false}, {false, false}, {false, true}, {false, true}, {true, false}, {true, true}} {
		if got := decides(step.ok); got != step.decided {
			t.Errorf("answer %d: decided %t", i, got)
		}
	}
}
