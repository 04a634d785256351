package main

import (
	"context"
	"fmt"
	"log"
	"os"
	"path/filepath"
	"slices"
	"syscall"
	"time"
)

// Generous, since ten minutes of compiling may go on beside it; a quiet machine needs 6 s.
const startLimit = 120 * time.Second

// Later ones use earlier ones, so a bed ends from the back.
var order = []string{"etcd", "kube-apiserver", "kube-controller-manager", "kube-scheduler", "kwok", "podrunner"}

// A supervisor is the one long-lived process of a bed: the parent of all its programs.
type supervisor struct {
	layout
	lanes    map[string]bool
	note     *log.Logger
	children *children
	programs map[string]program
	secure   *https
	ports    []reservation
}

// newSupervisor prepares everything in the bed's state folder that programs read: ports, certificates, configurations.
func newSupervisor(l layout, lanes map[string]bool, note *log.Logger) (*supervisor, error) {
	s := &supervisor{layout: l, lanes: lanes, note: note, programs: map[string]program{}}
	s.layout.ports = map[string]int{}
	for _, name := range portNames {
		r, err := reservePort()
		if err != nil {
			return nil, err
		}
		s.ports = append(s.ports, r)
		s.layout.ports[name] = r.port
	}
	if err := saveCredentials(l.state, s.server()); err != nil {
		return nil, err
	}
	ca, err := loadAuthority(s.pki(""), "ca")
	if err != nil {
		return nil, err
	}
	shown, err := ca.issue(clients["admin"])
	if err != nil {
		return nil, err
	}
	if s.secure, err = newHTTPS(ca.pem, shown); err != nil {
		return nil, err
	}
	scheduler, err := s.scheduler(s.secure)
	if err != nil {
		return nil, err
	}
	for _, p := range []program{s.storage(), s.api(s.secure), s.controllerManager(), scheduler, s.nodes(), s.podRunner()} {
		s.programs[p.name] = p
	}
	folder := filepath.Join(l.state, "logs")
	s.children = newChildren(l.bin, folder, note, s.lost)
	return s, os.MkdirAll(folder, 0o755)
}

// start brings everything up and returns when pods can be created and the HPA controller looks at them.
func (s *supervisor) start(ctx context.Context) error {
	ctx, cancel := context.WithTimeoutCause(ctx, startLimit, fmt.Errorf("waited %s", startLimit))
	defer cancel()
	etcd, err := s.children.start(s.programs["etcd"])
	if err != nil {
		return err
	}
	api, err := s.children.start(s.programs["kube-apiserver"])
	if err != nil {
		return err
	}
	if err := s.allReady(ctx, etcd, api); err != nil {
		return err
	}
	var rest []*child
	for _, name := range order[2:] {
		if !s.wanted(name) {
			continue
		}
		one, err := s.children.start(s.programs[name])
		if err != nil {
			return err
		}
		rest = append(rest, one)
	}
	if err := s.allReady(ctx, rest...); err != nil {
		return err
	}
	account := s.server() + "/api/v1/namespaces/default/serviceaccounts/default"
	return await(ctx, "namespace default has its ServiceAccount", func(ctx context.Context) error { return get(ctx, account, s.secure) })
}

func (s *supervisor) allReady(ctx context.Context, some ...*child) error {
	for _, one := range some {
		if err := s.children.ready(ctx, one); err != nil {
			return err
		}
	}
	return nil
}

// wanted says whether program name is part of this bed.
func (s *supervisor) wanted(name string) bool {
	switch name {
	case "kube-scheduler":
		return s.lanes["scheduler"]
	case "kwok":
		return s.lanes["kwok"]
	case "podrunner":
		return s.lanes["runner"]
	default:
		return slices.Contains(order, name)
	}
}

// stop ends every program, the users of a program before it, and gives the ports back.
func (s *supervisor) stop() {
	for _, name := range slices.Backward(order) {
		if _, runs := s.children.processes()[name]; runs {
			_ = s.children.stop(name, syscall.SIGTERM) // it may have ended by itself just now
		}
	}
	for _, r := range s.ports {
		r.release()
	}
}

// lost leaves a mark that tests look for: what they see from here on is no longer a whole bed.
func (s *supervisor) lost(one *child) {
	text := fmt.Sprintf("%s ended unexpectedly: %s\n--- the last lines of %s:\n%s\n", one.name, one.cmd.ProcessState, one.log, tail(one.log, 15))
	s.note.Print(text)
	if err := os.WriteFile(filepath.Join(s.state, failedFile), []byte(text), 0o644); err != nil {
		s.note.Printf("cannot write %s: %v", failedFile, err)
	}
}

// do carries out an order that came through the control socket.
func (s *supervisor) do(ctx context.Context, verb, name string) error {
	if !s.wanted(name) {
		return fmt.Errorf("%q is no program of this bed: %v", name, order)
	}
	switch verb {
	case "stop":
		return s.children.stop(name, syscall.SIGTERM)
	case "kill":
		return s.children.stop(name, syscall.SIGKILL)
	case "start":
		ctx, cancel := context.WithTimeoutCause(ctx, startLimit, fmt.Errorf("waited %s", startLimit))
		defer cancel()
		one, err := s.children.start(s.programs[name])
		if err != nil {
			return err
		}
		return s.children.ready(ctx, one)
	default:
		return fmt.Errorf("unknown order %q: stop, kill or start", verb)
	}
}
