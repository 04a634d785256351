package main

import (
	"cmp"
	"fmt"

	v1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	podutil "k8s.io/kubernetes/pkg/api/v1/pod"
)

// Every node of the bed is this machine.
const hostIP = "127.0.0.1"

// podStatus is what a kubelet would write now about a pod whose container is in the given state. Conditions that others
// own (PodScheduled, DisruptionTarget) stay as they are.
func podStatus(pod *v1.Pod, container v1.ContainerStatus, ip string) v1.PodStatus {
	status, now := *pod.Status.DeepCopy(), metav1.Now()
	container.Ready = container.Ready && pod.DeletionTimestamp == nil
	status.ContainerStatuses = []v1.ContainerStatus{container}
	status.Phase, status.ObservedGeneration = phaseOf(pod, container), pod.Generation
	status.StartTime = cmp.Or(status.StartTime, &now)
	status.HostIP, status.HostIPs = hostIP, []v1.HostIP{{IP: hostIP}}
	status.PodIP, status.PodIPs = ip, []v1.PodIP{{IP: ip}}
	always, ready := v1.PodCondition{Status: v1.ConditionTrue}, v1.PodCondition{Status: v1.ConditionFalse}
	switch {
	case status.Phase == v1.PodSucceeded:
		ready.Reason = "PodCompleted"
	case status.Phase == v1.PodFailed:
		ready.Reason = "PodFailed"
	case container.Ready:
		ready = always
	default:
		ready.Reason, ready.Message = "ContainersNotReady", fmt.Sprintf("containers with unready status: [%s]", container.Name)
	}
	own := []v1.PodCondition{always, always, ready, ready}
	for i, kind := range []v1.PodConditionType{v1.PodReadyToStartContainers, v1.PodInitialized, v1.ContainersReady, v1.PodReady} {
		own[i].Type, own[i].ObservedGeneration = kind, pod.Generation
		podutil.UpdatePodCondition(&status, &own[i])
	}
	return status
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
