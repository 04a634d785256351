//go:build bed

// Whole beds, from outside: `go test -tags bed ./bed` once e2e/testbed/build has built what they are made of.
package main

import (
	"bufio"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
)

// A bed that a test started.
type bed struct {
	report
	t *testing.T
}

// bin is where the programs are; without them a test fails, since then it has shown nothing.
func bin(t *testing.T) string {
	out, err := exec.Command("../../build", "--where").Output()
	check(t, err)
	folder := strings.TrimSpace(string(out))
	if _, err := os.Stat(filepath.Join(folder, "bed")); err != nil {
		t.Fatalf("run e2e/testbed/build first: %v", err)
	}
	return folder
}

func up(t *testing.T, state string, args ...string) bed {
	t.Helper()
	cmd := exec.Command(filepath.Join(bin(t), "bed"), append([]string{"up", "--state", state}, args...)...)
	cmd.Stderr = os.Stderr
	line := must(cmd.Output())(t)
	b := bed{t: t}
	check(t, json.Unmarshal(line, &b.report))
	t.Cleanup(func() {
		if _, err := os.Stat(state); err == nil {
			b.bed("down", "--state", state)
		}
	})
	return b
}

func (b bed) bed(args ...string) {
	b.t.Helper()
	if out, err := exec.Command(filepath.Join(b.Bin, "bed"), args...).CombinedOutput(); err != nil {
		b.t.Fatalf("bed %v: %v\n%s", args, err, out)
	}
}

// kubectl gives what kubectl prints, on both streams.
func (b bed) kubectl(input string, args ...string) (string, error) {
	return b.kubectlAs(b.Kubeconfig, input, args...)
}

func (b bed) kubectlAs(kubeconfig, input string, args ...string) (string, error) {
	cmd := exec.Command(filepath.Join(b.Bin, "kubectl"), append([]string{"--kubeconfig", kubeconfig}, args...)...)
	cmd.Stdin = strings.NewReader(input)
	out, err := cmd.CombinedOutput()
	return string(out), err
}

func (b bed) apply(manifests string) {
	b.t.Helper()
	if out, err := b.kubectl(manifests, "apply", "-f", "-"); err != nil {
		b.t.Fatal(out)
	}
}

// awaitOutput waits until kubectl prints exactly want.
func (b bed) awaitOutput(want string, args ...string) {
	b.t.Helper()
	awaitThat(b.t, fmt.Sprintf("kubectl %s prints %q", strings.Join(args, " "), want), func() error {
		out, err := b.kubectl("", args...)
		if err != nil || out != want {
			return fmt.Errorf("%q, %v", out, err)
		}
		return nil
	})
}

// processesOf lists those whose command line names the state folder: all of a bed's do.
func processesOf(state string) (found []string) {
	files, _ := filepath.Glob("/proc/[0-9]*/cmdline")
	for _, file := range files {
		text, err := os.ReadFile(file) // an error: it has ended
		if err == nil && (strings.Contains(string(text), state+"/") || strings.HasSuffix(string(text), state+"\x00")) {
			found = append(found, strings.ReplaceAll(string(text[:min(len(text), 60)]), "\x00", " "))
		}
	}
	return found
}

func awaitNoProcess(t *testing.T, state string) {
	t.Helper()
	awaitThat(t, "no process is left", func() error {
		if left := processesOf(state); len(left) > 0 {
			return fmt.Errorf("%q", left)
		}
		return nil
	})
}

func TestTwoBedsRunSideBySideAndLeaveNothing(t *testing.T) {
	folder := t.TempDir()
	one, two := up(t, filepath.Join(folder, "one")), up(t, filepath.Join(folder, "two"))
	one.apply("{apiVersion: v1, kind: ConfigMap, metadata: {name: only-in-one}}")
	if out, err := two.kubectl("", "get", "configmap", "only-in-one"); err == nil || !strings.Contains(out, "NotFound") {
		t.Errorf("the other bed: %s", out)
	}
	if out, err := two.kubectlAs(one.Kubeconfig, "", "--server", two.APIServer, "get", "pods"); err == nil {
		t.Errorf("one's admin is believed by two: %s", out)
	}
	one.bed("down", "--state", one.State)
	awaitNoProcess(t, one.State)
	if out, err := two.kubectl("", "get", "--raw", "/readyz"); err != nil {
		t.Errorf("the other bed suffered: %s", out)
	}
	two.bed("down", "--state", two.State)
	awaitNoProcess(t, two.State)
	if left := must(os.ReadDir(folder))(t); len(left) > 0 {
		t.Errorf("left: %v", left)
	}
}

