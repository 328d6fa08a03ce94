package config

import (
	"errors"
	"fmt"
	"net"
	"net/netip"
	"net/url"
	"reflect"
	"slices"
	"strings"
	"time"

	"github.com/caarlos0/env/v11"
)

// flaw is one fault of one variable.
type flaw struct{ name, text string }

// Error lists what is wrong with the environment, one variable a line.
type Error []flaw

func (e Error) Error() string {
	var b strings.Builder
	fmt.Fprintf(&b, "配置有 %d 处不对，改好这些环境变量再启动：", len(e))
	for _, f := range e {
		fmt.Fprintf(&b, "\n  %s：%s", f.name, f.text)
	}
	return b.String()
}

func list(faults []flaw) error {
	if len(faults) == 0 {
		return nil
	}
	return Error(faults)
}

func only(faults []flaw, name string) []flaw {
	return slices.DeleteFunc(faults, func(f flaw) bool { return f.name != name })
}

// parse reads the variables into their fields and names those that could not be read.
func parse(o env.Options) (c Config, faults []flaw) {
	err := env.ParseWithOptions(&c, o)
	c.read = time.Now()
	c.BaseURL = strings.TrimSuffix(c.BaseURL, "/")
	var all env.AggregateError
	if errors.As(err, &all) {
		for _, e := range all.Errors {
			faults = append(faults, unread(e))
		}
	}
	return c, faults
}

var shape = map[reflect.Type]string{
	reflect.TypeFor[bool]():      "应是 true 或 false",
	reflect.TypeFor[time.Time](): "应是带时区的时刻，如 2026-03-05T09:00:00+08:00",
	reflect.TypeFor[Key]():       "应是 32 个字节的 base64；可用 openssl rand -base64 32 生成",
}

func unread(err error) flaw {
	var p env.ParseError
	if !errors.As(err, &p) {
		return flaw{"CUNFEN_*", err.Error()}
	}
	f, _ := reflect.TypeFor[Config]().FieldByName(p.Name)
	text, known := shape[f.Type]
	switch {
	case f.Name == "LogLevel":
		text = "应是 debug、info、warn 或 error"
	case !known:
		text = p.Err.Error()
	}
	return flaw{f.Tag.Get("env"), text}
}

