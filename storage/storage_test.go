package storage_test

import (
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/weizhangbot/weizhangbot/storage"
)

func TestSnoozed(t *testing.T) {
	for _, c := range []struct {
		name string
		err  error
		want time.Duration
		ok   bool
	}{
		{"nothing", nil, 0, false},
		{"another error", errors.New("no"), 0, false},
		{"a snooze", storage.Snooze(time.Minute), time.Minute, true},
		{"a snooze of no time", storage.Snooze(0), 0, true},
		{"a wrapped snooze", fmt.Errorf("send: %w", storage.Snooze(time.Second)), time.Second, true},
		{"a joined snooze", errors.Join(errors.New("no"), storage.Snooze(time.Second)), time.Second, true},
	} {
		if d, ok := storage.Snoozed(c.err); d != c.want || ok != c.ok {
			t.Errorf("%s: %v, %v; want %v, %v", c.name, d, ok, c.want, c.ok)
		}
	}
}
