package main

import (
	"context"
	"fmt"
	"log"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"sync"
	"syscall"
	"time"
)

// A child is one start of a program.
type child struct {
	program
	log      string // file
	logStart int64  // where this start's lines begin in it
	cmd      *exec.Cmd
	exited   chan struct{} // closed when it has been waited for
}

// Children starts programs, watches them and ends them. They die with this process, however that ends: the kernel kills a
// child when the *thread* that started it ends, so one thread starts them all and stays.
type children struct {
	bin, logs string
	note      *log.Logger
	lost      func(*child) // called when a program ends that nobody asked to end
	starts    chan start

	mu     sync.Mutex
	live   map[string]*child
	ending map[*child]bool
}

type start struct {
	cmd  *exec.Cmd
	done chan error
}

func newChildren(bin, logs string, note *log.Logger, lost func(*child)) *children {
	c := &children{bin: bin, logs: logs, note: note, lost: lost, starts: make(chan start),
		live: map[string]*child{}, ending: map[*child]bool{}}
	go func() {
		runtime.LockOSThread()
		for s := range c.starts { // never closed
			s.done <- s.cmd.Start()
		}
	}()
	return c
}

// start runs p in a process group of its own, its output appended to logs/NAME.log.
func (c *children) start(p program) (*child, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if _, already := c.live[p.name]; already {
		return nil, fmt.Errorf("%s runs already", p.name)
	}
	file := filepath.Join(c.logs, p.name+".log")
	output, err := os.OpenFile(file, os.O_CREATE|os.O_WRONLY|os.O_APPEND, 0o644)
	if err != nil {
		return nil, err
	}
	defer output.Close()
	info, err := output.Stat()
	if err != nil {
		return nil, err
	}
	cmd := exec.Command(filepath.Join(c.bin, p.name), p.args...)
	cmd.Stdout, cmd.Stderr = output, output
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true, Pdeathsig: syscall.SIGKILL}
	s := start{cmd, make(chan error)}
	c.starts <- s
	if err := <-s.done; err != nil {
		return nil, fmt.Errorf("%s did not start: %w", p.name, err)
	}
	started := &child{program: p, log: file, logStart: info.Size(), cmd: cmd, exited: make(chan struct{})}
	c.live[p.name] = started
	c.note.Printf("started %s, process %d", p.name, cmd.Process.Pid)
	go c.watch(started)
	return started, nil
}

func (c *children) watch(one *child) {
	err := one.cmd.Wait()
	c.mu.Lock()
	asked := c.ending[one]
	delete(c.ending, one)
	delete(c.live, one.name)
	c.mu.Unlock()
	how := "exit status 0"
	if err != nil {
		how = err.Error()
	}
	c.note.Printf("%s ended: %s", one.name, how)
	if !asked {
		c.lost(one)
	}
	close(one.exited)
}

// ready waits until the child does its work; the error names the condition that was missing, and its log's last lines.
func (c *children) ready(ctx context.Context, one *child) error {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	go func() {
		select {
		case <-one.exited:
			cancel(fmt.Errorf("%s ended: %s", one.name, one.cmd.ProcessState))
		case <-ctx.Done():
		}
	}()
	err := await(ctx, one.needs, func(ctx context.Context) error { return one.program.ready(ctx, one) })
	if err != nil {
		return fmt.Errorf("%w\n--- the last lines of %s:\n%s", err, one.log, tail(one.log, 15))
	}
	return nil
}

// stop ends program name with signal, SIGKILL after its patience, and returns once it is gone.
func (c *children) stop(name string, signal syscall.Signal) error {
	c.mu.Lock()
	one, found := c.live[name]
	if found {
		c.ending[one] = true
	}
	c.mu.Unlock()
	if !found {
		return fmt.Errorf("%s does not run", name)
	}
	_ = one.cmd.Process.Signal(signal) // it may have ended by itself just now
	select {
	case <-one.exited:
	case <-time.After(one.patience):
		c.note.Printf("%s did not end within %s: killed", name, one.patience)
		_ = syscall.Kill(-one.cmd.Process.Pid, syscall.SIGKILL) // its whole group
		<-one.exited
	}
	return nil
}

// processes gives the process of each program that runs.
func (c *children) processes() map[string]int {
	c.mu.Lock()
	defer c.mu.Unlock()
	pids := map[string]int{}
	for name, one := range c.live {
		pids[name] = one.cmd.Process.Pid
	}
	return pids
}
