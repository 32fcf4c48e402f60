package admin

import (
	"math"
	"net/http"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"github.com/prometheus/client_golang/prometheus/promhttp"
)

// Buckets, in seconds. A turn is good within a second; the adapter of WeChat waits
// for four and a half, and WeChat hangs up after five; a query may take thirty; a
// transaction waits for one fsync or a few.
var (
	turnBuckets = []float64{.05, .1, .25, .5, 1, 2, 3, 4, 4.5, 5, 7.5, 10, 15, 20, 30, 45}
	callBuckets = []float64{.1, .25, .5, 1, 2, 3, 5, 7.5, 10, 15, 20, 25, 30, 45}
	txBuckets   = []float64{.0001, .0005, .001, .0025, .005, .01, .025, .05, .1, .25, .5, 1, 5}
)

// Metrics are what Prometheus reads. No label names a person or a car, and all
// take few values.
type Metrics struct {
	registry *prometheus.Registry
	turns    *prometheus.CounterVec
	late     *prometheus.CounterVec
	took     *prometheus.HistogramVec
	calls    *prometheus.CounterVec
	callTook *prometheus.HistogramVec
	unknown  prometheus.Counter
	notices  *prometheus.CounterVec
	tx       *prometheus.HistogramVec
}

// newMetrics counts from zero; state is read when somebody scrapes.
func newMetrics(version, goVersion string, saved func() int64, state prometheus.Collector) *Metrics {
	counter := func(name, help string, labels ...string) *prometheus.CounterVec {
		return prometheus.NewCounterVec(prometheus.CounterOpts{Name: "weizhangbot_" + name, Help: help}, labels)
	}
	histogram := func(name, help string, buckets []float64, label string) *prometheus.HistogramVec {
		return prometheus.NewHistogramVec(prometheus.HistogramOpts{Name: "weizhangbot_" + name, Help: help, Buckets: buckets}, []string{label})
	}
	m := &Metrics{
		registry: prometheus.NewRegistry(),
		turns:    counter("turns_total", "Messages answered, redeliveries left out.", "channel", "intent"),
		late:     counter("turns_late_total", "Of them, those whose answer came later than the platform waits.", "channel"),
		took:     histogram("turn_seconds", "Time until a message was answered, or told to wait.", turnBuckets, "channel"),
		calls:    counter("juhe_calls_total", "Calls of Juhe by what came of them.", "endpoint", "code", "charged"),
		callTook: histogram("juhe_seconds", "Time that calls of Juhe took.", callBuckets, "endpoint"),
		unknown: prometheus.NewCounter(prometheus.CounterOpts{
			Name: "weizhangbot_unknown_outcomes_total", Help: "Queries of which nobody knows whether they were charged.",
		}),
		notices: counter("notices_total", "Messages that nobody waited for, by what became of them.", "channel", "outcome"),
		tx:      histogram("store_tx_seconds", "Time that transactions of the store took.", txBuckets, "op"),
	}
	build := prometheus.NewGauge(prometheus.GaugeOpts{
		Name: "weizhangbot_build_info", Help: "Always 1; the labels say what runs.",
		ConstLabels: prometheus.Labels{"version": version, "go": goVersion},
	})
	build.Set(1)
	m.registry.MustRegister(
		m.turns, m.late, m.took, m.calls, m.callTook, m.unknown, m.notices, m.tx, build, state,
		prometheus.NewCounterFunc(prometheus.CounterOpts{
			Name: "weizhangbot_cache_hits_total", Help: "Queries that an earlier answer served, so that nothing was paid.",
		}, func() float64 { return float64(saved()) }),
		collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}),
	)
	return m
}

func (m *Metrics) handler() http.Handler {
	return promhttp.HandlerFor(m.registry, promhttp.HandlerOpts{MaxRequestsInFlight: 4, Timeout: 10 * time.Second})
}

// A state collector turns what was read last into gauges.
type stateCollector struct{ panel *Panel }

var gauges = map[string]*prometheus.Desc{
	"subscriptions":      gauge("subscriptions", "Cars and those who watch them, as counted last."),
	"vehicles":           gauge("vehicles", "Cars that are watched, as counted last."),
	"jobs":               gauge("jobs", "Jobs by kind and state: running, due, later, behind, dead.", "kind", "state"),
	"oldest_job_seconds": gauge("oldest_job_seconds", "How long the longest overdue job of a kind has waited for a worker.", "kind"),
	"dead_letters":       gauge("dead_letters", "Jobs that were given up and wait for the operator."),
	"due_lag_seconds":    gauge("due_lag_seconds", "How late the most overdue check of a watched car is."),
	"budget_left":        gauge("budget_left", "Paid calls that are left in the day and in the month; +Inf without a budget.", "period"),
	"breaker_state":      gauge("breaker_state", "0 closed, 1 one call tries, 2 open.", "endpoint", "trouble"),
	"cities_down":        gauge("cities_down", "Cities whose police do not answer."),
}

func gauge(name, help string, labels ...string) *prometheus.Desc {
	return prometheus.NewDesc("weizhangbot_"+name, help, labels, nil)
}

// Describe implements prometheus.Collector.
func (stateCollector) Describe(ch chan<- *prometheus.Desc) {
	for _, d := range gauges {
		ch <- d
	}
}

// Collect implements prometheus.Collector. It reads the store at most every few
// seconds, however often it is asked. What could not be read is left out.
func (c stateCollector) Collect(ch chan<- prometheus.Metric) {
	s := c.panel.state()
	send := func(name string, v float64, labels ...string) {
		ch <- prometheus.MustNewConstMetric(gauges[name], prometheus.GaugeValue, v, labels...)
	}
	if s.Survey != nil {
		send("subscriptions", float64(s.Survey.Subscriptions))
		send("vehicles", float64(s.Survey.Vehicles))
	}
	dead := 0
	for _, q := range s.Queues {
		send("jobs", float64(q.Running), q.Kind, "running")
		send("jobs", float64(q.Due), q.Kind, "due")
		send("jobs", float64(q.Later), q.Kind, "later")
		send("jobs", float64(q.Behind), q.Kind, "behind")
		send("jobs", float64(q.Dead), q.Kind, "dead")
		send("oldest_job_seconds", q.Overdue.Seconds(), q.Kind)
		dead += q.Dead
	}
	send("dead_letters", float64(dead))
	send("due_lag_seconds", s.DueLag.Seconds())
	send("cities_down", float64(len(s.Outages)))
	for _, b := range s.Budgets {
		left := math.Inf(1)
		if b.Budget > 0 {
			left = float64(max(0, b.Budget-b.Used))
		}
		send("budget_left", left, b.Period)
	}
	for _, b := range s.Breakers {
		send("breaker_state", float64(b.State), b.Endpoint, b.Trouble)
	}
}
