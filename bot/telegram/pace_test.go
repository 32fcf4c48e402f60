package telegram

import (
	"context"
	"sync"
	"testing"
	"testing/synctest"
	"time"
)

// At most one message a second to a person, 20 a minute to a group, 30 a second
// to everybody.
func TestPace(t *testing.T) {
	for _, tt := range []struct {
		name     string
		chats    func(i int) int64
		bulk     bool
		messages int
		window   time.Duration
		most     int
	}{
		{"one person", func(int) int64 { return 42 }, false, 10, time.Second, 1},
		{"one group", func(int) int64 { return -42 }, false, 45, time.Minute, 20},
		{"everybody", func(i int) int64 { return int64(i + 1) }, false, 200, time.Second, 30},
		{"pushes leave room", func(i int) int64 { return int64(i + 1) }, true, 200, time.Second, 20},
	} {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				p := newPacer(usualRate())
				var (
					mu   sync.Mutex
					sent []time.Time
					all  sync.WaitGroup
				)
				for i := range tt.messages {
					all.Go(func() {
						if err := p.wait(t.Context(), tt.chats(i), tt.bulk); err != nil {
							t.Error(err)
						}
						mu.Lock()
						defer mu.Unlock()
						sent = append(sent, time.Now())
					})
				}
				all.Wait()
				for i := tt.most; i < len(sent); i++ {
					if d := sent[i].Sub(sent[i-tt.most]); d < tt.window-time.Microsecond {
						t.Fatalf("messages %d to %d within %s", i-tt.most, i, d)
					}
				}
				if took, want := sent[len(sent)-1].Sub(sent[0]), tt.window*time.Duration(tt.messages)/time.Duration(tt.most); took > want {
					t.Errorf("took %s, longer than needed: %s", took, want)
				}
			})
		})
	}
}

// A chat that is paused holds up nobody else, and who gives up does not wait.
func TestPacePause(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := newPacer(usualRate())
		p.pause(42, time.Minute)
		began := time.Now()
		if err := p.wait(t.Context(), 43, false); err != nil || time.Since(began) > 0 {
			t.Errorf("another chat waited %s, %v", time.Since(began), err)
		}
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		if err := p.wait(ctx, 42, false); err == nil || time.Since(began) != time.Second {
			t.Errorf("gave up after %s, %v", time.Since(began), err)
		}
	})
}

func TestPaceForgets(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := newPacer(usualRate())
		for i := range int64(3 * maxPaced) {
			p.take(i + 1)
			time.Sleep(time.Millisecond)
		}
		if n := len(p.chats); n > maxPaced {
			t.Errorf("%d chats are remembered", n)
		}
	})
}
