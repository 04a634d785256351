package main

import (
	"errors"
	"fmt"
	"net"
	"os"
	"slices"
	"strings"

	v1 "k8s.io/api/core/v1"
	"k8s.io/kubernetes/pkg/fieldpath"
	"k8s.io/kubernetes/third_party/forked/golang/expansion"
)

// What a program of this machine needs to run at all; nothing else of the runner's environment reaches a container.
var inherited = []string{"PATH", "HOME", "LANG", "TMPDIR", "JAVA_HOME", "INFERSCALE_JAVA_HOME", "INFERSCALE_BUILT"}

// Where admission mounts every pod's token. There is none here: a program that asks the API server gets a kubeconfig.
const tokenPath = "/var/run/secrets/kubernetes.io/serviceaccount"

// command is what a container comes down to on this machine.
type command struct {
	container *v1.Container
	ip, dir   string
	argv, env []string
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
	words := slices.Concat(container.Command, container.Args)
	image, _, _ := strings.Cut(container.Image, ":")
	if program, ours := strings.CutPrefix(image, "inferscale/"); ours {
		words = append([]string{launcher, program}, container.Args...)
	} else if image != "testbed/process" || len(container.Command) == 0 {
		return command{}, &refusal{"ImagePullBackOff", fmt.Sprintf(
			"image %q is neither inferscale/PROGRAM nor testbed/process with a command", container.Image)}
	}
	for i := range words {
		words[i] = expansion.Expand(words[i], expansion.MappingFuncFor(env))
	}
	return command{container, ip, dir, words, list}, nil
}

// environment is POD_IP and HOSTNAME, then the container's own list, where $(NAME) means a name before it. It is an error
// when something of the pod would be left out silently.
func environment(pod *v1.Pod, ip string) (env map[string]string, list []string, err error) {
	container := &pod.Spec.Containers[0]
	if len(pod.Spec.Containers) > 1 || len(pod.Spec.InitContainers) > 0 || len(container.EnvFrom) > 0 || pod.Spec.HostNetwork ||
		len(pod.Spec.ReadinessGates) > 0 || container.Lifecycle != nil && container.Lifecycle.PostStart != nil ||
		slices.ContainsFunc(container.VolumeMounts, func(m v1.VolumeMount) bool { return m.MountPath != tokenPath }) ||
		container.StartupProbe != nil ||
		slices.ContainsFunc([]*v1.Probe{container.ReadinessProbe, container.LivenessProbe}, func(p *v1.Probe) bool { return p != nil && p.GRPC != nil }) {
		return nil, nil, errors.New("the pod runner knows one container, no init containers, volume mounts, envFrom, postStart, readiness gates, startup or gRPC probes, or host network")
	}
	list = slices.DeleteFunc(os.Environ(), func(entry string) bool { return !slices.Contains(inherited, entry[:strings.Index(entry, "=")]) })
	env = map[string]string{}
	known := map[string]string{"spec.nodeName": pod.Spec.NodeName, "status.podIP": ip, "status.hostIP": hostIP}
	own := []v1.EnvVar{{Name: "POD_IP", Value: ip}, {Name: "HOSTNAME", Value: pod.Name}}
	for _, entry := range append(own, container.Env...) {
		value := expansion.Expand(entry.Value, expansion.MappingFuncFor(env))
		if from := entry.ValueFrom; from != nil && from.FieldRef == nil {
			return nil, nil, fmt.Errorf("env %s: the pod runner knows value and fieldRef only", entry.Name)
		} else if from != nil && known[from.FieldRef.FieldPath] != "" {
			value = known[from.FieldRef.FieldPath]
		} else if from != nil {
			if value, err = fieldpath.ExtractFieldPathAsString(pod, from.FieldRef.FieldPath); err != nil {
				return nil, nil, fmt.Errorf("env %s: %w", entry.Name, err)
			}
		}
		env[entry.Name] = value
		list = append(list, entry.Name+"="+value) // of two of one name the last counts
	}
	return env, list, nil
}

// The block 127.10.0.0/16 without the .0 and .255 of each /24.
const addressCount = 256 * 254

// takeAddress gives a pod a loopback address of its own: wanted, which it had before, if that is free, else the next free
// one. The number to continue from makes an address be given again as late as possible, because clients remember
// addresses. What holds it is a socket in the abstract namespace, so that two runners of one machine never give the same
// one, and a runner that dies, however it dies, holds none.
func takeAddress(wanted string, next *int) (ip string, hold net.Listener) {
	for range addressCount {
		if ip, wanted = wanted, ""; ip == "" {
			ip = fmt.Sprintf("127.10.%d.%d", *next%addressCount/254, *next%254+1)
			*next++
		}
		if hold, _ = net.Listen("unix", "@inferscale-testbed/"+ip); hold != nil {
			return ip, hold
		}
	}
	panic("no address is free in 127.10.0.0/16")
}