func TestUserWithoutRightsIsKnownAndRefused(t *testing.T) {
	b := up(t, filepath.Join(t.TempDir(), "bed"))
	out, err := b.kubectlAs(b.UserKubeconfig, "", "get", "pods")
	if err == nil || !strings.Contains(out, `User "somebody" cannot list resource "pods"`) {
		t.Error(out)
	}
}

func TestKilledSupervisorLeavesNoProcessAndNothingInTheWay(t *testing.T) {
	state := filepath.Join(t.TempDir(), "bed")
	first := up(t, state, "--with", "scheduler", "kwok")
	first.apply("{apiVersion: v1, kind: ConfigMap, metadata: {name: of-the-first}}")
	check(t, syscall.Kill(first.PID, syscall.SIGKILL))
	awaitNoProcess(t, state)

	second := up(t, state)
	if out, err := second.kubectl("", "get", "configmap", "of-the-first"); err == nil {
		t.Errorf("it did not start from nothing: %s", out)
	}
	check(t, syscall.Kill(second.PID, syscall.SIGKILL))
	second.bed("down", "--state", state)
	if _, err := os.Stat(state); err == nil {
		t.Error("the folder is still there")
	}
}

func TestAttachedBedEndsWithItsCaller(t *testing.T) {
	state := filepath.Join(t.TempDir(), "bed")
	// A shell stands for the JVM: it holds the other end of the bed's standard input, and is killed.
	caller := exec.Command("sh", "-c", "sleep 1000 | '"+filepath.Join(bin(t), "bed")+"' up --attached --keep-logs --state '"+state+"'")
	caller.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	out := must(caller.StdoutPipe())(t)
	check(t, caller.Start())
	line := must(bufio.NewReader(out).ReadBytes('\n'))(t)
	var r report
	check(t, json.Unmarshal(line, &r))
	for _, pid := range childrenOf(caller.Process.Pid) {
		if name, _ := os.ReadFile(fmt.Sprintf("/proc/%d/comm", pid)); strings.TrimSpace(string(name)) == "sleep" {
			check(t, syscall.Kill(pid, syscall.SIGKILL))
		}
	}
	must(io.Copy(io.Discard, out))(t)
	check(t, caller.Wait())
	awaitNoProcess(t, state)
	if _, err := os.Stat(filepath.Join(state, "etcd")); err == nil {
		t.Error("the data is still there")
	}
	if _, err := os.Stat(filepath.Join(state, "logs", "kube-apiserver.log")); err != nil {
		t.Errorf("--keep-logs: %v", err)
	}
}

func TestCallerThatIsKilledWhileItWaitsLeavesNoProcess(t *testing.T) {
	state := filepath.Join(t.TempDir(), "bed")
	caller := exec.Command(filepath.Join(bin(t), "bed"), "up", "--state", state)
	check(t, caller.Start())
	awaitThat(t, "the API server was started", func() error {
		_, err := os.Stat(filepath.Join(state, "logs", "kube-apiserver.log"))
		return err
	})
	check(t, caller.Process.Kill())
	_ = caller.Wait()
	awaitNoProcess(t, state)
	up(t, state).bed("down", "--state", state)
}

func TestKilledAPIServerComesBackOnItsPortWithItsData(t *testing.T) {
	b := up(t, filepath.Join(t.TempDir(), "bed"))
	b.apply("{apiVersion: v1, kind: ConfigMap, metadata: {name: kept}}")
	b.bed("kill", "kube-apiserver", "--state", b.State)
	if out, err := b.kubectl("", "get", "configmap", "kept"); err == nil {
		t.Errorf("it still answers: %s", out)
	}
	b.bed("start", "kube-apiserver", "--state", b.State)
	if out, err := b.kubectl("", "get", "configmap", "kept"); err != nil {
		t.Error(out)
	}
	if _, err := os.Stat(filepath.Join(b.State, failedFile)); err == nil {
		t.Error("an outage that a test asked for counts as a failure")
	}
}

func TestProgramThatEndsUnexpectedlyLeavesAMark(t *testing.T) {
	b := up(t, filepath.Join(t.TempDir(), "bed"))
	for _, pid := range childrenOf(b.PID) {
		if name, _ := os.ReadFile(fmt.Sprintf("/proc/%d/comm", pid)); strings.HasPrefix(string(name), "kube-controller") {
			check(t, syscall.Kill(pid, syscall.SIGKILL))
		}
	}
	awaitThat(t, "the mark is there", func() error {
		text, err := os.ReadFile(filepath.Join(b.State, failedFile))
		if err == nil && !strings.Contains(string(text), "kube-controller-manager ended unexpectedly: signal: killed") {
			return fmt.Errorf("%s", text)
		}
		return err
	})
}

