package e2e

import (
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strings"
)

// keep fetches a paper that is open to everybody, checks that it is one, and keeps it beside the pictures.
func (p *person) keep(path, name string) {
	p.t.Helper()
	req, _ := http.NewRequestWithContext(p.t.Context(), http.MethodGet, p.url+path, http.NoBody)
	r, err := http.DefaultClient.Do(req)
	if err != nil {
		p.t.Fatal(err)
	}
	defer r.Body.Close()
	b, err := io.ReadAll(r.Body)
	if err != nil || r.StatusCode != http.StatusOK || !strings.HasPrefix(string(b), "%PDF") {
		p.t.Fatalf("%s: %d, %v, %.40q", path, r.StatusCode, err, b)
	}
	if dir := os.Getenv("CUNFEN_SHOTS"); dir != "" {
		if err := os.WriteFile(filepath.Join(dir, name), b, 0o600); err != nil {
			p.t.Fatal(err)
		}
	}
}
