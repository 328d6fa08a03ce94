package stack

import (
	"context"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"time"
)

// upRedis starts a Redis that keeps every write in its log and never throws a key away for want of memory.
func (s *Stack) upRedis(ctx context.Context) error {
	program, err := exec.LookPath("redis-server")
	if err != nil {
		return fmt.Errorf("没有找到 redis-server")
	}
	dir := filepath.Join(s.dir, "redis")
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return err
	}
	if err := evict("redis-server", dir); err != nil {
		return err
	}
	conf := fmt.Sprintf("bind 127.0.0.1\nport %d\ndir %q\nappendonly yes\nsave \"\"\nmaxmemory-policy noeviction\ndaemonize no\n", s.memory.Ports["redis"], dir)
	if !s.throwaway {
		conf += "requirepass " + s.memory.Password + "\n"
	}
	file := filepath.Join(dir, "redis.conf")
	if err := os.WriteFile(file, []byte(conf), 0o600); err != nil {
		return err
	}
	return step(fmt.Sprintf("启动 Redis（%s）", s.at("redis")), func() error {
		p, err := s.start("Redis", "redis", as(nil, dir, exec.Command(program, file)), syscall.SIGTERM)
		if err != nil {
			return err
		}
		return p.await(ctx, time.Minute, s.pong)
	})
}

// pong asks Redis whether it has read its data and answers.
func (s *Stack) pong() bool {
	c, err := net.DialTimeout("tcp", s.at("redis"), time.Second)
	if err != nil {
		return false
	}
	defer c.Close()
	_ = c.SetDeadline(time.Now().Add(time.Second))
	ask := "PING\r\n"
	if !s.throwaway {
		ask = "AUTH " + s.memory.Password + "\r\nPING\r\n"
	}
	if _, err := c.Write([]byte(ask)); err != nil {
		return false
	}
	answer := make([]byte, 256)
	for said := ""; ; {
		n, err := c.Read(answer)
		if err != nil {
			return false
		}
		if said += string(answer[:n]); strings.Contains(said, "PONG") || strings.Contains(said, "-") {
			return strings.Contains(said, "PONG")
		}
	}
}
