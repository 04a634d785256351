package main

import (
	"fmt"
	"os"
	"strings"
	"testing"
)

func TestReadmeShowsEverySettingWithItsReason(t *testing.T) {
	var table strings.Builder
	table.WriteString("| program | setting | why |\n|---|---|---|\n")
	for _, s := range settings {
		flag := s.String()
		if s.program == "kube-scheduler" {
			flag = s.flag + ": " + s.value
		}
		fmt.Fprintf(&table, "| %s | `%s` | %s |\n", s.program, strings.ReplaceAll(flag, ",", ", "), s.why)
	}
	if !strings.Contains(string(must(os.ReadFile("../../README.md"))(t)), table.String()) {
		t.Errorf("e2e/testbed/README.md should have this table:\n\n%s", table.String())
	}
}

func TestSchedulerIsConfiguredByItsSettings(t *testing.T) {
	if text := schedulerConfig("/k"); !strings.Contains(text, "\npodMaxBackoffSeconds: 1\n") || !strings.Contains(text, `kubeconfig: "/k"`) {
		t.Error(text)
	}
}

func TestProgramsGetTheirSettings(t *testing.T) {
	args := strings.Join(layout{state: "/s", ports: map[string]int{"kcm": 1}}.controllerManager().args, " ")
	if !strings.Contains(args, "--horizontal-pod-autoscaler-sync-period=1s") || strings.Contains(args, "unsafe-no-fsync") {
		t.Error(args)
	}
}
