package main

import (
	"fmt"
	"os"
	"strings"

	v1 "k8s.io/api/core/v1"
	"k8s.io/kubernetes/pkg/fieldpath"
	"k8s.io/kubernetes/third_party/forked/golang/expansion"
)

// What a program of this machine needs to run at all; nothing else of the runner's environment reaches a container.
var inherited = []string{"PATH", "HOME", "LANG", "TMPDIR", "JAVA_HOME", "INFERSCALE_JAVA_HOME", "INFERSCALE_BUILT"}

// command is what a container comes down to on this machine.
type command struct {
	argv, env []string
	dir       string
}

// refusal is why a container is not started, in the words of a kubelet's waiting state.
type refusal struct{ reason, message string }

// commandOf translates a pod's first container. The image names a program of the launcher, or says that the container's
// own command is to be run.
func commandOf(pod *v1.Pod, ip, dir, launcher string) (command, *refusal) {
	container := &pod.Spec.Containers[0]
	env, list, err := environment(pod, ip)
	if err != nil {
		return command{}, &refusal{"CreateContainerConfigError", err.Error()}
	}
	words := append(append([]string{}, container.Command...), container.Args...)
	image, _, _ := strings.Cut(container.Image, ":")
	if program, ours := strings.CutPrefix(image, "inferscale/"); ours {
		words = append([]string{launcher, program}, container.Args...)
	} else if image != "testbed/process" || len(container.Command) == 0 {
		return command{}, &refusal{"ErrImagePull", fmt.Sprintf(
			"image %q is neither inferscale/PROGRAM nor testbed/process with a command", container.Image)}
	}
	for i := range words {
		words[i] = expansion.Expand(words[i], expansion.MappingFuncFor(env))
	}
	return command{words, list, dir}, nil
}

// environment is POD_IP and HOSTNAME, then the container's own list, where $(NAME) means a name before it.
func environment(pod *v1.Pod, ip string) (env map[string]string, list []string, err error) {
	if what := unsupported(pod); what != "" {
		return nil, nil, fmt.Errorf("the pod runner has no %s", what)
	}
	for _, name := range inherited {
		if value, ok := os.LookupEnv(name); ok {
			list = append(list, name+"="+value)
		}
	}
	env = map[string]string{}
	own := []v1.EnvVar{{Name: "POD_IP", Value: ip}, {Name: "HOSTNAME", Value: pod.Name}}
	for _, entry := range append(own, pod.Spec.Containers[0].Env...) {
		value := expansion.Expand(entry.Value, expansion.MappingFuncFor(env))
		if entry.ValueFrom != nil {
			if value, err = field(pod, ip, entry.ValueFrom.FieldRef); err != nil {
				return nil, nil, fmt.Errorf("env %s: %w", entry.Name, err)
			}
		}
		env[entry.Name] = value
		list = append(list, entry.Name+"="+value) // of two of one name the last counts
	}
	return env, list, nil
}

func field(pod *v1.Pod, ip string, from *v1.ObjectFieldSelector) (string, error) {
	if from == nil {
		return "", fmt.Errorf("the pod runner knows value and fieldRef only")
	}
	switch from.FieldPath {
	case "spec.nodeName":
		return pod.Spec.NodeName, nil
	case "status.podIP":
		return ip, nil
	case "status.hostIP":
		return hostIP, nil
	}
	return fieldpath.ExtractFieldPathAsString(pod, from.FieldPath)
}

// unsupported names what would be left out silently if the pod were started.
func unsupported(pod *v1.Pod) string {
	container := &pod.Spec.Containers[0]
	switch {
	case len(pod.Spec.Containers) > 1:
		return "second container"
	case len(pod.Spec.InitContainers) > 0:
		return "init containers"
	case len(container.EnvFrom) > 0:
		return "envFrom"
	case container.Lifecycle != nil && container.Lifecycle.PostStart != nil:
		return "postStart hook"
	case pod.Spec.HostNetwork:
		return "host network"
	}
	return ""
}
