package e2e

import (
	"net"
	"net/http"
	"net/http/httputil"
	"net/url"
	"sync/atomic"
	"testing"
)

// gate stands between the browser and the server, as a mobile network does: it can be away, and it can lose an
// answer after the server has done what was asked.
type gate struct {
	t    testing.TB
	addr string
	pass *httputil.ReverseProxy
	srv  *http.Server
	lose atomic.Int32 // answers of records still to be lost
	sent atomic.Int32 // records that reached the server
}

// through puts a gate before the stand; people then go through it.
func (s *stand) through() *gate {
	s.t.Helper()
	to, err := url.Parse(s.url)
	if err != nil {
		s.t.Fatal(err)
	}
	g := &gate{t: s.t, addr: free(s.t), pass: &httputil.ReverseProxy{Rewrite: func(r *httputil.ProxyRequest) {
		r.Out.URL.Scheme, r.Out.URL.Host, r.Out.Host = "http", to.Host, r.In.Host
	}}}
	g.pass.ModifyResponse = func(r *http.Response) error {
		if r.Request.Header.Get("X-Queued") == "" {
			return nil
		}
		g.sent.Add(1)
		if g.lose.Load() > 0 {
			g.lose.Add(-1)
			return http.ErrAbortHandler
		}
		return nil
	}
	g.pass.ErrorHandler = func(http.ResponseWriter, *http.Request, error) { panic(http.ErrAbortHandler) } // the line goes dead
	g.back()
	s.t.Cleanup(g.down)
	s.url = "http://" + g.addr
	return g
}

// down takes the server away from the network: nothing listens any more.
func (g *gate) down() { _ = g.srv.Close() }

// back brings it back.
func (g *gate) back() {
	g.t.Helper()
	l, err := net.Listen("tcp", g.addr)
	if err != nil {
		g.t.Fatal(err)
	}
	g.srv = &http.Server{Handler: g.pass}
	go func() { _ = g.srv.Serve(l) }()
}
