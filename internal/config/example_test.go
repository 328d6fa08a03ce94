package config

import (
	"os"
	"reflect"
	"slices"
	"strings"
	"testing"
)

// The example that operators copy names every setting, and has no fault but the key that they must make.
func TestExampleEnvironment(t *testing.T) {
	b, err := os.ReadFile("../../deploy/env.example")
	if err != nil {
		t.Fatal(err)
	}
	vars := map[string]string{}
	for line := range strings.Lines(string(b)) {
		if name, value, ok := strings.Cut(strings.TrimSpace(line), "="); ok && !strings.HasPrefix(name, "#") {
			vars[name] = value
		}
	}
	set(t, vars)
	_, err = Load()
	if faults, ok := err.(Error); !ok || len(faults) != 1 || faults[0].name != "CUNFEN_MASTER_KEY" {
		t.Errorf("got %v, want only CUNFEN_MASTER_KEY", err)
	}
	elsewhere := []string{"CUNFEN_OPS_LISTEN", "CUNFEN_DB_OWNER", "CUNFEN_DB_KEEPER", "CUNFEN_TEST_CLOCK", "CUNFEN_DEMO_HINTS"}
	known := map[string]bool{}
	for f := range reflect.TypeFor[Config]().Fields() {
		name := f.Tag.Get("env")
		known[name] = true
		if _, there := vars[name]; name != "" && !there && !slices.Contains(elsewhere, name) {
			t.Errorf("deploy/env.example does not name %s", name)
		}
	}
	for name := range vars {
		if !known[name] {
			t.Errorf("deploy/env.example names %s, which nothing reads", name)
		}
	}
}
