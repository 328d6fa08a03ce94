package config

import (
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"net/netip"
	"strings"
)

const hidden = "***"

// Secret is a setting that no log, error or dump may show. Reveal is the only way to it.
type Secret struct{ value string }

// NewSecret makes a secret of a value that did not come from the environment.
func NewSecret(v string) Secret { return Secret{v} }

// Reveal gives the value to whoever needs it to connect.
func (s Secret) Reveal() string { return s.value }

func (s Secret) String() string                { return hidden }
func (s Secret) Format(f fmt.State, _ rune)    { _, _ = io.WriteString(f, hidden) }
func (s Secret) MarshalText() ([]byte, error)  { return []byte(hidden), nil }
func (s *Secret) UnmarshalText(b []byte) error { s.value = string(b); return nil }

// Key is the deployment's master key: 32 bytes, written as base64.
type Key struct{ bytes [32]byte }

// NewKey makes a key of bytes that did not come from the environment.
func NewKey(b [32]byte) Key { return Key{b} }

// Reveal gives the key's bytes to the package that encrypts.
func (k Key) Reveal() [32]byte { return k.bytes }

func (k Key) String() string               { return hidden }
func (k Key) Format(f fmt.State, _ rune)   { _, _ = io.WriteString(f, hidden) }
func (k Key) MarshalText() ([]byte, error) { return []byte(hidden), nil }

func (k *Key) UnmarshalText(b []byte) error {
	raw, err := base64.StdEncoding.DecodeString(strings.TrimSpace(string(b)))
	if err != nil || len(raw) != len(k.bytes) {
		return errors.New("应是 32 个字节的 base64")
	}
	copy(k.bytes[:], raw)
	return nil
}

// List is a comma list; blanks around its entries do not count.
type List []string

func (l *List) UnmarshalText(b []byte) error {
	for v := range strings.SplitSeq(string(b), ",") {
		if v = strings.TrimSpace(v); v != "" {
			*l = append(*l, v)
		}
	}
	return nil
}

// CIDRs is a comma list of networks; a bare address is a network of one.
type CIDRs []netip.Prefix

func (c *CIDRs) UnmarshalText(b []byte) error {
	var all List
	_ = all.UnmarshalText(b)
	for _, v := range all {
		if a, err := netip.ParseAddr(v); err == nil {
			*c = append(*c, netip.PrefixFrom(a, a.BitLen()))
			continue
		}
		p, err := netip.ParsePrefix(v)
		if err != nil {
			return fmt.Errorf("%q 不是网段，应如 10.0.0.0/8", v)
		}
		*c = append(*c, p.Masked())
	}
	return nil
}
