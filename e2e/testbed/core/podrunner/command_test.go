package main

import (
	"net"
	"reflect"
	"slices"
	"strings"
	"testing"

	v1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

func podOf(container v1.Container) *v1.Pod {
	return &v1.Pod{
		ObjectMeta: metav1.ObjectMeta{Name: "p", Namespace: "n", Labels: map[string]string{"app": "chat"}},
		Spec:       v1.PodSpec{NodeName: "node-1", Containers: []v1.Container{container}},
	}
}

func fromField(name, path string) v1.EnvVar {
	return v1.EnvVar{Name: name, ValueFrom: &v1.EnvVarSource{FieldRef: &v1.ObjectFieldSelector{FieldPath: path}}}
}

func TestTheImageNamesTheProgram(t *testing.T) {
	for image, want := range map[string][]string{
		"inferscale/worker":       {"LAUNCHER", "worker", "--port=1"},
		"inferscale/serve:v1.2":   {"LAUNCHER", "serve", "--port=1"},
		"testbed/process":         {"sh", "-c", "--port=1"},
		"testbed/process:nothing": {"sh", "-c", "--port=1"},
	} {
		got, refused := commandOf(podOf(v1.Container{Image: image, Command: []string{"sh", "-c"}, Args: []string{"--port=1"}}), "127.10.0.9", "/d", "LAUNCHER")
		if refused != nil || !reflect.DeepEqual(got.argv, want) || got.dir != "/d" {
			t.Errorf("%s: %v %v", image, got, refused)
		}
	}
}

func TestWhatCannotRunIsRefusedInWords(t *testing.T) {
	for want, change := range map[string]func(*v1.Pod){
		"ImagePullBackOff image \"nginx\"":                             func(p *v1.Pod) { p.Spec.Containers[0].Image = "nginx" },
		"ImagePullBackOff image \"testbed/process\"":                   func(p *v1.Pod) { p.Spec.Containers[0].Command = nil },
		"CreateContainerConfigError env A: the pod runner knows value": func(p *v1.Pod) { p.Spec.Containers[0].Env = []v1.EnvVar{{Name: "A", ValueFrom: &v1.EnvVarSource{}}} },
		"CreateContainerConfigError env B: unsupported field":          func(p *v1.Pod) { p.Spec.Containers[0].Env = []v1.EnvVar{fromField("B", "status.x")} },
	} {
		pod := podOf(v1.Container{Image: "testbed/process", Command: []string{"true"}})
		change(pod)
		_, refused := commandOf(pod, "", "", "")
		if refused == nil || !strings.HasPrefix(refused.reason+" "+refused.message, want) {
			t.Errorf("%v, want %s", refused, want)
		}
	}
}

func TestWhatWouldBeLeftOutSilentlyIsRefused(t *testing.T) {
	for what, change := range map[string]func(*v1.Pod){
		"second container": func(p *v1.Pod) { p.Spec.Containers = append(p.Spec.Containers, v1.Container{}) },
		"init container":   func(p *v1.Pod) { p.Spec.InitContainers = []v1.Container{{}} },
		"host network":     func(p *v1.Pod) { p.Spec.HostNetwork = true },
		"readiness gate":   func(p *v1.Pod) { p.Spec.ReadinessGates = []v1.PodReadinessGate{{}} },
		"envFrom":          func(p *v1.Pod) { p.Spec.Containers[0].EnvFrom = []v1.EnvFromSource{{}} },
		"volume mount": func(p *v1.Pod) {
			p.Spec.Containers[0].VolumeMounts = []v1.VolumeMount{{MountPath: "/etc/inferscale"}}
		},
		"startup probe": func(p *v1.Pod) { p.Spec.Containers[0].StartupProbe = &v1.Probe{} },
		"gRPC probe": func(p *v1.Pod) {
			p.Spec.Containers[0].LivenessProbe = &v1.Probe{ProbeHandler: v1.ProbeHandler{GRPC: &v1.GRPCAction{}}}
		},
		"postStart": func(p *v1.Pod) {
			p.Spec.Containers[0].Lifecycle = &v1.Lifecycle{PostStart: &v1.LifecycleHandler{}}
		},
	} {
		pod := podOf(v1.Container{Image: "testbed/process", Command: []string{"true"}})
		change(pod)
		if _, refused := commandOf(pod, "", "", ""); refused == nil || refused.reason != "CreateContainerConfigError" {
			t.Errorf("%s: %v", what, refused)
		}
	}
}

func TestWordsAndValuesAreExpandedLikeAKubeletDoes(t *testing.T) {
	t.Setenv("SECRET_OF_THE_MACHINE", "x")
	t.Setenv("LANG", "C")
	got, refused := commandOf(podOf(v1.Container{Image: "testbed/process",
		Command: []string{"echo", "$(URL)", "$(POD_IP)", "$$(POD_IP)", "$(UNKNOWN)", "$HOME"},
		Env: []v1.EnvVar{fromField("NS", "metadata.namespace"), fromField("NODE", "spec.nodeName"), fromField("APP", "metadata.labels['app']"),
			fromField("IP", "status.podIP"), {Name: "URL", Value: "http://$(IP):80/$(NS)/$(LATER)"}, {Name: "LATER", Value: "x"}},
	}), "127.10.0.9", "", "")
	if refused != nil {
		t.Fatal(refused)
	}
	url := "http://127.10.0.9:80/n/$(LATER)"
	if want := []string{"echo", url, "127.10.0.9", "$(POD_IP)", "$(UNKNOWN)", "$HOME"}; !reflect.DeepEqual(got.argv, want) {
		t.Errorf("%q", got.argv)
	}
	for _, want := range []string{"POD_IP=127.10.0.9", "HOSTNAME=p", "NS=n", "NODE=node-1", "APP=chat", "URL=" + url, "LANG=C"} {
		if !slices.Contains(got.env, want) {
			t.Errorf("no %s in %v", want, got.env)
		}
	}
	if slices.ContainsFunc(got.env, func(s string) bool { return strings.HasPrefix(s, "SECRET") }) {
		t.Error("the runner's own environment reaches the container")
	}
}

func TestAnAddressIsHeldByOnePodOfTheMachine(t *testing.T) {
	mine, theirs := 60000, 60000 // two runners that count alike, far from those of a running bed
	first, hold := takeAddress("", &mine)
	second, hold2 := takeAddress("", &theirs)
	defer hold2.Close()
	if first == second {
		t.Errorf("both have %s", first)
	}
	if other, hold3 := takeAddress(first, &mine); other == first {
		t.Error("a held address was given again")
	} else {
		hold3.Close()
	}
	hold.Close()
	again, hold4 := takeAddress(first, &mine)
	defer hold4.Close()
	if again != first {
		t.Errorf("%s is free and wanted, but %s was given", first, again)
	}
}

func TestAddressesStayInTheirBlock(t *testing.T) {
	take := func(from int) string {
		ip, hold := takeAddress("", &from)
		defer hold.Close()
		return ip
	}
	if first := take(0); !strings.HasPrefix(first, "127.10.0.") {
		t.Errorf("the first is %s", first)
	}
	if again := take(addressCount); again != take(0) {
		t.Errorf("after the last comes %s", again)
	}
	for i := 60000; i < 60600; i++ {
		if ip := net.ParseIP(take(i)).To4(); ip == nil || ip[3] == 0 || ip[3] == 255 || int(ip[2]) < i/254 {
			t.Errorf("%d: %s", i, ip)
		}
	}
}
