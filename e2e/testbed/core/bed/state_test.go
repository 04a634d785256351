package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestFolderWithOtherFilesIsRefusedAndUntouched(t *testing.T) {
	state := t.TempDir()
	mine := filepath.Join(state, "logs")
	check(t, os.WriteFile(mine, []byte("mine"), 0o644))
	if _, err := claim(state); err == nil || !strings.Contains(err.Error(), "is not empty and no bed was there") {
		t.Errorf("error %v", err)
	}
	if text := must(os.ReadFile(mine))(t); string(text) != "mine" {
		t.Errorf("the file is now %q", text)
	}
	if _, err := os.Stat(filepath.Join(state, lockFile)); err == nil {
		t.Error("a lock file is left, which would make the folder ours next time")
	}
}

func TestHeldFolderIsRefusedWithTheProcessThatHoldsIt(t *testing.T) {
	state := filepath.Join(t.TempDir(), "bed")
	held := must(claim(state))(t)
	defer held.file.Close()
	if _, err := claim(state); err == nil || !strings.Contains(err.Error(), "a bed runs in "+state) || held.owner.PID != os.Getpid() {
		t.Errorf("error %v, owner %v", err, held.owner)
	}
}

func TestRemainsOfAnEndedBedAreRemovedByTheNext(t *testing.T) {
	state := filepath.Join(t.TempDir(), "bed")
	first := must(claim(state))(t)
	check(t, os.MkdirAll(filepath.Join(state, "etcd", "member"), 0o755))
	first.file.Close() // what the kernel does when the process ends
	second := must(claim(state))(t)
	if _, err := os.Stat(filepath.Join(state, "etcd")); err == nil {
		t.Error("the old data is still there")
	}
	check(t, second.remove(state, false))
	if _, err := os.Stat(state); err == nil {
		t.Error("the folder that a bed made is still there")
	}
}

func TestOnlyWhatABedMadeIsRemoved(t *testing.T) {
	state := t.TempDir()
	l := must(claim(state))(t)
	check(t, os.WriteFile(filepath.Join(state, reportFile), nil, 0o644))
	check(t, os.WriteFile(filepath.Join(state, "notes.txt"), nil, 0o644))
	check(t, l.remove(state, false))
	left := must(os.ReadDir(state))(t)
	if len(left) != 1 || left[0].Name() != "notes.txt" {
		t.Errorf("left: %v", left)
	}
}

func TestKeptRecordsLeaveTheFolderUsableForTheNextBed(t *testing.T) {
	state := filepath.Join(t.TempDir(), "bed")
	l := must(claim(state))(t)
	check(t, os.MkdirAll(filepath.Join(state, "logs"), 0o755))
	check(t, l.remove(state, true))
	if _, err := os.Stat(filepath.Join(state, "logs")); err != nil {
		t.Error(err)
	}
	next := must(claim(state))(t)
	check(t, next.remove(state, false))
	if _, err := os.Stat(state); err == nil {
		t.Error("the folder is still there")
	}
}

func TestProcessNumberThatSomebodyElseHasNowIsNotTheOwner(t *testing.T) {
	me := os.Getpid()
	if o := (owner{PID: me, Started: must(processStart(me))(t)}); !o.alive() {
		t.Error("this process is not seen alive")
	}
	if o := (owner{PID: me, Started: "1"}); o.alive() {
		t.Error("a process that began at another time is taken for the owner")
	}
}
