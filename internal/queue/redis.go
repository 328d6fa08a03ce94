package queue

import (
	"context"
	"fmt"
	"log/slog"
	"regexp"
	"strings"

	"github.com/redis/go-redis/v9"
)

// CheckRedis looks whether Redis would throw away what it holds: its memory policy must be noeviction and its
// append-only file on (INV-31). Elsewhere than in production it only warns.
func CheckRedis(ctx context.Context, rdb redis.UniversalClient, production bool) error {
	info, err := rdb.Info(ctx, "memory", "persistence").Result()
	if err != nil {
		return fmt.Errorf("queue: 连不上 Redis: %w", err)
	}
	var wrong []string
	if p := field(info, "maxmemory_policy"); p != "noeviction" {
		wrong = append(wrong, fmt.Sprintf("maxmemory-policy 是 %q，应为 noeviction", p))
	}
	if field(info, "aof_enabled") != "1" {
		wrong = append(wrong, "appendonly 没有打开")
	}
	if len(wrong) == 0 {
		return nil
	}
	if production {
		return fmt.Errorf("queue: Redis 设置不合要求: %s", strings.Join(wrong, "；"))
	}
	slog.WarnContext(ctx, "queue: Redis 设置不合生产要求", "wrong", wrong)
	return nil
}

func field(info, name string) string {
	m := regexp.MustCompile(`(?m)^` + name + `:(.*?)\r?$`).FindStringSubmatch(info)
	if m == nil {
		return ""
	}
	return m[1]
}
