package admin

import (
	"context"
	"runtime"
	"sync"
	"time"

	"github.com/sirupsen/logrus"

	"github.com/weizhangbot/weizhangbot/bot"
)

// A Queue is the state of one kind of job.
type Queue struct {
	Kind                              string
	Running, Due, Later, Behind, Dead int
	Overdue                           time.Duration // of the one that has waited longest for a worker
}

// A Letter is a job that was given up. It says nothing of whom it is about.
type Letter struct {
	Ref      string
	Kind     string
	Attempts int
	Died     time.Time
	Cause    string // a fingerprint
}

// Sources are where a Panel reads. Those that are nil have nothing to say.
type Sources struct {
	Queues   func(context.Context) ([]Queue, error)
	Letters  func(ctx context.Context, limit int) ([]Letter, error) // oldest first
	Revive   func(ctx context.Context, ref string) error            // as storage.Jobs has it
	Costs    func(ctx context.Context, days int) (bot.CostReport, error)
	Budgets  func(context.Context) ([]bot.BudgetLeft, error)
	Outages  func(context.Context) ([]bot.Outage, error)
	Survey   func(context.Context) (bot.Survey, error) // may take long
	DueLag   func(context.Context) (time.Duration, error)
	Breakers func() []bot.Breaker
	Saved    func() int64
	// CodeText is what a code of Juhe means; "" when it is not documented.
	CodeText func(code int) string
}

const (
	// stateAge is how old what is shown may be: whoever asks more often gets
	// the same again.
	stateAge = 5 * time.Second
	// costAge is likewise for costs, whose reading grows with those who asked,
	// and which pages show and scrapes do not.
	costAge = time.Minute
	// readTime bounds the reading of all of it.
	readTime = 5 * time.Second
	// CostDays is over how many days costs are shown.
	CostDays = 14
	// mostLetters is how many dead letters are shown.
	mostLetters = 50
	// surveyEvery is how often what is watched is counted.
	surveyEvery = time.Minute
	// rest is how many times as long as it took nothing that takes long is read
	// again.
	rest = 20
)

// State is what was read last. Faults names what could not be.
type State struct {
	At       time.Time
	Queues   []Queue
	Letters  []Letter
	Costs    *bot.CostReport
	Budgets  []bot.BudgetLeft
	Outages  []bot.Outage
	Survey   *bot.Survey
	DueLag   time.Duration
	Breakers []bot.Breaker
	Faults   []string
}

// A Panel gathers what an operator wants to see. What it counts by itself is of
// this process, in memory, and bounded.
type Panel struct {
	*Metrics
	sources Sources
	log     logrus.FieldLogger
	now     func() time.Time
	version string
	started time.Time
	recent  recent

	reading sync.Mutex // held while the store is read: others wait for the same
	mu      sync.Mutex
	last    State
	costs   time.Time // before which Costs is not read again
	survey  *bot.Survey
}

// PanelConfig is what a Panel needs.
type PanelConfig struct {
	Version string
	Log     logrus.FieldLogger
	Now     func() time.Time // nil: time.Now
}

// NewPanel makes a Panel, which counts from now on. Read says where it reads.
func NewPanel(c PanelConfig) *Panel {
	p := &Panel{log: c.Log, now: c.Now, version: c.Version}
	if p.now == nil {
		p.now = time.Now
	}
	p.started = p.now()
	saved := func() int64 {
		if f := p.from().Saved; f != nil {
			return f()
		}
		return 0
	}
	p.Metrics = newMetrics(c.Version, runtime.Version(), saved, stateCollector{p})
	return p
}

// Read has the panel read there from now on.
func (p *Panel) Read(s Sources) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.sources = s
}

func (p *Panel) from() Sources {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.sources
}

// Run counts what is watched, now and then, until ctx ends.
func (p *Panel) Run(ctx context.Context) error {
	for {
		pause := surveyEvery
		if survey := p.from().Survey; survey != nil {
			began := time.Now()
			s, err := survey(ctx)
			if err != nil && ctx.Err() == nil {
				p.log.WithError(err).WithField("event", "survey").Warn("what is watched cannot be counted")
			}
			if err == nil {
				p.mu.Lock()
				p.survey = &s
				p.mu.Unlock()
			}
			pause = max(pause, rest*time.Since(began))
		}
		timer := time.NewTimer(pause)
		select {
		case <-ctx.Done():
			timer.Stop()
			return nil
		case <-timer.C:
		}
	}
}

// state is what stands, at most stateAge old, without the costs.
func (p *Panel) state() State {
	p.reading.Lock()
	defer p.reading.Unlock()
	return p.stand(false)
}

// stateAndCosts is state with the costs, which may be older.
func (p *Panel) stateAndCosts() State {
	p.reading.Lock()
	defer p.reading.Unlock()
	return p.stand(true)
}

// stand reads what is too old; reading is held.
func (p *Panel) stand(costs bool) State {
	now := p.now()
	p.mu.Lock()
	s, from, due := p.last, p.sources, p.costs
	p.mu.Unlock()
	ctx, cancel := context.WithTimeout(context.Background(), readTime)
	defer cancel()
	if old := now.Sub(s.At); old < 0 || old >= stateAge {
		s = from.read(ctx, s)
		s.At = now
	}
	if left := due.Sub(now); costs && from.Costs != nil && (left <= 0 || left > time.Hour) {
		began := time.Now()
		keep(ctx, &s, "费用", &s.Costs, func(ctx context.Context) (*bot.CostReport, error) {
			r, err := from.Costs(ctx, CostDays)
			return &r, err
		})
		due = now.Add(max(costAge, rest*time.Since(began)))
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	p.last, p.costs = s, due
	s.Survey = p.survey
	return s
}

// forget has the next asker read anew: something was changed.
func (p *Panel) forget() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.last.At = time.Time{}
}

// read reads everything that is quickly read. Of what fails, last stays.
func (s Sources) read(ctx context.Context, last State) State {
	out := last
	out.Faults = nil
	keep(ctx, &out, "队列", &out.Queues, s.Queues)
	keep(ctx, &out, "预算", &out.Budgets, s.Budgets)
	keep(ctx, &out, "停用城市", &out.Outages, s.Outages)
	keep(ctx, &out, "检查进度", &out.DueLag, s.DueLag)
	if s.Letters != nil {
		keep(ctx, &out, "失败任务", &out.Letters, func(ctx context.Context) ([]Letter, error) { return s.Letters(ctx, mostLetters) })
	}
	if s.Breakers != nil {
		out.Breakers = s.Breakers()
	}
	for _, q := range out.Queues {
		if q.Kind == "check" {
			out.DueLag = max(out.DueLag, q.Overdue)
		}
	}
	return out
}

func keep[T any](ctx context.Context, s *State, what string, into *T, read func(context.Context) (T, error)) {
	if read == nil {
		return
	}
	v, err := read(ctx)
	if err != nil {
		s.Faults = append(s.Faults, what)
		return
	}
	*into = v
}
