// Package config is what the operator decides before the program starts. It is read from the environment
// once, and every fault in it is listed at once, so that nobody has to start the program five times to
// find five mistakes.
package config

import (
	"log/slog"
	"time"

	"github.com/caarlos0/env/v11"
)

// Config is one deployment's settings. Secrets in it never print.
type Config struct {
	Env       string `env:"CUNFEN_ENV" envDefault:"production"`
	Listen    string `env:"CUNFEN_LISTEN" envDefault:"127.0.0.1:8080"`
	OpsListen string `env:"CUNFEN_OPS_LISTEN" envDefault:"127.0.0.1:9090"` // metrics, health, pprof
	BaseURL   string `env:"CUNFEN_BASE_URL"`                               // what links in messages begin with, no slash at the end
	Hosts     List   `env:"CUNFEN_HOSTS"`                                  // Host headers answered; default: the host of BaseURL
	Proxies   CIDRs  `env:"CUNFEN_PROXIES"`                                // whose X-Forwarded-For is believed; none: nobody's

	DBApp    Secret `env:"CUNFEN_DB_APP"`
	DBWorker Secret `env:"CUNFEN_DB_WORKER"`
	DBBureau Secret `env:"CUNFEN_DB_BUREAU"`
	DBExport Secret `env:"CUNFEN_DB_EXPORT"`
	DBKeeper Secret `env:"CUNFEN_DB_KEEPER"` // empty in web; in worker where the platform's pages carry whole villages
	DBOwner  Secret `env:"CUNFEN_DB_OWNER"`  // empty in web and worker

	Redis       Secret `env:"CUNFEN_REDIS"`
	S3Endpoint  string `env:"CUNFEN_S3_ENDPOINT"`
	S3AccessKey string `env:"CUNFEN_S3_ACCESS_KEY"`
	S3SecretKey Secret `env:"CUNFEN_S3_SECRET_KEY"`
	S3Bucket    string `env:"CUNFEN_S3_BUCKET" envDefault:"cunfen"`
	S3TLS       bool   `env:"CUNFEN_S3_TLS"`

	MasterKey Key `env:"CUNFEN_MASTER_KEY"`

	SMSProvider string `env:"CUNFEN_SMS_PROVIDER"` // console or http; default: http in production, console elsewhere
	SMSURL      string `env:"CUNFEN_SMS_URL"`
	SMSToken    Secret `env:"CUNFEN_SMS_TOKEN"`

	SSOHosts List `env:"CUNFEN_SSO_HOSTS"` // the directories (host, or host:port) by which townships' people may sign in; none: no such sign-in

	TestClock time.Time  `env:"CUNFEN_TEST_CLOCK"` // the instant that the program believes it starts at
	DemoHints bool       `env:"CUNFEN_DEMO_HINTS"` // the sign-in pages show demo people and their current codes
	LogLevel  slog.Level `env:"CUNFEN_LOG_LEVEL"`

	read time.Time // when the environment was read
}

// The environments.
const (
	Dev        = "dev"
	Test       = "test"
	Production = "production"
)

// Load reads the environment. The error lists every fault in it.
func Load() (Config, error) {
	c, faults := parse(env.Options{})
	c.fillIn()
	return c, list(dedupe(append(faults, c.check()...)))
}

// LoadOwner reads the address of the database's owner, which is all that migrating needs.
func LoadOwner() (Secret, error) {
	c, faults := parse(env.Options{})
	faults = only(faults, "CUNFEN_DB_OWNER")
	return c.DBOwner, list(append(faults, checkDSN("CUNFEN_DB_OWNER", c.DBOwner)...))
}

// InProduction says whether real households' data is in this deployment.
func (c Config) InProduction() bool { return c.Env == Production }

// Clock is the program's clock: the real one, or one shifted so that it started at TestClock.
func (c Config) Clock() func() time.Time {
	if c.TestClock.IsZero() {
		return time.Now
	}
	shift := c.TestClock.Sub(c.read)
	return func() time.Time { return time.Now().Add(shift) }
}

// fillIn sets what follows from other settings.
func (c *Config) fillIn() {
	if c.BaseURL == "" && c.Env != Production {
		c.BaseURL = "http://" + c.Listen
	}
	if len(c.Hosts) == 0 {
		if u, err := parseURL(c.BaseURL); err == nil {
			c.Hosts = List{u.Hostname()}
		}
	}
	if c.SMSProvider == "" {
		c.SMSProvider = "console"
		if c.Env == Production {
			c.SMSProvider = "http"
		}
	}
}
