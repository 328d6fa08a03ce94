package static

import (
	"net/http"
	"strconv"
	"strings"
)

// Root is the path under which Handler is mounted.
const Root = "/static/"

// URL is the address of a file by its name, such as "css/app.css", with the
// hash of its content. An unknown name is a bug and panics.
func URL(name string) string {
	a := assets()[name]
	if a == nil {
		panic("static: no file " + name)
	}
	return Root + name + "?v=" + a.hash
}

// Handler serves the files. An address with the right hash may be kept for
// ever; any other is asked for again each time.
func Handler() http.Handler { return http.HandlerFunc(serve) }

func serve(w http.ResponseWriter, r *http.Request) {
	a := assets()[strings.TrimPrefix(r.URL.Path, Root)]
	if a == nil {
		http.NotFound(w, r)
		return
	}
	h := w.Header()
	h.Set("Content-Type", a.kind)
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("Vary", "Accept-Encoding")
	h.Set("ETag", `"`+a.hash+`"`)
	h.Set("Cache-Control", "no-cache")
	if a == assets()["js/worker.js"] {
		h.Set("Service-Worker-Allowed", "/")
	}
	if r.URL.Query().Get("v") == a.hash {
		h.Set("Cache-Control", "public, max-age=31536000, immutable")
	}
	if strings.Contains(r.Header.Get("If-None-Match"), a.hash) {
		w.WriteHeader(http.StatusNotModified)
		return
	}
	body := a.body
	if strings.Contains(r.Header.Get("Accept-Encoding"), "gzip") {
		h.Set("Content-Encoding", "gzip")
		body = a.packed
	}
	h.Set("Content-Length", strconv.Itoa(len(body)))
	if r.Method != http.MethodHead {
		_, _ = w.Write(body)
	}
}
