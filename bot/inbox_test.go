package bot_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/weizhangbot/weizhangbot/bot"
)

// in is an update of a person, numbered.
func in(lane string, id int) bot.Inbound {
	return bot.Inbound{ID: fmt.Sprintf("7|%d", id), Lane: bot.UserID("post:" + lane), Body: []byte(fmt.Sprintf("%s %d", lane, id))}
}

// workInbox lets handle work until n updates are settled; then it stops.
func workInbox(t *testing.T, box *bot.Inbox, n int, handle func(bot.Inbound) (bot.Settled, error)) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
	defer cancel()
	var mu sync.Mutex
	left := n
	err := box.Work(ctx, 4, func(_ context.Context, in bot.Inbound) (bot.Settled, error) {
		s, err := handle(in)
		mu.Lock()
		defer mu.Unlock()
		if err == nil {
			if left--; left == 0 {
				cancel()
			}
		}
		return s, err
	})
	if err != nil || left > 0 {
		t.Fatalf("%v, %d of %d not settled", err, left, n)
	}
}

// What is stored is handed out after a restart, each lane in order; what comes
// again is recognised, also when it was settled long before.
func TestInboxKeepsOrderAndForgetsNothing(t *testing.T) {
	w := newWorld(t)
	var all []bot.Inbound
	for id := range 30 {
		all = append(all, in(string(rune('a'+id%3)), id))
	}
	if err := bot.NewInbox(w.store, "post").Store(t.Context(), all); err != nil {
		t.Fatal(err)
	}
	w.Do(t, []string{"restart"})
	box := bot.NewInbox(w.store, "post")
	if err := box.Store(t.Context(), all[10:]); err != nil { // redelivered
		t.Fatal(err)
	}
	var mu sync.Mutex
	got := map[bot.UserID][]string{}
	workInbox(t, box, 30, func(in bot.Inbound) (bot.Settled, error) {
		mu.Lock()
		defer mu.Unlock()
		got[in.Lane] = append(got[in.Lane], string(in.Body))
		return bot.Settled{}, nil
	})
	for lane, bodies := range got {
		var want []string
		for _, in := range all {
			if in.Lane == lane {
				want = append(want, string(in.Body))
			}
		}
		if !slices.Equal(bodies, want) {
			t.Errorf("%s got %q, want %q", lane, bodies, want)
		}
	}
	if err := box.Store(t.Context(), append(all, in("d", 99))); err != nil {
		t.Fatal(err)
	}
	workInbox(t, box, 1, func(in bot.Inbound) (bot.Settled, error) {
		if in.ID != "7|99" {
			t.Errorf("%s was handed out again", in.ID)
		}
		return bot.Settled{}, nil
	})
}

// The second part of an update does not hold up its lane, and brings what the
// first one left for it.
func TestInboxSecondParts(t *testing.T) {
	box := bot.NewInbox(newWorld(t).store, "post")
	if err := box.Store(t.Context(), []bot.Inbound{in("a", 1), in("a", 2)}); err != nil {
		t.Fatal(err)
	}
	second := make(chan struct{})
	workInbox(t, box, 3, func(in bot.Inbound) (bot.Settled, error) {
		switch {
		case in.Aside:
			<-second // waits until the lane has gone on
			if in.ID != "7|1" || in.Lane != "post:a" || string(in.Body) != "wait" {
				t.Errorf("second part: %+v", in)
			}
			return bot.Settled{}, nil
		case in.ID == "7|1":
			return bot.Settled{Aside: []byte("wait")}, nil
		}
		close(second)
		return bot.Settled{}, nil
	})
}

func TestInboxNotes(t *testing.T) {
	w := newWorld(t)
	box := bot.NewInbox(w.store, "test")
	id := 0
	// step handles one more update, which leaves note, and returns what it found.
	step := func(note []byte) (found string) {
		id++
		update := in("a", id)
		update.Lane = "test:a"
		if err := box.Store(t.Context(), []bot.Inbound{update}); err != nil {
			t.Fatal(err)
		}
		workInbox(t, box, 1, func(in bot.Inbound) (bot.Settled, error) {
			found = string(in.Note)
			return bot.Settled{Note: note}, nil
		})
		return found
	}
	forget := func(text ...string) {
		for _, s := range text {
			w.Say(t, "a", s)
		}
	}
	for _, tt := range []struct {
		name   string
		before func()
		leaves []byte
		want   string
	}{
		{"a new lane has none", nil, []byte("one"), ""},
		{"the next finds it", nil, nil, "one"},
		{"nil leaves it", nil, []byte("two"), "one"},
		{"changed from outside", func() {
			err := box.Note(t.Context(), "test:a", func(last []byte) []byte { return append(last, " and more"...) })
			if err != nil {
				t.Fatal(err)
			}
		}, []byte{}, "two and more"},
		{"an empty one deletes", nil, []byte("three"), ""},
		{"Forget deletes it", func() { forget("忘记我", "确认删除") }, []byte("four"), ""},
		{"who leaves takes it along", func() { w.handle(t, bot.Message{User: "test:a", Key: "left", Event: bot.Left}) }, []byte("five"), ""},
		{"who falls silent, too", func() {
			forget("你好")
			w.Do(t, []string{"wait", "48h"})
			if err := w.bot.Sweep(t.Context()); err != nil {
				t.Fatal(err)
			}
		}, nil, ""},
	} {
		if tt.before != nil {
			tt.before()
		}
		if got := step(tt.leaves); got != tt.want {
			t.Errorf("%s: found %q, want %q", tt.name, got, tt.want)
		}
	}
}

// A handler's error hands the update out again before any later one of its
// lane; a pause that was asked for does not count as an attempt.
func TestInboxTriesAgain(t *testing.T) {
	box := bot.NewInbox(newWorld(t).store, "post")
	if err := box.Store(t.Context(), []bot.Inbound{in("a", 1), in("a", 2)}); err != nil {
		t.Fatal(err)
	}
	var seen []string
	runs := 0
	workInbox(t, box, 2, func(in bot.Inbound) (bot.Settled, error) {
		runs++
		seen = append(seen, fmt.Sprint(in.ID, " ", in.Attempt))
		switch runs {
		case 1:
			return bot.Settled{}, bot.RetryAfter(10 * time.Millisecond)
		case 2:
			return bot.Settled{}, errors.New("once more")
		}
		return bot.Settled{}, nil
	})
	if got := strings.Join(seen, ", "); got != "7|1 1, 7|1 1, 7|1 2, 7|2 1" {
		t.Error(got)
	}
}

func TestInboxRefuses(t *testing.T) {
	w := newWorld(t)
	box := bot.NewInbox(w.store, "post")
	for name, updates := range map[string][]bot.Inbound{
		"no id":   {{Lane: "post:a"}},
		"no lane": {in("a", 1), {ID: "2"}},
	} {
		if err := box.Store(t.Context(), updates); err == nil {
			t.Errorf("%s: stored", name)
		}
	}
	if err := box.Store(t.Context(), nil); err != nil {
		t.Errorf("nothing to store: %v", err)
	}
}
