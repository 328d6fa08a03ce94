package sms

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"cunfen/internal/fault"
)

func TestHTTP(t *testing.T) {
	t.Parallel()
	var got map[string]string
	status := http.StatusAccepted
	asked := 0
	var server *httptest.Server
	server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		asked++
		if r.Method != http.MethodPost || r.Header.Get("Authorization") != "Bearer 令牌" || r.Header.Get("Content-Type") != "application/json" {
			status = http.StatusBadRequest
		}
		_ = json.NewDecoder(r.Body).Decode(&got)
		if status == http.StatusTemporaryRedirect {
			w.Header().Set("Location", server.URL)
		}
		w.WriteHeader(status)
	}))
	defer server.Close()
	p, err := NewHTTP(server.URL, "令牌", true)
	if err != nil {
		t.Fatal(err)
	}
	ctx := context.Background()
	if err := p.Send(ctx, "13900000001", "验证码 123456"); err != nil || got["phone"] != "13900000001" || got["text"] != "验证码 123456" {
		t.Fatalf("%v %v", got, err)
	}
	for _, status = range []int{http.StatusInternalServerError, http.StatusTemporaryRedirect} {
		before := asked
		if err := p.Send(ctx, "13900000001", "x"); !errors.Is(err, ErrUnsent) || fault.Of(err).Kind != fault.Unavailable || asked != before+1 {
			t.Errorf("%d: %v, asked %d times", status, err, asked-before)
		}
	}
	server.Close()
	if err := p.Send(ctx, "13900000001", "x"); !errors.Is(err, ErrUnsent) {
		t.Errorf("away: %v", err)
	}
}

func TestHTTPRefusesPrivateAddresses(t *testing.T) {
	t.Parallel()
	asked := false
	server := httptest.NewTLSServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { asked = true }))
	defer server.Close()
	p, err := NewHTTP(server.URL, "x", false)
	if err != nil {
		t.Fatal(err)
	}
	p.client.Transport.(*http.Transport).TLSClientConfig = server.Client().Transport.(*http.Transport).TLSClientConfig
	if err := p.Send(context.Background(), "13900000001", "x"); err == nil || asked {
		t.Fatalf("reached a local address: %v", err)
	}
	for _, a := range []string{"127.0.0.1:443", "10.1.2.3:443", "192.168.0.1:443", "172.20.0.1:443", "169.254.169.254:80", "[::1]:443", "[fe80::1]:443",
		"[fd00::1]:443", "[::ffff:127.0.0.1]:443", "100.64.0.1:443", "0.0.0.0:443", "224.0.0.1:443", "255.255.255.255:1", "[64:ff9b::7f00:1]:443", "[2002:7f00:1::]:443"} {
		if publicOnly("tcp", a, nil) == nil {
			t.Errorf("%s passes", a)
		}
	}
	for _, a := range []string{"8.8.8.8:443", "[2400:3200::1]:443"} {
		if err := publicOnly("tcp", a, nil); err != nil {
			t.Error(err)
		}
	}
	for _, u := range []string{"", "http://sms.example/", "ftp://x/", "https://", "://"} {
		if _, err := NewHTTP(u, "x", false); err == nil {
			t.Errorf("%q taken", u)
		}
	}
}

func TestConsole(t *testing.T) {
	t.Parallel()
	var out strings.Builder
	c := NewConsole(&out)
	if err := c.Send(context.Background(), "13900000001", "验证码 654321"); err != nil || c.Last("13900000001") != "验证码 654321" || c.Last("1") != "" {
		t.Fatal(err, c.Last("13900000001"))
	}
	if said := out.String(); !strings.Contains(said, "13900000001") || !strings.Contains(said, "654321") {
		t.Errorf("whoever tries the product cannot read the code in %q", said)
	}
}
