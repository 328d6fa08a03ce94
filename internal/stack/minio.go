package stack

import (
	"context"
	"debug/buildinfo"
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"syscall"
	"time"
)

// The last MinIO server there is: its repository was archived in February 2026.
const (
	minioModule  = "github.com/minio/minio"
	minioVersion = "v0.0.0-20260212201848-7aac2a2c5b7c"
)

// upMinIO starts the object store.
func (s *Stack) upMinIO(ctx context.Context) error {
	if err := s.buildMinIO(ctx); err != nil {
		return err
	}
	dir := filepath.Join(s.dir, "minio")
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return err
	}
	if err := evict("minio", dir); err != nil {
		return err
	}
	return step(fmt.Sprintf("启动 MinIO（%s）", s.at("minio")), func() error {
		cmd := as(nil, dir, exec.Command(s.minio(), "server", "--quiet", "--address", s.at("minio"), dir))
		cmd.Env = append(os.Environ(), "MINIO_ROOT_USER=cunfen", "MINIO_ROOT_PASSWORD="+s.memory.Password, "MINIO_BROWSER=off", "MINIO_UPDATE=off")
		p, err := s.start("MinIO", "minio", cmd, syscall.SIGTERM)
		if err != nil {
			return err
		}
		return p.await(ctx, time.Minute, func() bool { return answers(ctx, "http://"+s.at("minio")+"/minio/health/live") })
	})
}

func (s *Stack) minio() string { return filepath.Join(s.local, "bin", "minio") }

// buildMinIO builds the server from its module, once.
func (s *Stack) buildMinIO(ctx context.Context) error {
	if info, err := buildinfo.ReadFile(s.minio()); err == nil && info.Main.Version == minioVersion {
		return nil
	}
	return step("编译 MinIO 服务端（只在第一次，约 2 至 5 分钟）", func() error {
		cmd := exec.CommandContext(ctx, "go", "install", "-trimpath", "-ldflags=-s -w", minioModule+"@"+minioVersion)
		cmd.Env = append(os.Environ(), "GOBIN="+filepath.Dir(s.minio()), "CGO_ENABLED=0")
		cmd.Dir = s.local
		return quietly(cmd)
	})
}

// answers says whether an address answers 200.
func answers(ctx context.Context, url string) bool {
	ctx, cancel := context.WithTimeout(ctx, 2*time.Second)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
	if err != nil {
		return false
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		return false
	}
	_ = resp.Body.Close()
	return resp.StatusCode == http.StatusOK
}
