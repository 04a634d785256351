package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"syscall"
	"time"
)

// Longer than all programs of a bed may take to end, one after the other.
const endLimit = 100 * time.Second

// down ends the bed in state and takes away what it made there. A bed whose supervisor was killed has no processes any
// more; its remains go the same way.
func down(state string, keepFiles bool) error {
	if _, err := os.Stat(filepath.Join(state, lockFile)); err != nil {
		return fmt.Errorf("there is no bed in %s", state)
	}
	l, err := acquire(state)
	if errors.Is(err, errHeld) {
		l, err = end(state, l.owner)
	}
	if err != nil {
		return err
	}
	return l.remove(state, keepFiles)
}

// end tells a living supervisor to end and takes over its lock.
func end(state string, who owner) (lock, error) {
	// The number alone could be another process's by now.
	signal := func(sig syscall.Signal) {
		if who.alive() {
			_ = syscall.Kill(who.PID, sig) // gone in between: the lock tells
		}
	}
	signal(syscall.SIGTERM)
	var l lock
	released := func(context.Context) (err error) {
		if l, err = acquire(state); errors.Is(err, fs.ErrNotExist) {
			return nil // an attached bed takes its folder away itself
		}
		return err
	}
	ctx, cancel := context.WithTimeoutCause(context.Background(), endLimit, fmt.Errorf("waited %s", endLimit))
	defer cancel()
	if err := await(ctx, "the supervisor ends", released); err == nil {
		return l, nil
	}
	signal(syscall.SIGKILL) // its children die with it
	ctx, cancel = context.WithTimeoutCause(context.Background(), 10*time.Second, errors.New("waited 10s after SIGKILL"))
	defer cancel()
	return l, await(ctx, "the supervisor is gone", released)
}
