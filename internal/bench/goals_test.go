// Package bench measures what was promised of speed and size, beside what PostgreSQL alone can do on the same
// machine at the same minute: its ratios hold where its times do not. make bench runs it and writes the table into
// doc/performance.md.
package bench

import (
	"cmp"
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"
	"time"
)

// row is one line of the table.
type row struct{ what, measured, goal string }

// rounds is how often each measure is taken, in turns with what it is compared with; the median counts.
const rounds = 3

func median[T cmp.Ordered](all []T) T {
	s := slices.Clone(all)
	slices.Sort(s)
	return s[len(s)/2]
}

// BenchmarkGoals takes every measure once; run it with -benchtime 1x.
func BenchmarkGoals(b *testing.B) {
	var table []row
	for _, measure := range []func(*testing.B) []row{served, oneHome, wholeMonth, fencesShare, photos, decisions} {
		table = append(table, measure(b)...)
	}
	for _, r := range table {
		fmt.Printf("%s | %s | %s\n", r.what, r.measured, r.goal)
	}
	if page := os.Getenv("BENCH_PAGE"); page != "" {
		if err := write(page, table); err != nil {
			b.Fatal(err)
		}
	}
}

const (
	begin = "<!-- measured: written by make bench -->\n"
	end   = "<!-- end of measured -->"
)

// write puts the table between the page's marks.
func write(page string, table []row) error {
	old, err := os.ReadFile(page)
	if err != nil {
		return err
	}
	before, rest, ok := strings.Cut(string(old), begin)
	_, after, ok2 := strings.Cut(rest, end)
	if !ok || !ok2 {
		return fmt.Errorf("%s has no place for the table", page)
	}
	var t strings.Builder
	fmt.Fprintf(&t, "Measured %s, load of the machine before it began: %s\n\n| what | measured | goal |\n|---|---|---|\n", time.Now().Format(time.DateOnly), load())
	for _, r := range table {
		fmt.Fprintf(&t, "| %s | %s | %s |\n", r.what, r.measured, r.goal)
	}
	return os.WriteFile(page, []byte(before+begin+"\n"+t.String()+"\n"+end+after), 0o644)
}

var startLoad = func() string {
	b, _ := os.ReadFile("/proc/loadavg")
	return strings.Join(strings.Fields(string(b))[:1], "")
}()

func load() string { return startLoad }
