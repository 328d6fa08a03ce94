package stack

import (
	"crypto/rand"
	"encoding/base64"
	"encoding/json"
	"errors"
	"io/fs"
	"net"
	"os"
	"path/filepath"
	"strconv"
)

// memory is what a stack chooses once and keeps: its ports and its secrets.
type memory struct {
	Ports     map[string]int `json:"ports"`
	Password  string         `json:"password"`   // of every local login
	MasterKey string         `json:"master_key"` // of the local deployment
}

// machines are the doors of a stack. The first start prefers the usual port of the web.
var machines = map[string]int{"postgres": 0, "redis": 0, "minio": 0, "web": 8080, "web-ops": 0, "worker-ops": 0}

func (s *Stack) recall() error {
	file := filepath.Join(s.dir, "stack.json")
	b, err := os.ReadFile(file)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	if err == nil {
		if err := json.Unmarshal(b, &s.memory); err != nil {
			return errors.New(file + " 已损坏：运行 make reset 重新开始，或删去它（数据库口令也在里面）")
		}
	}
	m := &s.memory
	if m.Password == "" {
		m.Password, m.MasterKey = rand.Text(), random(32)
	}
	if m.Ports, err = ports(m.Ports); err != nil {
		return err
	}
	if b, err = json.MarshalIndent(m, "", "  "); err != nil {
		return err
	}
	return os.WriteFile(file, b, 0o600)
}

func random(n int) string {
	b := make([]byte, n)
	_, _ = rand.Read(b)
	return base64.StdEncoding.EncodeToString(b)
}

// ports keeps the ports had before where they are still free, and finds free ones for the others. All are
// held until the last is found, so that none is found twice.
func ports(had map[string]int) (map[string]int, error) {
	got := map[string]int{}
	for name, usual := range machines {
		want := usual
		if had[name] != 0 {
			want = had[name]
		}
		l, err := net.Listen("tcp", address(want))
		if err != nil {
			l, err = net.Listen("tcp", address(0))
		}
		if err != nil {
			return nil, err
		}
		defer l.Close()
		got[name] = l.Addr().(*net.TCPAddr).Port
	}
	return got, nil
}

func address(port int) string { return net.JoinHostPort("127.0.0.1", strconv.Itoa(port)) }

// at is the address of one of the stack's machines.
func (s *Stack) at(machine string) string { return address(s.memory.Ports[machine]) }