// check finds what is missing, does not fit together or is not allowed in production.
func (c Config) check() (faults []flaw) {
	no := func(wrong bool, name, text string) {
		if wrong {
			faults = append(faults, flaw{name, text})
		}
	}
	prod := c.Env == Production
	no(!slices.Contains([]string{Dev, Test, Production}, c.Env), "CUNFEN_ENV", "应是 dev、test 或 production")
	no(!isAddress(c.Listen), "CUNFEN_LISTEN", "应是 地址:端口，如 127.0.0.1:8080")
	no(!isAddress(c.OpsListen), "CUNFEN_OPS_LISTEN", "应是 地址:端口，如 127.0.0.1:9090")
	no(c.Listen == c.OpsListen, "CUNFEN_OPS_LISTEN", "不能与 CUNFEN_LISTEN 相同：运维端口不对外开放")

	base, err := parseURL(c.BaseURL)
	no(err != nil, "CUNFEN_BASE_URL", "应是对外的网址，不带路径，如 https://jifen.example.cn")
	no(err == nil && prod && base.Scheme != "https", "CUNFEN_BASE_URL", "正式环境必须是 https")
	no(slices.ContainsFunc(c.Hosts, func(h string) bool { return !isHost(h) }), "CUNFEN_HOSTS", "应是逗号分开的主机名，不带 http:// 和路径")

	for _, d := range []struct {
		name string
		dsn  Secret
	}{{"CUNFEN_DB_APP", c.DBApp}, {"CUNFEN_DB_WORKER", c.DBWorker}, {"CUNFEN_DB_BUREAU", c.DBBureau}, {"CUNFEN_DB_EXPORT", c.DBExport}} {
		faults = append(faults, checkDSN(d.name, d.dsn)...)
	}
	no(!hasScheme(c.Redis.Reveal(), "redis", "rediss"), "CUNFEN_REDIS", "没有设置或不是 Redis 地址，应如 redis://127.0.0.1:6379/0")
	no(!isAddress(c.S3Endpoint), "CUNFEN_S3_ENDPOINT", "没有设置或不对，应是 主机:端口，不带 http://")
	no(c.S3AccessKey == "", "CUNFEN_S3_ACCESS_KEY", "没有设置")
	no(c.S3SecretKey.Reveal() == "", "CUNFEN_S3_SECRET_KEY", "没有设置")
	no(c.S3Bucket == "", "CUNFEN_S3_BUCKET", "没有设置")
	no(c.MasterKey == Key{}, "CUNFEN_MASTER_KEY", "没有设置或不对；可用 openssl rand -base64 32 生成，并妥善备份：丢失后加密的资料无法恢复")

	no(c.SMSProvider != "console" && c.SMSProvider != "http", "CUNFEN_SMS_PROVIDER", "应是 console 或 http")
	no(prod && c.SMSProvider == "console", "CUNFEN_SMS_PROVIDER", "正式环境不能用 console：验证码会显示在控制台")
	no(c.SMSProvider == "http" && !hasScheme(c.SMSURL, "http", "https"), "CUNFEN_SMS_URL", "用 http 发短信时必须设置短信网关的网址")
	no(c.SMSProvider == "http" && c.SMSToken.Reveal() == "", "CUNFEN_SMS_TOKEN", "用 http 发短信时必须设置")
	no(prod && !c.TestClock.IsZero(), "CUNFEN_TEST_CLOCK", "正式环境不能拨动时钟")
	no(prod && c.DemoHints, "CUNFEN_DEMO_HINTS", "正式环境不能显示演示账号和验证码")
	return faults
}

// dedupe keeps the first fault of each variable: a value that could not be read is also missing.
func dedupe(faults []flaw) (kept []flaw) {
	for _, f := range faults {
		if !slices.ContainsFunc(kept, func(k flaw) bool { return k.name == f.name }) {
			kept = append(kept, f)
		}
	}
	return kept
}

func checkDSN(name string, dsn Secret) []flaw {
	if dsn.Reveal() == "" {
		return []flaw{{name, "没有设置，应如 postgres://" + user(name) + ":密码@主机:5432/cunfen"}}
	}
	if u, err := url.Parse(dsn.Reveal()); err != nil || !hasScheme(dsn.Reveal(), "postgres", "postgresql") || u.User.Username() == "" {
		return []flaw{{name, "不是带用户名的数据库地址，应如 postgres://" + user(name) + ":密码@主机:5432/cunfen"}}
	}
	return nil
}

func user(name string) string {
	return "cunfen_" + strings.ToLower(strings.TrimPrefix(name, "CUNFEN_DB_"))
}

func parseURL(s string) (*url.URL, error) {
	u, err := url.Parse(s)
	if err != nil {
		return nil, err
	}
	if (u.Scheme != "http" && u.Scheme != "https") || u.Hostname() == "" || u.Path != "" || u.RawQuery != "" || u.User != nil {
		return nil, errors.New("not an origin")
	}
	return u, nil
}

func hasScheme(s string, schemes ...string) bool {
	u, err := url.Parse(s)
	return err == nil && u.Host != "" && slices.Contains(schemes, u.Scheme)
}

func isAddress(s string) bool {
	_, port, err := net.SplitHostPort(s)
	if err != nil {
		return false
	}
	_, err = netip.ParseAddrPort("[::]:" + port)
	return err == nil
}

func isHost(s string) bool {
	u, err := url.Parse("http://" + s)
	return err == nil && u.Host == s && u.Hostname() != ""
}
