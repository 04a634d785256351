package main

import (
	"fmt"
	"io"
	"os/exec"
	"sync"
	"syscall"
	"time"

	"golang.org/x/sys/unix"
)

// process is one run of a command: its first process and everything in its group.
type process struct {
	mu    sync.Mutex
	pid   int           // 0 when it is no longer ours
	done  chan struct{} // closed when the whole group is dead
	code  int32         // then the exit code; 128 + signal for a signal
	guard io.Writer
}

// start runs the command in a group of its own that dies with this runner: the kernel sees to the first process when the
// thread that started it ends, and the guard to the group.
func (c command) start(guard, output io.Writer) (*process, error) {
	cmd := exec.Command(c.argv[0], c.argv[1:]...)
	cmd.Env, cmd.Dir, cmd.Stdout, cmd.Stderr = c.env, c.dir, output, output
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true, Pdeathsig: syscall.SIGKILL}
	if err := cmd.Start(); err != nil {
		return nil, err
	}
	p := &process{pid: cmd.Process.Pid, done: make(chan struct{}), guard: guard}
	fmt.Fprintln(guard, p.pid)
	go p.await(cmd)
	return p, nil
}

// await kills the group before the kernel may give its number to others.
func (p *process) await(cmd *exec.Cmd) {
	for unix.Waitid(unix.P_PID, cmd.Process.Pid, nil, unix.WEXITED|unix.WNOWAIT, nil) == unix.EINTR {
	}
	p.signalAll(syscall.SIGKILL)
	p.mu.Lock()
	p.pid = 0
	p.mu.Unlock()
	fmt.Fprintln(p.guard, -cmd.Process.Pid)
	cmd.Wait()
	status := cmd.ProcessState.Sys().(syscall.WaitStatus)
	if p.code = int32(status.ExitStatus()); status.Signaled() {
		p.code = 128 + int32(status.Signal())
	}
	close(p.done)
}

// signal reaches the first process only, as a container runtime's does; signalAll reaches the group.
func (p *process) signal(signal syscall.Signal)    { p.send(1, signal) }
func (p *process) signalAll(signal syscall.Signal) { p.send(-1, signal) }

func (p *process) send(sign int, signal syscall.Signal) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.pid != 0 {
		syscall.Kill(sign*p.pid, signal)
	}
}

// run is true when a probe's or a hook's command ends well within the time.
func (c command) run(timeout time.Duration, guard io.Writer) bool {
	p, err := c.start(guard, nil)
	if err != nil {
		return false
	}
	defer time.AfterFunc(timeout, func() { p.signalAll(syscall.SIGKILL) }).Stop()
	<-p.done
	return p.code == 0
}

// startGuard starts the process that outlives this one for a moment: when the pipe to it breaks, it kills the groups that
// are still alive, grandchildren and all.
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
