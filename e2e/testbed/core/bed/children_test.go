package main

import (
	"context"
	"fmt"
	"io"
	"log"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"
)

// In a process of its own, this test binary is a supervisor that starts two programs and waits to be killed.
const supervisorFolder = "BED_TEST_SUPERVISOR_FOLDER"

func TestMain(m *testing.M) {
	folder := os.Getenv(supervisorFolder)
	if folder == "" {
		os.Exit(m.Run())
	}
	c := newChildren("/bin", folder, log.New(io.Discard, "", 0), func(*child) {})
	for range 20 { // enough that the scheduler would use several threads for the starts
		c.mu.Lock()
		delete(c.live, "sh")
		c.mu.Unlock()
		if _, err := c.start(shell("exec sleep 1000 # " + folder)); err != nil {
			panic(err)
		}
	}
	fmt.Println("started")
	select {}
}

func TestNoChildOutlivesAKilledSupervisor(t *testing.T) {
	folder := t.TempDir()
	supervisor := exec.Command(os.Args[0])
	supervisor.Env = append(os.Environ(), supervisorFolder+"="+folder)
	out := must(supervisor.StdoutPipe())(t)
	check(t, supervisor.Start())
	buffer := make([]byte, len("started"))
	must(io.ReadFull(out, buffer))(t)
	children := childrenOf(supervisor.Process.Pid)
	if len(children) != 20 {
		t.Fatalf("%d children before", len(children))
	}
	check(t, supervisor.Process.Kill())
	_ = supervisor.Wait()
	awaitThat(t, "all children are gone", func() error {
		for _, pid := range children {
			if _, err := processStart(pid); err == nil {
				return fmt.Errorf("process %d lives", pid)
			}
		}
		return nil
	})
}

func TestProgramThatEndsByItselfIsReported(t *testing.T) {
	lost := make(chan string, 1)
	c := newChildren("/bin", t.TempDir(), log.New(io.Discard, "", 0), func(one *child) { lost <- one.cmd.ProcessState.String() })
	one := must(c.start(shell("echo I give up; exit 3")))(t)
	if how := <-lost; how != "exit status 3" {
		t.Error(how)
	}
	err := c.ready(context.Background(), one)
	for _, words := range []string{"the shell is happy", "exit status 3", "I give up"} {
		if err == nil || !strings.Contains(err.Error(), words) {
			t.Errorf("%q is not in: %v", words, err)
		}
	}
}

func TestProgramThatIgnoresTheSignalIsKilledWithItsGroup(t *testing.T) {
	folder := t.TempDir()
	c := newChildren("/bin", folder, log.New(io.Discard, "", 0), func(one *child) { t.Error("asked to end, yet reported as lost") })
	stubborn := shell("trap '' TERM; sleep 1000 & echo $! > " + folder + "/grandchild; echo trapped; while true; do wait; done")
	stubborn.ready = logs("trapped")
	stubborn.patience = time.Millisecond
	one := must(c.start(stubborn))(t)
	check(t, c.ready(context.Background(), one))
	check(t, c.stop("sh", syscall.SIGTERM))
	var grandchild int
	must(fmt.Sscan(string(must(os.ReadFile(filepath.Join(folder, "grandchild")))(t)), &grandchild))(t)
	awaitThat(t, "its child is gone", func() error {
		if _, err := processStart(grandchild); err == nil {
			return fmt.Errorf("process %d lives", grandchild)
		}
		return nil
	})
	if err := c.stop("sh", syscall.SIGTERM); err == nil {
		t.Error("it can be stopped twice")
	}
}

func TestWordsOfAnEarlierStartDoNotMakeALaterOneReady(t *testing.T) {
	c := newChildren("/bin", t.TempDir(), log.New(io.Discard, "", 0), func(*child) {})
	first := shell("echo hello; exec sleep 1000")
	first.ready = logs("hello")
	check(t, c.ready(context.Background(), must(c.start(first))(t)))
	check(t, c.stop("sh", syscall.SIGTERM))

	silent := shell("exec sleep 1000")
	silent.ready = first.ready
	one := must(c.start(silent))(t)
	if err := one.program.ready(context.Background(), one); err == nil {
		t.Error("ready by the words of the first start")
	}
	check(t, c.stop("sh", syscall.SIGTERM))
}

func shell(script string) program {
	never := func(context.Context, *child) error { return fmt.Errorf("it is not") }
	return program{"sh", []string{"-c", script}, never, "the shell is happy", 10 * time.Second}
}

// childrenOf lists the processes whose parent is pid.
func childrenOf(pid int) (found []int) {
	files, _ := filepath.Glob("/proc/[0-9]*/stat")
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			continue // it has ended
		}
		var child, parent int
		fmt.Sscan(string(text), &child)
		fmt.Sscan(strings.Fields(string(text[strings.LastIndexByte(string(text), ')')+1:]))[1], &parent)
		if parent == pid {
			found = append(found, child)
		}
	}
	return found
}

// awaitThat waits until condition is nil, a minute at most.
func awaitThat(t *testing.T, needs string, condition func() error) {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	check(t, await(ctx, needs, func(context.Context) error { return condition() }))
}
