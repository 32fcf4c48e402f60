package watch

import (
	"encoding/json"
	"errors"
	"testing"
	"time"

	"github.com/weizhangbot/weizhangbot/storage"
)

// Orders and chores of a kind that only a later program knows are left to that,
// for an hour; nothing of them is done.
func TestJobsOfALaterProgram(t *testing.T) {
	now := time.Date(2026, 11, 26, 12, 0, 0, 0, time.UTC)
	d := &Desk{now: func() time.Time { return now }}
	for name, work := range map[string]func(made time.Time) error{
		"order": func(made time.Time) error {
			return d.check(t.Context(), job(t, order{Kind: "tomorrow", Made: made}), nil)
		},
		"chore": func(made time.Time) error {
			return d.task(t.Context(), job(t, chore{Kind: "tomorrow", At: made}), nil)
		},
	} {
		if _, later := storage.Snoozed(work(now.Add(-time.Minute))); !later {
			t.Errorf("%s: not put back", name)
		}
		if err := work(now.Add(-time.Hour)); !errors.Is(err, storage.ErrNewer) {
			t.Errorf("%s after an hour: %v", name, err)
		}
	}
}

func job(t *testing.T, body any) storage.Job {
	t.Helper()
	b, err := json.Marshal(body)
	if err != nil {
		t.Fatal(err)
	}
	return storage.Job{Body: b}
}
