package team

import (
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

var (
	recorded = regexp.MustCompile(`audit\.Record\(.*Verb: "([a-z_]+\.[a-z_]+)", Kind: "([a-z_]+)"`)
	begun    = regexp.MustCompile(`Verb: "([a-z_]+\.)" \+`)
)

// TestLogNames: whatever the sources write into a village's log has a name on its page, and so has the kind of what it
// was done to.
func TestLogNames(t *testing.T) {
	seen := 0
	err := filepath.WalkDir("../..", func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || !strings.HasSuffix(path, ".go") || strings.HasSuffix(path, "_test.go") {
			return err
		}
		text, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		for _, m := range recorded.FindAllStringSubmatch(string(text), -1) {
			seen++
			if verbName(m[1]) == m[1] {
				t.Errorf("%s: the deed %s has no name in the log", path, m[1])
			}
			if kindName(m[2]) == m[2] {
				t.Errorf("%s: the kind %s has no name in the log", path, m[2])
			}
		}
		for _, m := range begun.FindAllStringSubmatch(string(text), -1) {
			named := strings.HasPrefix(m[1], "work.") || strings.HasPrefix(m[1], "job.") // the platform's
			for v := range verbNames {
				named = named || strings.HasPrefix(v, m[1])
			}
			if !named {
				t.Errorf("%s: no deed %s… has a name in the log", path, m[1])
			}
		}
		return nil
	})
	if err != nil || seen < 60 {
		t.Errorf("%d deeds found, %v", seen, err)
	}
}
