package pgstore

import (
	"context"
	"errors"
	"log/slog"
	"time"

	"github.com/riverqueue/river"
	"github.com/riverqueue/river/riverdriver/riverpgxv5"
	"github.com/sirupsen/logrus"
)

const (
	// sweepEvery is how often old markers and dead letters are looked for.
	sweepEvery = time.Hour
	// sweepRows are forgotten in one transaction.
	sweepRows = 5000
	// sweepQueue is River's only queue here.
	sweepQueue = "weizhangbot"
	// startPause between two tries to start River.
	startPause = 10 * time.Second
)

// sweepArgs is the sweep as a job of River's.
type sweepArgs struct{}

// Kind implements river.JobArgs.
func (sweepArgs) Kind() string { return "weizhangbot_sweep" }

// InsertOpts has one sweep waiting at a time, whoever leads.
func (sweepArgs) InsertOpts() river.InsertOpts {
	return river.InsertOpts{Queue: sweepQueue, MaxAttempts: 3, UniqueOpts: river.UniqueOpts{ByQueue: true, ByPeriod: sweepEvery}}
}

type sweeper struct {
	river.WorkerDefaults[sweepArgs]
	store *Store
}

// Timeout implements river.Worker.
func (*sweeper) Timeout(*river.Job[sweepArgs]) time.Duration { return sweepEvery / 2 }

// Work implements river.Worker.
func (w *sweeper) Work(ctx context.Context, _ *river.Job[sweepArgs]) error { return w.store.sweep(ctx) }

// sweep forgets markers and dead letters older than KeepDone.
func (s *Store) sweep(ctx context.Context) error {
	for {
		tag, err := s.pool.Exec(ctx, `delete from job where seq in (
			select seq from job where state <> 0 and ended < clock_ns() - $1 order by ended, seq limit $2)`,
			int64(s.opts.KeepDone), sweepRows)
		if err != nil {
			return translate(err)
		}
		if tag.RowsAffected() < sweepRows {
			return nil
		}
	}
}

// maintain has River elect a leader among the processes, which has the store
// swept, until ctx ends.
func (s *Store) maintain(ctx context.Context) {
	for ctx.Err() == nil {
		err := s.maintainOnce(ctx)
		if ctx.Err() != nil {
			return
		}
		s.opts.Log.WithError(translate(err)).Warn("old markers are not swept just now")
		select {
		case <-ctx.Done():
		case <-time.After(startPause):
		}
	}
}

func (s *Store) maintainOnce(ctx context.Context) error {
	workers := river.NewWorkers()
	if err := river.AddWorkerSafely(workers, &sweeper{store: s}); err != nil {
		return err
	}
	client, err := river.NewClient(riverpgxv5.New(s.pool), &river.Config{
		Schema: s.opts.Schema, Workers: workers, Queues: map[string]river.QueueConfig{sweepQueue: {MaxWorkers: 1}},
		PeriodicJobs: []*river.PeriodicJob{river.NewPeriodicJob(river.PeriodicInterval(sweepEvery),
			func() (river.JobArgs, *river.InsertOpts) { return sweepArgs{}, nil }, &river.PeriodicJobOpts{RunOnStart: true})},
		// Nobody waits for a sweep: looking now and then takes no connection.
		PollOnly: true, FetchPollInterval: recheck,
		Logger: slog.New(riverLog{s.opts.Log}),
	})
	if err != nil {
		return err
	}
	if err := client.Start(ctx); err != nil {
		return err
	}
	select {
	case <-ctx.Done():
	case <-client.Stopped():
	}
	end, cancel := context.WithTimeout(context.WithoutCancel(ctx), endTime)
	defer cancel()
	return errors.Join(client.StopAndCancel(end), errors.New("pgstore: River ended"))
}

// riverLog hands River's warnings on. Their attributes are left out: they may
// name the database.
type riverLog struct{ log logrus.FieldLogger }

// Enabled implements slog.Handler.
func (riverLog) Enabled(_ context.Context, level slog.Level) bool { return level >= slog.LevelWarn }

// Handle implements slog.Handler.
func (l riverLog) Handle(_ context.Context, r slog.Record) error {
	l.log.WithField("part", "river").Warn(r.Message)
	return nil
}

// WithAttrs implements slog.Handler.
func (l riverLog) WithAttrs([]slog.Attr) slog.Handler { return l }

// WithGroup implements slog.Handler.
func (l riverLog) WithGroup(string) slog.Handler { return l }
