//go:build bed

// Tests of the pod runner on a real control plane: `e2e/testbed/up --with scheduler kwok`, whose kubeconfig
// TESTBED_KUBECONFIG names. They start their own runner, so the bed must not have one.
package main

import (
	"context"
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	v1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/api/resource"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/apimachinery/pkg/util/intstr"
	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/tools/clientcmd"
)

const role = "PODRUNNER_TEST_ROLE" // what this test program is when a test starts it again

var (
	bed    kubernetes.Interface
	folder string // the runner's state
	active *exec.Cmd
)

func TestMain(m *testing.M) {
	switch os.Getenv(role) {
	case "runner":
		main()
	case "server":
		server()
	default:
		os.Exit(withRunner(m))
	}
}

func withRunner(m *testing.M) int {
	kubeconfig := os.Getenv("TESTBED_KUBECONFIG")
	config, err := clientcmd.BuildConfigFromFlags("", kubeconfig)
	if kubeconfig == "" || err != nil {
		fmt.Fprintln(os.Stderr, "these tests need a bed: TESTBED_KUBECONFIG must name its kubeconfig:", err)
		return 1
	}
	config.QPS = -1
	bed = kubernetes.NewForConfigOrDie(config)
	if folder, err = os.MkdirTemp("", "podrunner-test-"); err != nil {
		panic(err)
	}
	defer os.RemoveAll(folder)
	// A launcher as ours is: a script that becomes the program.
	script := "#!/usr/bin/env bash\necho launched \"$@\"\nexec sleep 1000\n"
	if err := os.WriteFile(filepath.Join(folder, "launcher"), []byte(script), 0o755); err != nil {
		panic(err)
	}
	startRunner()
	// One node is always there: while all are silent, Kubernetes blames the network and evicts nothing.
	steady := fmt.Sprintf("steady-%d", os.Getpid())
	createNode(steady)
	defer func() {
		bed.CoreV1().Nodes().Delete(context.Background(), steady, metav1.DeleteOptions{})
		active.Process.Signal(syscall.SIGTERM)
		active.Wait()
	}()
	return m.Run()
}

func startRunner() {
	active = exec.Command("/proc/self/exe", "--kubeconfig", os.Getenv("TESTBED_KUBECONFIG"), "--state", folder,
		"--launcher", filepath.Join(folder, "launcher"))
	active.Env = append(os.Environ(), role+"=runner")
	active.Stderr = os.Stderr
	active.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
	if err := active.Start(); err != nil {
		panic(err)
	}
}

// server is a container's program: ready while file `ready` is in its folder, alive while `dead` is not.
func server() {
	file := func(name string, there, gone int) http.HandlerFunc {
		return func(w http.ResponseWriter, _ *http.Request) {
			if _, err := os.Stat(name); err == nil {
				w.WriteHeader(there)
			} else {
				w.WriteHeader(gone)
			}
		}
	}
	http.HandleFunc("/ready", file("ready", 200, 503))
	http.HandleFunc("/live", file("dead", 503, 200))
	http.HandleFunc("/drain", func(http.ResponseWriter, *http.Request) { fmt.Println("drained") })
	os.WriteFile("pid", []byte(strconv.Itoa(os.Getpid())), 0o644)
	os.Remove("dead")
	go http.ListenAndServe(os.Getenv("POD_IP")+":8000", nil)
	terminated := make(chan os.Signal, 1)
	signal.Notify(terminated, syscall.SIGTERM)
	<-terminated
	fmt.Println("terminated")
}

// scene is a test's namespace and node.
type scene struct {
	*testing.T
	ctx  context.Context
	name string
}

func newScene(t *testing.T) scene {
	s := scene{t, context.Background(), strings.ToLower(fmt.Sprintf("t%x", time.Now().UnixNano()))}
	_, err := bed.CoreV1().Namespaces().Create(s.ctx, &v1.Namespace{ObjectMeta: metav1.ObjectMeta{Name: s.name}}, metav1.CreateOptions{})
	s.check(err)
	s.await("default ServiceAccount", func() (any, bool) {
		_, err := bed.CoreV1().ServiceAccounts(s.name).Get(s.ctx, "default", metav1.GetOptions{})
		return err, err == nil
	})
	createNode(s.name)
	t.Cleanup(func() {
		bed.CoreV1().Nodes().Delete(s.ctx, s.name, metav1.DeleteOptions{})
		bed.CoreV1().Namespaces().Delete(s.ctx, s.name, metav1.DeleteOptions{})
	})
	return s
}

func createNode(name string) {
	plenty := v1.ResourceList{"cpu": resource.MustParse("100"), "memory": resource.MustParse("100Gi"), "pods": resource.MustParse("100")}
	if _, err := bed.CoreV1().Nodes().Create(context.Background(), &v1.Node{
		ObjectMeta: metav1.ObjectMeta{Name: name, Labels: map[string]string{"testbed.inferscale.dev/heartbeat": "kwok", "scene": name}},
		Status:     v1.NodeStatus{Allocatable: plenty, Capacity: plenty},
	}, metav1.CreateOptions{}); err != nil {
		panic(err)
	}
}

func (s scene) check(err error) {
	s.Helper()
	if err != nil {
		s.Fatal(err)
	}
}

func (s scene) await(what string, done func() (seen any, ok bool)) {
	s.Helper()
	var seen any
	for end := time.Now().Add(60 * time.Second); time.Now().Before(end); time.Sleep(50 * time.Millisecond) {
		var ok bool
		if seen, ok = done(); ok {
			return
		}
	}
	s.Fatalf("not within 60 s: %s; last seen: %v", what, seen)
}

