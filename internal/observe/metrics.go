package observe

import (
	"context"
	"log/slog"
	"net/http"
	"strconv"
	"sync"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"github.com/prometheus/client_golang/prometheus/promhttp"
)

// Metrics is what the program counts, for Prometheus.
type Metrics struct {
	registry *prometheus.Registry
	requests *prometheus.HistogramVec
	jobs     *prometheus.HistogramVec
}

// NewMetrics begins counting; version names the build.
func NewMetrics(version string) *Metrics {
	m := &Metrics{
		registry: prometheus.NewRegistry(),
		requests: prometheus.NewHistogramVec(prometheus.HistogramOpts{Name: "cunfen_http_request_seconds", Help: "Time to answer, by route and status.",
			Buckets: []float64{.002, .005, .01, .025, .05, .1, .25, .5, 1, 2.5, 10}}, []string{"method", "route", "status"}),
		jobs: prometheus.NewHistogramVec(prometheus.HistogramOpts{Name: "cunfen_job_seconds", Help: "Time of one run of a job, by kind and outcome.",
			Buckets: []float64{.005, .025, .1, .5, 1, 5, 30, 120, 600}}, []string{"kind", "outcome"}),
	}
	build := prometheus.NewGauge(prometheus.GaugeOpts{Name: "cunfen_build_info", Help: "Always 1.", ConstLabels: prometheus.Labels{"version": version}})
	build.Set(1)
	m.registry.MustRegister(m.requests, m.jobs, build, collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}))
	return m
}

// Request counts one answered request. route is the pattern, never the path, which holds ids.
func (m *Metrics) Request(method, route string, status int, took time.Duration) {
	m.requests.WithLabelValues(method, route, strconv.Itoa(status)).Observe(took.Seconds())
}

// Job counts one run of a job.
func (m *Metrics) Job(kind, outcome string, took time.Duration) {
	m.jobs.WithLabelValues(kind, outcome).Observe(took.Seconds())
}

// Counter makes a counter with the labels, for example of photos refused by cause.
func (m *Metrics) Counter(name, help string, labels ...string) *prometheus.CounterVec {
	c := prometheus.NewCounterVec(prometheus.CounterOpts{Name: name, Help: help}, labels)
	m.registry.MustRegister(c)
	return c
}

// Gauges has read asked when the metrics are fetched, at most every ten seconds, for values by the one label.
// An error leaves them out of that answer.
func (m *Metrics) Gauges(name, help, label string, read func(context.Context) (map[string]float64, error)) {
	m.registry.MustRegister(&gauges{desc: prometheus.NewDesc(name, help, []string{label}, nil), name: name, read: read})
}

// Handler answers Prometheus.
func (m *Metrics) Handler() http.Handler {
	return promhttp.HandlerFor(m.registry, promhttp.HandlerOpts{ErrorHandling: promhttp.ContinueOnError, MaxRequestsInFlight: 4, Timeout: 10 * time.Second})
}

type gauges struct {
	desc *prometheus.Desc
	name string
	read func(context.Context) (map[string]float64, error)

	mu   sync.Mutex
	at   time.Time
	last map[string]float64
}

func (g *gauges) Describe(ch chan<- *prometheus.Desc) { ch <- g.desc }

func (g *gauges) Collect(ch chan<- prometheus.Metric) {
	for label, v := range g.values() {
		ch <- prometheus.MustNewConstMetric(g.desc, prometheus.GaugeValue, v, label)
	}
}

func (g *gauges) values() map[string]float64 {
	g.mu.Lock()
	defer g.mu.Unlock()
	if time.Since(g.at) < 10*time.Second {
		return g.last
	}
	ctx, cancel := context.WithTimeout(context.Background(), 5*time.Second)
	defer cancel()
	v, err := g.read(ctx)
	if err != nil {
		slog.Warn("metrics: a value could not be read", "metric", g.name, "error", err)
	}
	g.last, g.at = v, time.Now()
	return v
}
