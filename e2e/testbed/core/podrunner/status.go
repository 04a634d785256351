package main

import (
	"fmt"
	"time"

	v1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	podutil "k8s.io/kubernetes/pkg/api/v1/pod"
	statusutil "k8s.io/kubernetes/pkg/util/pod"
)

// Every node of the bed is this machine.
const hostIP = "127.0.0.1"

// podStatus is what a kubelet would write about a pod whose container is in the given state. Conditions that others own
// (PodScheduled, DisruptionTarget, readiness gates) stay as they are.
func podStatus(pod *v1.Pod, container v1.ContainerStatus, ip string, now time.Time) v1.PodStatus {
	status := *pod.Status.DeepCopy()
	status.Phase = phaseOf(pod, container)
	status.ObservedGeneration = pod.Generation
	status.HostIP, status.HostIPs = hostIP, []v1.HostIP{{IP: hostIP}}
	if ip != "" {
		status.PodIP, status.PodIPs = ip, []v1.PodIP{{IP: ip}}
	}
	if status.StartTime == nil {
		status.StartTime = &metav1.Time{Time: now}
	}
	container.Ready = container.Ready && pod.DeletionTimestamp == nil
	status.ContainerStatuses = []v1.ContainerStatus{container}
	containers := v1.PodCondition{Status: v1.ConditionTrue}
	switch {
	case status.Phase == v1.PodSucceeded:
		containers = v1.PodCondition{Status: v1.ConditionFalse, Reason: "PodCompleted"}
	case status.Phase == v1.PodFailed:
		containers = v1.PodCondition{Status: v1.ConditionFalse, Reason: "PodFailed"}
	case !container.Ready:
		containers = v1.PodCondition{Status: v1.ConditionFalse, Reason: "ContainersNotReady",
			Message: fmt.Sprintf("containers with unready status: [%s]", container.Name)}
	}
	always := v1.PodCondition{Status: v1.ConditionTrue}
	setCondition(&status, v1.PodReadyToStartContainers, always, now)
	setCondition(&status, v1.PodInitialized, always, now)
	setCondition(&status, v1.ContainersReady, containers, now)
	setCondition(&status, v1.PodReady, gated(pod, containers), now)
	return status
}

func setCondition(status *v1.PodStatus, kind v1.PodConditionType, condition v1.PodCondition, now time.Time) {
	condition.Type, condition.ObservedGeneration = kind, status.ObservedGeneration
	condition.LastTransitionTime = metav1.Time{Time: now}
	if _, old := podutil.GetPodConditionFromList(status.Conditions, kind); old != nil && old.Status == condition.Status {
		condition.LastTransitionTime = old.LastTransitionTime
	}
	status.Conditions = statusutil.ReplaceOrAppendPodCondition(status.Conditions, &condition)
}

// gated is the pod's readiness: its containers', and every readiness gate that somebody else opens.
func gated(pod *v1.Pod, containers v1.PodCondition) v1.PodCondition {
	for _, gate := range pod.Spec.ReadinessGates {
		_, open := podutil.GetPodConditionFromList(pod.Status.Conditions, gate.ConditionType)
		if containers.Status == v1.ConditionTrue && (open == nil || open.Status != v1.ConditionTrue) {
			return v1.PodCondition{Status: v1.ConditionFalse, Reason: "ReadinessGatesNotReady",
				Message: fmt.Sprintf("readiness gate %q is not True", gate.ConditionType)}
		}
	}
	return containers
}

func phaseOf(pod *v1.Pod, container v1.ContainerStatus) v1.PodPhase {
	ended := container.State.Terminated
	switch {
	case container.State.Waiting != nil && container.LastTerminationState.Terminated == nil:
		return v1.PodPending
	case ended == nil || pod.DeletionTimestamp == nil && restarts(pod.Spec.RestartPolicy, ended.ExitCode):
		return v1.PodRunning
	case ended.ExitCode == 0:
		return v1.PodSucceeded
	}
	return v1.PodFailed
}

func restarts(policy v1.RestartPolicy, exitCode int32) bool {
	return policy == v1.RestartPolicyAlways || policy == v1.RestartPolicyOnFailure && exitCode != 0
}

// restartDelay is how long a container rests before its next start: not at all the first time, then first, doubling up
// to ceiling. A kubelet has 10 s and 5 min.
func restartDelay(earlier int, first, ceiling time.Duration) time.Duration {
	if earlier == 0 {
		return 0
	}
	return min(first<<min(earlier-1, 20), ceiling)
}
