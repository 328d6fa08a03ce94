package account

import (
	"context"
	"errors"
	"slices"
	"strings"
	"testing"
	"time"
)

func TestCheck(t *testing.T) {
	t.Parallel()
	for password, want := range map[string]error{
		"1234567": ErrShort, "门前有枣树": ErrShort, strings.Repeat("枣树", 65): ErrLong,
		"password": ErrCommon, "PassWord": ErrCommon, "password2026": ErrCommon, "1qaz2wsx": ErrCommon, "woaini1314": ErrCommon, "5201314520": ErrCommon,
		"a123456789": ErrCommon, "cunfen123456": ErrCommon, "88888888": ErrCommon, "19880808": ErrCommon, "aabbaabb": ErrCommon, "abcdefghij": ErrCommon, "poiuytrewq": ErrCommon,
		"zhangwei888": ErrCommon, "x13912345678": ErrOwn, "张三的老家": ErrShort, "张三的老家在江边": ErrOwn,
		"门前两棵枣树2026": nil, "correct horse battery": nil, strings.Repeat("江边的老柳树x", 9): nil, "k7mq-3fdx-9wzt": nil,
	} {
		if got := Check(password, "张三", "13912345678"); !errors.Is(got, want) || (got == nil) != (want == nil) {
			t.Errorf("%q: %v, want %v", password, got, want)
		}
	}
	lines := commonLines()
	if len(lines) < 3000 || !slices.IsSorted(lines) {
		t.Errorf("%d common passwords, sorted %v", len(lines), slices.IsSorted(lines))
	}
}

func TestPhone(t *testing.T) {
	t.Parallel()
	for in, want := range map[string]string{"13900000001": "13900000001", "+86 139-0000-0001": "13900000001", "１３９００００００01": "13900000001",
		"12900000001": "", "1390000000": "", "139000000011": "", "": "", "1390000000a": ""} {
		if got, err := Phone(in); got != want || (err == nil) != (want != "") {
			t.Errorf("%q: %q %v", in, got, err)
		}
	}
}

// Comparing with nothing takes as long as comparing with something.
func TestMatchesTakesItsTime(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	hash, err := Hash(good)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := matches(ctx, "x", ""); err != nil { // makes the decoy
		t.Fatal(err)
	}
	took := func(h string) time.Duration {
		start := time.Now()
		if ok, err := matches(ctx, "x", h); ok || err != nil {
			t.Fatal(ok, err)
		}
		return time.Since(start)
	}
	// Taken in turns, and as often as a busy machine needs: the best of each tell what the work itself takes.
	with, without := took(hash), took("")
	for n := 0; n < 60 && (without < with/2 || with < without/2); n++ {
		with, without = min(with, took(hash)), min(without, took(""))
	}
	if without < with/2 || with < without/2 {
		t.Errorf("with %s, without %s", with, without)
	}
	if ok, err := matches(ctx, good, hash); !ok || err != nil {
		t.Error(ok, err)
	}
}
