package main

import (
	"errors"
	"maps"
	"slices"
	"strings"
	"testing"
)

func TestLanesComeWithCommasOrSpacesAndRepeated(t *testing.T) {
	for _, words := range []string{"--with scheduler,kwok", "--with scheduler kwok", "--with scheduler --with kwok", "--with scheduler kwok --state x"} {
		w := must(parseWish(strings.Fields(words)))(t)
		if !slices.Equal(w.lanes, []string{"scheduler", "kwok"}) {
			t.Errorf("%s: %v", words, w.lanes)
		}
	}
}

func TestRunnerBringsWhatGivesItPods(t *testing.T) {
	lanes := must(parseLanes([]string{"runner"}))(t)
	if got := slices.Sorted(maps.Keys(lanes)); !slices.Equal(got, []string{"kwok", "runner", "scheduler"}) {
		t.Error(got)
	}
}

func TestWrongUseNamesWhatIsWrong(t *testing.T) {
	for words, sentence := range map[string]string{
		"":                        "say what to do",
		"upp":                     `there is no "upp"`,
		"up --with keda":          `there is no lane "keda"`,
		"up scheduler":            `unknown word "scheduler"`,
		"up --stat x":             "-stat",
		"down":                    "--state DIR is missing",
		"stop --state x":          "takes 1 words",
		"stop a b --state x":      "takes 1 words",
		"cert --state x --out y":  "--service, --namespace and --out are needed",
		"down --state x leftover": "takes 0 words",
	} {
		err := run(strings.Fields(words))
		var wrong wrongUse
		if !errors.As(err, &wrong) || !strings.Contains(err.Error(), sentence) {
			t.Errorf("bed %s: %v", words, err)
		}
	}
}

func TestTwoDefaultStatesAreTwoFolders(t *testing.T) {
	one, two := must(parseWish(nil))(t), must(parseWish(nil))(t)
	if one.state == two.state {
		t.Error(one.state)
	}
}
