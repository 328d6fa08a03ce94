package stack

import (
	"fmt"
	"net/url"
	"os"
	"strings"
)

// roles are the runtime logins, as the first migration names them.
var roles = []string{"cunfen_app", "cunfen_worker", "cunfen_bureau", "cunfen_export", "cunfen_keeper"}

func (s *Stack) dsn(role string) string {
	u := url.URL{Scheme: "postgres", User: url.UserPassword(role, s.memory.Password), Host: s.at("postgres"), Path: "/cunfen", RawQuery: "sslmode=disable"}
	return u.String()
}

// settings is the environment of the local deployment. What the caller has set himself stays.
func (s *Stack) settings() ([]string, error) {
	vars := [][2]string{
		{"CUNFEN_ENV", "dev"}, {"CUNFEN_DEMO_HINTS", "true"}, {"CUNFEN_SMS_PROVIDER", "console"},
		{"CUNFEN_LISTEN", s.at("web")}, {"CUNFEN_BASE_URL", s.web()}, {"CUNFEN_HOSTS", "127.0.0.1,localhost"},
		{"CUNFEN_MASTER_KEY", s.memory.MasterKey}, {"CUNFEN_S3_BUCKET", "cunfen"},
	}
	if os.Getenv("CUNFEN_DB_OWNER") == "" {
		vars = append(vars, [2]string{"CUNFEN_DB_OWNER", s.dsn("postgres")})
		for _, role := range roles {
			vars = append(vars, [2]string{"CUNFEN_DB_" + strings.ToUpper(strings.TrimPrefix(role, "cunfen_")), s.dsn(role)})
		}
	}
	if os.Getenv("CUNFEN_REDIS") == "" {
		vars = append(vars, [2]string{"CUNFEN_REDIS", "redis://:" + s.memory.Password + "@" + s.at("redis") + "/0"})
	}
	if os.Getenv("CUNFEN_S3_ENDPOINT") == "" {
		vars = append(vars, [2]string{"CUNFEN_S3_ENDPOINT", s.at("minio")}, [2]string{"CUNFEN_S3_ACCESS_KEY", "cunfen"}, [2]string{"CUNFEN_S3_SECRET_KEY", s.memory.Password})
	}
	env := os.Environ()
	for _, v := range vars {
		if os.Getenv(v[0]) == "" {
			env = append(env, v[0]+"="+v[1])
		}
	}
	return env, incomplete(env)
}

// incomplete says which settings go with a machine that somebody gives himself.
func incomplete(env []string) error {
	set := map[string]bool{}
	for _, kv := range env {
		name, value, _ := strings.Cut(kv, "=")
		set[name] = value != ""
	}
	var missing []string
	for _, name := range []string{"CUNFEN_DB_APP", "CUNFEN_DB_WORKER", "CUNFEN_DB_BUREAU", "CUNFEN_DB_EXPORT", "CUNFEN_S3_ACCESS_KEY", "CUNFEN_S3_SECRET_KEY"} {
		if !set[name] {
			missing = append(missing, name)
		}
	}
	if missing != nil {
		return fmt.Errorf("用自己的数据库或对象存储时，还要设置：%s", strings.Join(missing, "、"))
	}
	return nil
}

// web is where the local deployment is seen.
func (s *Stack) web() string {
	if base := os.Getenv("CUNFEN_BASE_URL"); base != "" {
		return base
	}
	if listen := os.Getenv("CUNFEN_LISTEN"); listen != "" {
		return "http://" + listen
	}
	return "http://" + s.at("web")
}

// testSettings is the environment of the tests.
func (s *Stack) testSettings() []string {
	env := os.Environ()
	if os.Getenv("TEST_DATABASE_URL") == "" {
		env = append(env, "TEST_DATABASE_URL=postgres://postgres@"+s.at("postgres")+"/postgres?sslmode=disable")
	}
	if os.Getenv("TEST_REDIS_ADDR") == "" {
		env = append(env, "TEST_REDIS_ADDR="+s.at("redis"))
	}
	if os.Getenv("TEST_S3_ENDPOINT") == "" {
		env = append(env, "TEST_S3_ENDPOINT="+s.at("minio"), "TEST_S3_ACCESS_KEY=cunfen", "TEST_S3_SECRET_KEY="+s.memory.Password)
	}
	return env
}
