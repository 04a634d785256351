package main

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"strings"
	"syscall"
	"time"
)

// A bed ends when the standard input of its supervisor does, unless this line came before: then it stays.
const stay = "stay"

// What a caller asks a bed to be.
type wish struct {
	state, launcher     string
	lanes               []string
	attached, keepFiles bool
}

// A report is the line that `up` prints.
type report struct {
	Kubeconfig     string  `json:"kubeconfig"`
	UserKubeconfig string  `json:"userKubeconfig"` // authenticated, without any right
	APIServer      string  `json:"apiserver"`
	CA             string  `json:"ca"`
	State          string  `json:"state"`
	Bin            string  `json:"bin"` // kubectl and the rest
	PID            int     `json:"pid"` // of the supervisor
	Seconds        float64 `json:"seconds"`
	Error          string  `json:"error,omitempty"`
}

// parseLanes makes the set of lanes: the runner needs what gives it pods.
func parseLanes(words []string) (map[string]bool, error) {
	lanes := map[string]bool{}
	for _, word := range words {
		switch word {
		case "scheduler", "kwok":
			lanes[word] = true
		case "runner":
			lanes["scheduler"], lanes["kwok"], lanes["runner"] = true, true, true
		default:
			return nil, fmt.Errorf("there is no lane %q: scheduler, kwok or runner", word)
		}
	}
	return lanes, nil
}

// supervise is the life of a bed: it brings it up, says so once on out, and ends it when told to.
func supervise(w wish, in io.Reader, out io.Writer) error {
	from := time.Now()
	lanes, err := parseLanes(w.lanes)
	if err != nil {
		return err
	}
	bin, err := programFolder(lanes, w.launcher)
	if err != nil {
		return err
	}
	held, err := claim(w.state)
	if err != nil {
		return err
	}
	ctx := untilTold(in)
	if err := live(ctx, w, layout{state: w.state, bin: bin, launcher: w.launcher}, lanes, from, out); err != nil {
		return errors.Join(fmt.Errorf("the bed did not come up: %w\n(logs stay in %s/logs)", err, w.state), held.remove(w.state, true))
	}
	if w.attached {
		return held.remove(w.state, w.keepFiles)
	}
	return nil // `down` takes the folder away
}

// live returns when ctx ends, or with the reason why the bed did not come up; either way no program of it is left.
func live(ctx context.Context, w wish, l layout, lanes map[string]bool, from time.Time, out io.Writer) error {
	note, err := openLog(w)
	if err != nil {
		return err
	}
	s, err := newSupervisor(l, lanes, note)
	if err != nil {
		return err
	}
	defer s.stop()
	if err := s.start(ctx); err != nil {
		note.Print(err)
		return err
	}
	if err := serveOrders(ctx, w.state, s.do); err != nil {
		return err
	}
	if err := s.report(out, time.Since(from)); err != nil {
		return err
	}
	<-ctx.Done()
	note.Printf("ending: %v", context.Cause(ctx))
	return nil
}

// untilTold ends when the input does, or with SIGTERM or SIGINT.
func untilTold(in io.Reader) context.Context {
	ctx, end := context.WithCancelCause(context.Background())
	go endWithInput(in, end)
	signals := make(chan os.Signal, 1)
	signal.Notify(signals, syscall.SIGTERM, syscall.SIGINT)
	go func() { end(fmt.Errorf("told to end: %s", <-signals)) }()
	return ctx
}

func (s *supervisor) report(out io.Writer, took time.Duration) error {
	line, err := json.Marshal(report{
		Kubeconfig: s.kubeconfig("admin"), UserKubeconfig: s.kubeconfig("user"), APIServer: s.server(), CA: s.pki("ca.crt"),
		State: s.state, Bin: s.bin, PID: os.Getpid(), Seconds: float64(took.Round(10*time.Millisecond)) / float64(time.Second),
	})
	if err != nil {
		return err
	}
	line = append(line, '\n')
	if err := os.WriteFile(filepath.Join(s.state, reportFile), line, 0o644); err != nil {
		return err
	}
	_, err = out.Write(line)
	return err
}

// endWithInput ends the bed when its caller is gone, unless the caller said that it should stay.
func endWithInput(in io.Reader, end context.CancelCauseFunc) {
	lines := bufio.NewScanner(in)
	for lines.Scan() {
		if lines.Text() == stay {
			return
		}
	}
	end(errors.New("standard input ended"))
}

// openLog makes STATE/logs/bed.log the place of the supervisor's own words, and of Go's if it should crash.
func openLog(w wish) (*log.Logger, error) {
	folder := filepath.Join(w.state, "logs")
	if err := os.MkdirAll(folder, 0o755); err != nil {
		return nil, err
	}
	file, err := os.OpenFile(filepath.Join(folder, "bed.log"), os.O_CREATE|os.O_WRONLY|os.O_APPEND, 0o644)
	if err != nil {
		return nil, err
	}
	if !w.attached {
		if err := syscall.Dup3(int(file.Fd()), 2, 0); err != nil {
			return nil, err
		}
	}
	return log.New(file, "", log.LstdFlags|log.Lmicroseconds), nil
}

// programFolder is where this program's siblings are; it says which are missing.
func programFolder(lanes map[string]bool, launcher string) (string, error) {
	self, err := os.Executable()
	if err != nil {
		return "", err
	}
	bin := filepath.Dir(self)
	probe := supervisor{lanes: lanes}
	for _, name := range order {
		if _, err := os.Stat(filepath.Join(bin, name)); err != nil && probe.wanted(name) {
			return "", fmt.Errorf("%s is not in %s: run e2e/testbed/build", name, bin)
		}
	}
	if _, err := os.Stat(launcher); err != nil && lanes["runner"] {
		return "", fmt.Errorf("lane runner starts workers by --launcher FILE, the repository's `inferscale`: %w", err)
	}
	return bin, nil
}

// detach starts a supervisor in a session of its own, waits for its word, prints that, and lets it stay.
func detach(w wish, out io.Writer) error {
	self, err := os.Executable()
	if err != nil {
		return err
	}
	cmd := exec.Command(self, "supervise", "--state", w.state, "--launcher", w.launcher, "--with", strings.Join(w.lanes, ","))
	cmd.SysProcAttr = &syscall.SysProcAttr{Setsid: true}
	cmd.Stderr = os.Stderr // until it has a log
	in, err := cmd.StdinPipe()
	if err != nil {
		return err
	}
	said, err := cmd.StdoutPipe()
	if err != nil {
		return err
	}
	if err := cmd.Start(); err != nil {
		return err
	}
	line, _ := bufio.NewReader(said).ReadBytes('\n') // none: it ended, and is asked for its words below
	var r report
	if err := json.Unmarshal(line, &r); err != nil {
		return fmt.Errorf("the supervisor ended without a word: %w", cmd.Wait())
	}
	if r.Error != "" {
		_ = cmd.Wait() // it has said what there is to say
		return errors.New(r.Error)
	}
	if _, err := out.Write(line); err != nil {
		return err // its input ends with this process, and so does it
	}
	_, err = fmt.Fprintln(in, stay)
	return err
}

// reportFailure is how a detached supervisor hands its error to `up`.
func reportFailure(failure error) {
	line, err := json.Marshal(report{Error: failure.Error()})
	if err == nil {
		fmt.Println(string(line))
	}
}
