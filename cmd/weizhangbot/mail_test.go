package main

import (
	"context"
	"errors"
	"path/filepath"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/weizhangbot/weizhangbot/bot"
	"github.com/weizhangbot/weizhangbot/bot/deliver"
	"github.com/weizhangbot/weizhangbot/storage"
	"github.com/weizhangbot/weizhangbot/storage/boltstore"
)

// What push.quiet and push.timezone say is what the outbox does.
func TestQuietHoursAreConfigured(t *testing.T) {
	for name, tt := range map[string]struct {
		quiet, zone string
		early, late time.Duration // since 1 January 2000, 08:00 in China
	}{
		"asleep in China":         {"07:00-09:00", "Asia/Shanghai", time.Hour, time.Hour + 11*time.Minute},
		"awake in another zone":   {"07:00-09:00", "UTC", 0, time.Minute},
		"never quiet":             {"", "Asia/Shanghai", 0, time.Minute},
		"up to the next midnight": {"07:00-00:00", "Asia/Shanghai", 16 * time.Hour, 16*time.Hour + 11*time.Minute},
	} {
		t.Run(name, func(t *testing.T) {
			path := filepath.Join(t.TempDir(), "bot.db")
			synctest.Test(t, func(t *testing.T) {
				began := time.Now()
				w := mailWorld(t, path, func(c *Config) {
					c.Push.Timezone = tt.zone
					if err := c.Push.Quiet.UnmarshalText([]byte(tt.quiet)); err != nil {
						t.Fatal(err)
					}
				})
				pushed := make(inbox, 1)
				w.outbox.Add("test", deliver.Channel{Pusher: pushed})
				w.inBackground(t.Context(), w.send)
				defer func() {
					if err := w.close(); err != nil {
						t.Error(err)
					}
				}()
				err := w.store.Update(t.Context(), []string{"test:a"}, func(tx storage.Tx) error {
					return errors.Join(
						tx.Put("user", bot.UserKey("test:a"), []byte(`{"v":1}`)),
						w.mail.Notify(tx, "test:a", bot.Notice{ID: "1", Kind: bot.NoticeExpiring}),
					)
				})
				if err != nil {
					t.Fatal(err)
				}
				<-pushed
				if d := time.Since(began); d < tt.early || d > tt.late {
					t.Errorf("pushed after %s, want between %s and %s", d, tt.early, tt.late)
				}
			})
		})
	}
}

// A message given up is logged, and told to the configured admins, without the
// person's id.
func TestGivenUpIsTold(t *testing.T) {
	path := filepath.Join(t.TempDir(), "bot.db")
	w := mailWorld(t, path, func(c *Config) { c.Admins = []string{"test:admin"} })
	defer func() {
		if err := w.close(); err != nil {
			t.Error(err)
		}
	}()
	w.bot = bot.New(bot.Config{Store: w.store, Mail: w.mail})
	w.gaveUp(t.Context(), bot.Parcel{User: "telegram:1234567", ID: "1"}, errors.New("connection refused"))
	answer, err := w.bot.Handle(t.Context(), bot.Message{User: "test:admin", Key: "1", Text: "你好"})
	if err != nil || len(answer.Replies) == 0 {
		t.Fatalf("%+v, %v", answer, err)
	}
	if got := answer.Replies[0].Text; !strings.Contains(got, "telegram: connection refused") || strings.Contains(got, "1234567") {
		t.Errorf("the admin reads %q", got)
	}
}

// mailWorld is a world with a store and mail, and nothing else.
func mailWorld(t *testing.T, path string, change func(*Config)) *world {
	t.Helper()
	w := &world{config: defaults(), log: silent()}
	change(&w.config)
	s, err := boltstore.Open(path, boltstore.Options{})
	if err != nil {
		t.Fatal(err)
	}
	w.store = s
	w.later(s.Close)
	w.openMail(w.config.terms(nil))
	return w
}

// An inbox takes one push.
type inbox chan string

func (i inbox) Push(_ context.Context, _ bot.UserID, _ string, replies []bot.Reply) error {
	i <- replies[0].Text
	return nil
}
