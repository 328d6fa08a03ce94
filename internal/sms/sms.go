// Package sms sends short messages to villagers' phones: through a provider's HTTP interface, or, where no
// message should leave the machine, to the console.
package sms

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"sync"
	"syscall"
	"time"

	"cunfen/internal/fault"
)

// Provider sends one message.
type Provider interface {
	Send(ctx context.Context, phone, text string) error
}

// ErrUnsent is what the person gets when the provider did not take the message.
var ErrUnsent = fault.New(fault.Unavailable, "sms.unsent", "短信没有发出，请稍后再试，或用密码登录")

// HTTP posts {"phone": …, "text": …} as JSON to one address given by the operator, with a bearer token, and
// takes any 2xx for sent. No redirect is followed (INV-54).
type HTTP struct {
	url, token string
	client     *http.Client
}

// NewHTTP makes the provider. Private and local addresses are refused when dialled unless allowed.
func NewHTTP(address, token string, allowPrivate bool) (*HTTP, error) {
	u, err := url.Parse(address)
	if err != nil || u.Host == "" || u.Scheme != "https" && !(u.Scheme == "http" && allowPrivate) {
		return nil, errors.New("sms: the provider's address must be https://…")
	}
	dialer := &net.Dialer{Timeout: 3 * time.Second}
	if !allowPrivate {
		dialer.Control = publicOnly
	}
	return &HTTP{url: address, token: token, client: &http.Client{
		Timeout:       8 * time.Second,
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
		Transport: &http.Transport{DialContext: dialer.DialContext, TLSHandshakeTimeout: 3 * time.Second, ResponseHeaderTimeout: 5 * time.Second,
			MaxResponseHeaderBytes: 16 << 10, MaxConnsPerHost: 8, IdleConnTimeout: time.Minute},
	}}, nil
}

// Send posts the message.
func (h *HTTP) Send(ctx context.Context, phone, text string) error {
	body, err := json.Marshal(map[string]string{"phone": phone, "text": text})
	if err != nil {
		return err
	}
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, h.url, bytes.NewReader(body))
	if err != nil {
		return err
	}
	r.Header.Set("Content-Type", "application/json")
	r.Header.Set("Authorization", "Bearer "+h.token)
	answer, err := h.client.Do(r)
	if err != nil {
		return fmt.Errorf("%w: %w", ErrUnsent, err)
	}
	defer answer.Body.Close()
	_, _ = io.Copy(io.Discard, io.LimitReader(answer.Body, 64<<10))
	if answer.StatusCode/100 != 2 {
		return fmt.Errorf("%w: provider answered %d", ErrUnsent, answer.StatusCode)
	}
	return nil
}

// publicOnly looks at the address that is really dialled, after the name was resolved.
func publicOnly(_, address string, _ syscall.RawConn) error {
	to, err := netip.ParseAddrPort(address)
	if err != nil {
		return err
	}
	if ip := to.Addr().Unmap(); !ip.IsGlobalUnicast() || ip.IsPrivate() || reserved(ip) {
		return fmt.Errorf("sms: %s is not a public address", ip)
	}
	return nil
}

var reservedNets = []netip.Prefix{
	netip.MustParsePrefix("0.0.0.0/8"), netip.MustParsePrefix("100.64.0.0/10"), netip.MustParsePrefix("192.0.0.0/24"),
	netip.MustParsePrefix("198.18.0.0/15"), netip.MustParsePrefix("240.0.0.0/4"), netip.MustParsePrefix("64:ff9b::/96"),
	netip.MustParsePrefix("64:ff9b:1::/48"), netip.MustParsePrefix("2002::/16"), netip.MustParsePrefix("2001::/32"),
}

func reserved(ip netip.Addr) bool {
	for _, n := range reservedNets {
		if n.Contains(ip) {
			return true
		}
	}
	return false
}

// Console shows messages to the developer and keeps the last of each phone.
type Console struct {
	out  io.Writer
	mu   sync.Mutex
	last map[string]string
}

// NewConsole makes the console provider that writes to out, which is not the log: the log leaves phones and texts
// away, as it must where the people are real.
func NewConsole(out io.Writer) *Console { return &Console{out: out, last: map[string]string{}} }

// Send writes the message down.
func (c *Console) Send(_ context.Context, phone, text string) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	if len(c.last) > 1000 {
		clear(c.last)
	}
	c.last[phone] = text
	_, err := fmt.Fprintf(c.out, "短信（只在这里显示，没有发出）%s：%s\n", phone, text)
	return err
}

// Last is the last message sent to the phone, "" if there was none.
func (c *Console) Last(phone string) string {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.last[phone]
}