func TestFailedStartNamesTheMissingConditionAndTheLastLines(t *testing.T) {
	folder := t.TempDir()
	for _, name := range order { // a folder of programs in which the API server gives up
		check(t, os.Symlink(filepath.Join(bin(t), name), filepath.Join(folder, name)))
	}
	check(t, os.Remove(filepath.Join(folder, "kube-apiserver")))
	check(t, os.WriteFile(filepath.Join(folder, "kube-apiserver"), []byte("#!/bin/sh\necho no such luck\nexit 7\n"), 0o755))
	must(exec.Command("cp", filepath.Join(bin(t), "bed"), folder).Output())(t)
	state := filepath.Join(t.TempDir(), "bed")
	out, err := exec.Command(filepath.Join(folder, "bed"), "up", "--state", state).CombinedOutput()
	for _, words := range []string{"condition not met: kube-apiserver answers /readyz", "exit status 7", "no such luck", state + "/logs"} {
		if err == nil || !strings.Contains(string(out), words) {
			t.Errorf("%q is not in: %s", words, out)
		}
	}
	awaitNoProcess(t, state)
}

func TestNodeWithTheLabelIsReadyUntilTheLabelGoes(t *testing.T) {
	b := up(t, filepath.Join(t.TempDir(), "bed"), "--with", "kwok")
	for _, name := range []string{"gpu-1", "gpu-2"} { // while every node is silent, Kubernetes blames the network and evicts nothing
		b.apply(`{apiVersion: v1, kind: Node, metadata: {name: ` + name + `, labels: {` + heartbeatLabel + `: kwok}},
			status: {allocatable: {cpu: "8", memory: 32Gi, pods: "110", nvidia.com/gpu: "8"}}}`)
	}
	ready := []string{"get", "node", "gpu-1", "-o", `jsonpath={.status.conditions[?(@.type=="Ready")].status}`}
	b.awaitOutput("True", ready...)
	b.kubectl("", "label", "node", "gpu-1", heartbeatLabel+"-")
	b.awaitOutput("Unknown", ready...)
	b.awaitOutput("node.kubernetes.io/unreachable", "get", "node", "gpu-1", "-o", `jsonpath={.spec.taints[?(@.effect=="NoExecute")].key}`)
	b.kubectl("", "label", "node", "gpu-1", heartbeatLabel+"=kwok")
	b.awaitOutput("True", ready...)
}

func TestHPAScalesByAnExtensionServerBehindTheAggregator(t *testing.T) {
	b := up(t, filepath.Join(t.TempDir(), "bed"))
	certs := filepath.Join(t.TempDir(), "adapter")
	b.bed("cert", "--service", "adapter", "--namespace", "metrics", "--out", certs, "--state", b.State)
	port := must(reservePort())(t)
	defer port.release()
	config := filepath.Join(certs, "kubeconfig")
	// It takes port 8080 of all interfaces for itself, whatever its flags say.
	awaitThat(t, "port 8080 is free for the test adapter", func() error {
		probe, err := net.Listen("tcp", ":8080")
		if err == nil {
			probe.Close()
		}
		return err
	})
	adapter := exec.Command(filepath.Join(b.Bin, "test-adapter"), "--bind-address=127.0.0.1", "--secure-port="+portOf(port.port),
		"--tls-cert-file="+filepath.Join(certs, "tls.crt"), "--tls-private-key-file="+filepath.Join(certs, "tls.key"),
		"--lister-kubeconfig="+config, "--authentication-kubeconfig="+config, "--authorization-kubeconfig="+config)
	log := must(os.Create(filepath.Join(certs, "log")))(t)
	adapter.Stdout, adapter.Stderr = log, log
	ca := base64.StdEncoding.EncodeToString(must(os.ReadFile(b.CA))(t))
	b.apply(strings.NewReplacer("CA,", ca+",", "PORT", portOf(port.port)).Replace(scaledByAdapter))
	check(t, adapter.Start())
	defer func() { _ = adapter.Process.Kill(); _ = adapter.Wait() }()
	defer func() {
		if t.Failed() {
			t.Log(tail(log.Name(), 20))
		}
	}()

	b.awaitOutput("5", "get", "deployment", "model", "-o", "jsonpath={.spec.replicas}") // 42 + 43, over 20 each
}
