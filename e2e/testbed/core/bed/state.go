package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
)

// The files and folders that a bed makes in its state folder. It is theirs to remove, and nothing else is.
const (
	lockFile   = "lock"     // held while the supervisor lives; says which process that is
	reportFile = "bed.json" // what `up` printed
	failedFile = "failed"   // there when a program ended unexpectedly: which, and its last lines
	socketFile = "control.sock"
)

var (
	records = []string{"logs", "runner"} // what one may want to read after the end
	others  = []string{"etcd", "pki", "kubeconfigs", reportFile, failedFile, socketFile}
)

// An owner is the content of the lock file.
type owner struct {
	PID        int    `json:"pid"`
	Started    string `json:"started"`    // of /proc/PID/stat, in clock ticks since boot: tells a process from a later one of its number
	MadeFolder bool   `json:"madeFolder"` // the state folder was not there before
}

var errHeld = errors.New("held")

// A lock is the right to use a state folder. The kernel gives it back when its process ends, however that ends.
type lock struct {
	file  *os.File
	owner owner
}

// claim takes a state folder for this process: one that is not there yet, is empty, or was left by an earlier bed, whose
// remains it removes first.
func claim(state string) (lock, error) {
	made := false
	if err := os.MkdirAll(filepath.Dir(state), 0o755); err != nil {
		return lock{}, err
	}
	if err := os.Mkdir(state, 0o700); err == nil {
		made = true
	} else if !errors.Is(err, fs.ErrExist) {
		return lock{}, err
	}
	entries, err := os.ReadDir(state)
	if err != nil {
		return lock{}, err
	}
	if _, err := os.Stat(filepath.Join(state, lockFile)); err != nil && len(entries) > 0 {
		return lock{}, fmt.Errorf("%s is not empty and no bed was there: name a folder of its own", state)
	}
	if err := create(filepath.Join(state, lockFile)); err != nil {
		return lock{}, err
	}
	l, err := acquire(state)
	if errors.Is(err, errHeld) {
		return lock{}, fmt.Errorf("a bed runs in %s already (process %d): `e2e/testbed/down --state %s` ends it", state, l.owner.PID, state)
	} else if err != nil {
		return lock{}, err
	}
	for _, name := range slices.Concat(records, others) {
		if err := os.RemoveAll(filepath.Join(state, name)); err != nil {
			return lock{}, err
		}
	}
	started, err := processStart(os.Getpid())
	if err != nil {
		return lock{}, err
	}
	l.owner = owner{os.Getpid(), started, made || l.owner.MadeFolder}
	text, err := json.Marshal(l.owner)
	if err != nil {
		return lock{}, err
	}
	if err := l.file.Truncate(0); err != nil {
		return lock{}, err
	}
	_, err = l.file.WriteAt(text, 0)
	return l, err
}

// acquire takes a lock that is there if nobody holds it, else the error is errHeld; the owner is the last one that wrote itself in.
func acquire(state string) (lock, error) {
	file, err := os.OpenFile(filepath.Join(state, lockFile), os.O_RDWR, 0)
	if err != nil {
		return lock{}, err
	}
	l := lock{file: file, owner: readOwner(state)}
	if err := syscall.Flock(int(file.Fd()), syscall.LOCK_EX|syscall.LOCK_NB); err != nil {
		file.Close()
		if errors.Is(err, syscall.EWOULDBLOCK) {
			err = errHeld
		}
		return lock{owner: l.owner}, err
	}
	return l, nil
}

func create(file string) error {
	f, err := os.OpenFile(file, os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return err
	}
	return f.Close()
}

func readOwner(state string) owner {
	var o owner
	if text, err := os.ReadFile(filepath.Join(state, lockFile)); err == nil {
		_ = json.Unmarshal(text, &o) // an empty one: its process ended before it wrote itself in
	}
	return o
}

// remove takes away what beds made in the folder, and the folder if a bed made that. With keepRecords the logs stay, and
// with them the lock file, which shows a later bed that the folder is its to use.
func (l lock) remove(state string, keepRecords bool) error {
	defer l.file.Close()
	gone := others
	if !keepRecords {
		gone = slices.Concat(others, records, []string{lockFile})
	}
	for _, name := range gone {
		if err := os.RemoveAll(filepath.Join(state, name)); err != nil {
			return err
		}
	}
	if keepRecords || !l.owner.MadeFolder {
		return nil
	}
	if err := os.Remove(state); err != nil && !errors.Is(err, fs.ErrNotExist) && !errors.Is(err, syscall.ENOTEMPTY) {
		return err
	}
	return nil
}

// alive says whether the owner's process still is the one that wrote itself in.
func (o owner) alive() bool {
	started, err := processStart(o.PID)
	return err == nil && started == o.Started
}

// processStart reads when process pid began. An ended process that nobody has waited for is an error like none.
func processStart(pid int) (string, error) {
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	if err != nil {
		return "", err
	}
	// The name, in parentheses, may hold spaces; state is the first field after it, the start time the twentieth.
	fields := strings.Fields(string(text[bytes.LastIndexByte(text, ')')+1:]))
	if len(fields) < 20 || fields[0] == "Z" {
		return "", fmt.Errorf("process %d has ended", pid)
	}
	return fields[19], nil
}

// tail gives the last lines of a file.
func tail(file string, lines int) string {
	text, err := os.ReadFile(file)
	if err != nil {
		return err.Error()
	}
	all := strings.Split(strings.TrimRight(string(text), "\n"), "\n")
	return strings.Join(all[max(0, len(all)-lines):], "\n")
}
