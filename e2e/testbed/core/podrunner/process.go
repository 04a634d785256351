package main

import (
	"fmt"
	"io"
	"log"
	"os"
	"os/exec"
	"syscall"
	"time"

	"golang.org/x/sys/unix"
)

// process is one run of words: its first process and everything in its group. A nil one, and one that was reaped, ignores
// signals.
type process struct {
	cmd  *exec.Cmd     // nil when it was reaped
	done chan struct{} // closed when the first process has ended
}

// Whom a signal reaches: the first process only, as a container runtime's does, or its whole group.
const first, group = 1, -1

func (p *process) signal(whom int, signal syscall.Signal) {
	if p != nil && p.cmd != nil {
		syscall.Kill(whom*p.cmd.Process.Pid, signal)
	}
}

// start runs words in a group of its own that dies with this runner: the kernel sees to the first process when the thread
// that started it ends, and the guard to the group. Output goes to the end of that file.
func (c command) start(words []string, output string) (*process, error) {
	os.MkdirAll(c.dir, 0o755) // where that fails, the next line says why
	file, err := os.OpenFile(output, os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o644)
	if err != nil {
		return nil, err
	}
	defer file.Close()
	cmd := exec.Command(words[0], words[1:]...)
	cmd.Env, cmd.Dir, cmd.Stdout, cmd.Stderr = c.env, c.dir, file, file
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true, Pdeathsig: syscall.SIGKILL}
	if err := cmd.Start(); err != nil {
		return nil, err
	}
	p := &process{cmd, make(chan struct{})}
	fmt.Fprintln(guarded, cmd.Process.Pid, "began")
	go func() {
		for unix.Waitid(unix.P_PID, cmd.Process.Pid, nil, unix.WEXITED|unix.WNOWAIT, nil) == unix.EINTR {
		}
		close(p.done)
	}()
	return p, nil
}

// reap kills what is left of the group, before the kernel may give its number to others, and gives the exit code: 128 +
// signal for a signal.
func (p *process) reap() int32 {
	p.signal(group, syscall.SIGKILL)
	fmt.Fprintln(guarded, p.cmd.Process.Pid, "ended")
	p.cmd.Wait()
	status := p.cmd.ProcessState.Sys().(syscall.WaitStatus)
	p.cmd = nil
	if status.Signaled() {
		return 128 + int32(status.Signal())
	}
	return int32(status.ExitStatus())
}

// succeeds is true when words, a probe's or a hook's, end well within the time.
func (c command) succeeds(words []string, timeout time.Duration) bool {
	p, err := c.start(words, os.DevNull)
	if err != nil {
		return false
	}
	select {
	case <-p.done:
	case <-time.After(timeout):
	}
	return p.reap() == 0
}

// guarded takes the groups that are to die with this process: "7 began", "7 ended".
var guarded io.Writer

const guard = `declare -A groups; while read -r group state; do groups[$group]=$state; done
for group in "${!groups[@]}"; do [ "${groups[$group]}" = ended ] || kill -KILL -- "-$group"; done`

// startGuard starts the process that outlives this one for a moment: when the pipe to it breaks, it kills the groups that
// are still alive, grandchildren and all.
func startGuard() {
	cmd := exec.Command("bash", "-c", guard)
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	pipe, err := cmd.StdinPipe()
	if guarded = pipe; err != nil || cmd.Start() != nil {
		log.Fatal("bash, which guards the processes, cannot be started")
	}
}