// sh takes a script as it is; in a container's command $$ stands for one $.
func sh(script string) v1.Container {
	return v1.Container{Image: "testbed/process", Command: []string{"sh", "-c", strings.ReplaceAll(script, "$", "$$")}}
}

func served() v1.Container {
	return v1.Container{Image: "testbed/process", Command: []string{"/proc/" + strconv.Itoa(os.Getpid()) + "/exe"},
		Env: []v1.EnvVar{{Name: role, Value: "server"}}, Ports: []v1.ContainerPort{{Name: "http", ContainerPort: 8000}},
		ReadinessProbe: get("/ready")}
}

var port = intstr.FromString("http")

func get(path string) *v1.Probe {
	return probing(v1.ProbeHandler{HTTPGet: &v1.HTTPGetAction{Path: path, Port: port}})
}

func probing(handler v1.ProbeHandler) *v1.Probe {
	return &v1.Probe{ProbeHandler: handler, PeriodSeconds: 1, FailureThreshold: 1}
}

func (s scene) run(name string, container v1.Container, change ...func(*v1.PodSpec)) *v1.Pod {
	s.Helper()
	container.Name = "main"
	pod := &v1.Pod{ObjectMeta: metav1.ObjectMeta{Name: name}, Spec: v1.PodSpec{
		Containers: []v1.Container{container}, NodeSelector: map[string]string{"scene": s.name},
		Tolerations: []v1.Toleration{{Operator: v1.TolerationOpExists, Effect: v1.TaintEffectNoExecute}},
	}}
	for _, change := range change {
		change(&pod.Spec)
	}
	pod, err := bed.CoreV1().Pods(s.name).Create(s.ctx, pod, metav1.CreateOptions{})
	s.check(err)
	return pod
}

func (s scene) awaitPod(name, what string, ok func(*v1.Pod) bool) (pod *v1.Pod) {
	s.Helper()
	s.await(name+" "+what, func() (any, bool) {
		var err error
		pod, err = bed.CoreV1().Pods(s.name).Get(s.ctx, name, metav1.GetOptions{})
		return fmt.Sprintf("%+v %v", pod.Status, err), err == nil && ok(pod)
	})
	return pod
}

func (s scene) awaitGone(name string) {
	s.Helper()
	s.await(name+" gone", func() (any, bool) {
		pod, err := bed.CoreV1().Pods(s.name).Get(s.ctx, name, metav1.GetOptions{})
		return pod.Status, apierrors.IsNotFound(err)
	})
}

func (s scene) delete(name string, options metav1.DeleteOptions) {
	s.Helper()
	s.check(bed.CoreV1().Pods(s.name).Delete(s.ctx, name, options))
}

func dirOf(pod *v1.Pod) string {
	return filepath.Join(folder, "pods", pod.Namespace+"_"+pod.Name+"_"+string(pod.UID))
}

func (s scene) read(pod *v1.Pod, name string) string {
	text, _ := os.ReadFile(filepath.Join(dirOf(pod), name))
	return strings.TrimSpace(string(text))
}

// pid is what the container's program wrote about itself.
func (s scene) pid(pod *v1.Pod, file string) (pid string) {
	s.Helper()
	s.await(file, func() (any, bool) {
		pid = s.read(pod, file)
		_, err := strconv.Atoi(pid)
		return pid, err == nil && alive(processState(pid))
	})
	return pid
}

// processState is the letter of /proc, "" for a process that is gone or only waits to be reaped.
func processState(pid string) string {
	stat, _ := os.ReadFile("/proc/" + pid + "/stat")
	_, rest, _ := strings.Cut(string(stat), ") ") // no name of ours holds one
	if rest == "" || rest[0] == 'Z' {
		return ""
	}
	return rest[:1]
}

func (s scene) awaitProcess(pid, what string, ok func(state string) bool) {
	s.Helper()
	s.await("process "+what, func() (any, bool) { return processState(pid), ok(processState(pid)) })
}

func dead(state string) bool  { return state == "" }
func still(state string) bool { return state == "T" }
func alive(state string) bool { return state == "S" || state == "R" }

func ready(pod *v1.Pod) bool {
	return condition(pod.Status, v1.PodReady).Status == v1.ConditionTrue
}

func main0(pod *v1.Pod) v1.ContainerStatus {
	if len(pod.Status.ContainerStatuses) == 0 {
		return v1.ContainerStatus{}
	}
	return pod.Status.ContainerStatuses[0]
}

// lose takes the node away as PODRUNNER.md says; "" brings it back.
func (s scene) lose(how string) {
	patch := fmt.Sprintf(`{"metadata":{"annotations":{"%s":%q},"labels":{"testbed.inferscale.dev/heartbeat":null}}}`, lostAnnotation, how)
	if how == "" {
		patch = fmt.Sprintf(`{"metadata":{"annotations":{"%s":null},"labels":{"testbed.inferscale.dev/heartbeat":"kwok"}}}`, lostAnnotation)
	}
	_, err := bed.CoreV1().Nodes().Patch(s.ctx, s.name, types.MergePatchType, []byte(patch), metav1.PatchOptions{})
	s.check(err)
}

func (s scene) awaitNode(want v1.ConditionStatus) {
	s.Helper()
	s.await("node Ready="+string(want), func() (any, bool) {
		node, err := bed.CoreV1().Nodes().Get(s.ctx, s.name, metav1.GetOptions{})
		s.check(err)
		for _, c := range node.Status.Conditions {
			if c.Type == v1.NodeReady {
				return c, c.Status == want
			}
		}
		return "no condition", false
	})
}
