package tenants

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
)

// Problem is something wrong at one place of one file.
type Problem struct {
	File         string
	Line, Column int // 0 where the whole file is meant
	Text         string
}

// String is the problem as a terminal shows it: place first, so that an editor can jump there.
func (p Problem) String() string {
	if p.Line == 0 {
		return fmt.Sprintf("%s: %s", p.File, p.Text)
	}
	return fmt.Sprintf("%s:%d:%d: 第 %d 行：%s", p.File, p.Line, p.Column, p.Line, p.Text)
}

// Problems is everything that was found, by file and line.
type Problems []Problem

// String is one problem a line.
func (ps Problems) String() string {
	lines := make([]string, len(ps))
	for i, p := range ps {
		lines[i] = p.String()
	}
	return strings.Join(lines, "\n")
}

// tidy sorts the problems and drops repeated ones.
func (ps Problems) tidy() Problems {
	slices.SortStableFunc(ps, func(a, b Problem) int {
		return cmp.Or(strings.Compare(a.File, b.File), a.Line-b.Line, a.Column-b.Column)
	})
	return slices.Compact(ps)
}
