package main

import (
	"context"
	"fmt"
	"io"
	"os"
	"os/exec"
	"runtime"
	"sync"
	"syscall"

	"golang.org/x/sys/unix"
)

// forks runs on one thread that never ends. The kernel kills a child with PDEATHSIG when the thread that forked it ends,
// and Go ends threads as it likes.
var forks = make(chan func())

func forkForever() {
	runtime.LockOSThread()
	for fork := range forks {
		fork()
	}
}

// process is one run of a container: its first process and everything in its group.
type process struct {
	pid   int
	mu    sync.Mutex
	ended bool
	done  chan struct{} // closed when the whole group is dead
	code  int32         // then the exit code; 128 + signal for a signal
}

// start runs the command in a group of its own that dies with this runner.
func (c command) start(guard io.Writer, log *os.File) (*process, error) {
	cmd := exec.Command(c.argv[0], c.argv[1:]...)
	cmd.Env, cmd.Dir = c.env, c.dir
	if log != nil {
		cmd.Stdout, cmd.Stderr = log, log
	}
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true, Pdeathsig: syscall.SIGKILL}
	started := make(chan error)
	forks <- func() { started <- cmd.Start() }
	if err := <-started; err != nil {
		return nil, err
	}
	p := &process{pid: cmd.Process.Pid, done: make(chan struct{})}
	fmt.Fprintln(guard, p.pid)
	go p.await(cmd, guard)
	return p, nil
}

func (p *process) await(cmd *exec.Cmd, guard io.Writer) {
	// The group is killed before its number is given back to the kernel, which may give it to others.
	for unix.Waitid(unix.P_PID, p.pid, nil, unix.WEXITED|unix.WNOWAIT, nil) == unix.EINTR {
	}
	p.signalAll(syscall.SIGKILL)
	p.mu.Lock()
	p.ended = true
	p.mu.Unlock()
	fmt.Fprintln(guard, -p.pid)
	cmd.Wait()
	status := cmd.ProcessState.Sys().(syscall.WaitStatus)
	if p.code = int32(status.ExitStatus()); status.Signaled() {
		p.code = 128 + int32(status.Signal())
	}
	close(p.done)
}

// signal reaches the first process only, as a container runtime's does; signalAll reaches the group.
func (p *process) signal(signal syscall.Signal)    { p.send(p.pid, signal) }
func (p *process) signalAll(signal syscall.Signal) { p.send(-p.pid, signal) }

func (p *process) send(target int, signal syscall.Signal) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if !p.ended {
		syscall.Kill(target, signal)
	}
}

// run waits for a probe's or a hook's command and kills it at the context's end.
func (c command) run(ctx context.Context, guard io.Writer) error {
	p, err := c.start(guard, nil)
	if err != nil {
		return err
	}
	defer context.AfterFunc(ctx, func() { p.signalAll(syscall.SIGKILL) })()
	if <-p.done; p.code != 0 {
		return fmt.Errorf("exit code %d", p.code)
	}
	return nil
}

// startGuard starts the process that outlives this one for a moment. PDEATHSIG reaches only children; when the pipe to the
// guard breaks, it kills the groups that are still alive, grandchildren and all.
func startGuard() (io.Writer, error) {
	cmd := exec.Command("/proc/self/exe", "guard")
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	pipe, err := cmd.StdinPipe()
	if err != nil {
		return nil, err
	}
	return pipe, cmd.Start()
}

// guard reads groups, a negative number for one that ended, until the runner is gone.
func guard(pipe io.Reader) {
	alive := map[int]bool{}
	for pid := 0; ; alive[max(pid, -pid)] = pid > 0 {
		if _, err := fmt.Fscan(pipe, &pid); err != nil {
			break
		}
	}
	for pid, is := range alive {
		if is {
			syscall.Kill(-pid, syscall.SIGKILL)
		}
	}
}
