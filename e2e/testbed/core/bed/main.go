// Program bed starts a genuine Kubernetes control plane on loopback, and ends it. ../../README.md shows its use.
package main

import (
	"crypto/rand"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strings"
)

const usage = `bed up [--with LANE...] [--state DIR] [--launcher FILE] [--attached [--keep-logs]]
      starts a control plane and prints one JSON line when pods can be created and the HPA controller runs.
      Lanes: scheduler, kwok (nodes), runner (both, and real processes for pods). DIR: by default a new temporary folder.
      --attached: stays, and ends everything when its standard input ends.
bed down --state DIR [--keep-logs]
      ends it and removes what it made.
bed stop|kill|start PROGRAM --state DIR
      ends (SIGTERM or SIGKILL) or starts again one program of it, on the same port and data; start waits until it is ready.
bed cert --service NAME --namespace NS --out DIR --state DIR [--account NAME]
      writes ca.crt, tls.crt, tls.key and kubeconfig for an extension API server behind Service NAME in NS, whose user is
      ServiceAccount NAME of NS.
bed rotate trust|sign|retire --state DIR
      one step of replacing the aggregator's authority: a new one is trusted beside the old, the aggregator gets a
      certificate of the new one, the old one is no longer trusted.
`

// A wrong call, as opposed to one that failed: exit status 2.
type wrongUse struct{ error }

func main() {
	err := run(os.Args[1:])
	if err == nil {
		return
	}
	var wrong wrongUse
	if errors.As(err, &wrong) {
		fmt.Fprintf(os.Stderr, "bed: %v\n%s", err, usage)
		os.Exit(2)
	}
	fmt.Fprintf(os.Stderr, "bed: %v\n", err)
	os.Exit(1)
}

func run(args []string) error {
	if len(args) == 0 {
		return wrongUse{errors.New("say what to do")}
	}
	switch verb, rest := args[0], args[1:]; verb {
	case "up":
		w, err := parseWish(rest)
		if err != nil {
			return err
		}
		if w.attached {
			return supervise(w, os.Stdin, os.Stdout)
		}
		return detach(w, os.Stdout)
	case "supervise": // what `up` starts in the background
		w, err := parseWish(rest)
		if err == nil {
			err = supervise(w, os.Stdin, os.Stdout)
		}
		if err != nil {
			reportFailure(err)
			os.Exit(1) // `up` says it
		}
		return nil
	case "down":
		flags, state := newFlags(verb)
		keep := flags.Bool("keep-logs", false, "")
		if _, err := parse(flags, rest, state, 0); err != nil {
			return err
		}
		return down(*state, *keep)
	case "stop", "kill", "start":
		flags, state := newFlags(verb)
		words, err := parse(flags, rest, state, 1)
		if err != nil {
			return err
		}
		return sendOrder(*state, verb, words[0])
	case "cert":
		return cert(rest)
	case "rotate":
		flags, state := newFlags(verb)
		words, err := parse(flags, rest, state, 1)
		if err != nil {
			return err
		}
		return rotate(*state, words[0])
	case "help", "--help", "-h":
		fmt.Print(usage)
		return nil
	default:
		return wrongUse{fmt.Errorf("there is no %q", verb)}
	}
}

func newFlags(verb string) (*flag.FlagSet, *string) {
	flags := flag.NewFlagSet(verb, flag.ContinueOnError)
	flags.SetOutput(new(strings.Builder)) // our usage says it better
	return flags, flags.String("state", "", "")
}

// parse reads flags and exactly n other words in any order, and makes the state folder's name absolute.
func parse(flags *flag.FlagSet, args []string, state *string, n int) ([]string, error) {
	words, err := parseMixed(flags, args)
	if err != nil {
		return nil, err
	}
	if len(words) != n {
		return nil, wrongUse{fmt.Errorf("%s takes %d words beside its flags, not %q", flags.Name(), n, words)}
	}
	if *state == "" {
		return nil, wrongUse{errors.New("--state DIR is missing: the \"state\" that `up` printed")}
	}
	*state, err = filepath.Abs(*state)
	return words, err
}

func parseMixed(flags *flag.FlagSet, args []string) (words []string, err error) {
	for {
		if err := flags.Parse(args); err != nil {
			return nil, wrongUse{err}
		}
		if args = flags.Args(); len(args) == 0 {
			return words, nil
		}
		words, args = append(words, args[0]), args[1:]
	}
}

func parseWish(args []string) (wish, error) {
	var w wish
	flags, state := newFlags("up")
	add := func(lanes string) {
		w.lanes = append(w.lanes, strings.FieldsFunc(lanes, func(r rune) bool { return r == ',' })...)
	}
	with := false
	flags.Func("with", "", func(lanes string) error { add(lanes); with = true; return nil })
	flags.StringVar(&w.launcher, "launcher", "", "")
	flags.BoolVar(&w.attached, "attached", false, "")
	flags.BoolVar(&w.keepFiles, "keep-logs", false, "")
	words, err := parseMixed(flags, args)
	if err != nil {
		return w, err
	}
	if len(words) > 0 && !with {
		return w, wrongUse{fmt.Errorf("unknown word %q", words[0])}
	}
	for _, lane := range words { // `--with scheduler kwok`
		add(lane)
	}
	if _, err := parseLanes(w.lanes); err != nil {
		return w, wrongUse{err}
	}
	if w.state = *state; w.state == "" {
		w.state = filepath.Join(os.TempDir(), "inferscale-testbed-"+rand.Text()[:10])
	}
	w.state, err = filepath.Abs(w.state)
	return w, err
}

func cert(args []string) error {
	flags, state := newFlags("cert")
	service, namespace := flags.String("service", "", ""), flags.String("namespace", "", "")
	account, out := flags.String("account", "", ""), flags.String("out", "", "")
	if _, err := parse(flags, args, state, 0); err != nil {
		return err
	}
	if *service == "" || *namespace == "" || *out == "" {
		return wrongUse{errors.New("--service, --namespace and --out are needed")}
	}
	if *account == "" {
		*account = *service
	}
	text, err := os.ReadFile(filepath.Join(*state, reportFile))
	if err != nil {
		return fmt.Errorf("no bed is up in %s: %w", *state, err)
	}
	var r report
	if err := json.Unmarshal(text, &r); err != nil {
		return err
	}
	ca, err := loadAuthority(filepath.Join(*state, "pki"), "ca")
	if err != nil {
		return err
	}
	return saveExtensionServer(*out, r.APIServer, ca, *namespace, *service, *account)
}
