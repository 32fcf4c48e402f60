package deliver_test

import (
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/weizhangbot/weizhangbot/bot"
	"github.com/weizhangbot/weizhangbot/bot/deliver"
)

// outcomes is what parcels came to, in order.
func (r *rig) outcomes() string {
	r.mu.Lock()
	defer r.mu.Unlock()
	var all []string
	for _, e := range r.ended {
		all = append(all, e.Outcome)
	}
	return fmt.Sprint(all)
}

func TestEndsAreReported(t *testing.T) {
	for _, tt := range []struct {
		name    string
		refusal []error
		after   time.Duration
		want    string
	}{
		{"sent", nil, 5 * time.Second, "[delivered]"},
		{"at the second try", []error{errors.New("a hiccup")}, 30 * time.Second, "[delivered]"},
		{"not now", []error{bot.ErrParked}, 5 * time.Second, "[parked]"},
		{"gone", []error{bot.ErrGone}, 5 * time.Second, "[gone]"},
		{"given up", []error{errors.New("1"), errors.New("2"), errors.New("3"), errors.New("4"), errors.New("5")}, 20 * time.Minute, "[failed]"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			play(t, func(t *testing.T, r *rig) {
				r.says(driver, "你好")
				r.platform.refuse(driver, tt.refusal...)
				r.notify(driver, still("沪C12345"))
				wait(tt.after)
				if got := r.outcomes(); got != tt.want && got != tt.want[:len(tt.want)-1]+" delivered]" { // admins are told of what failed
					t.Errorf("%s, want %s", got, tt.want)
				}
				if e := r.ended[0]; e.Parcel.User != driver || e.Parcel.Trace == "" || e.Job == "" {
					t.Errorf("%+v", e)
				}
			})
		})
	}
}

// A notice goes out under the trace of what found it, also by way of the morning's
// digest, and when its platform fails meanwhile.
func TestNoticeKeepsItsTrace(t *testing.T) {
	const trace = "0af7651916cd43dd8448eb211c80319c"
	for name, at := range map[string]int{"by day": 12, "at night": 23} {
		t.Run(name, func(t *testing.T) {
			play(t, func(t *testing.T, r *rig) {
				r.says(driver, "你好")
				now := time.Now().In(bot.China)
				wait(time.Date(now.Year(), now.Month(), now.Day(), at, 0, 0, 0, bot.China).Sub(now))
				n := still("沪C12345")
				n.Trace = trace
				r.platform.refuse(driver, errors.Join(bot.ErrUnsent, errBeforeSending))
				r.notify(driver, n)
				wait(12 * time.Hour)
				if len(r.ended) != 1 || r.ended[0].Outcome != deliver.OutcomeDelivered || r.ended[0].Parcel.Trace != trace {
					t.Errorf("ended %+v", r.ended)
				}
			})
		})
	}
}

// A late answer goes out under the trace of the message it answers.
func TestLateAnswerKeepsItsTrace(t *testing.T) {
	play(t, func(t *testing.T, r *rig) {
		r.desk.slow = 20 * time.Second
		a := r.says0(driver, "沪B12345", 5*time.Second)
		if !a.Pending {
			t.Fatalf("answered %+v", a)
		}
		wait(time.Minute)
		if len(r.seen) != 1 || !r.seen[0].Pending || r.seen[0].Took < 5*time.Second {
			t.Fatalf("seen %+v", r.seen)
		}
		if len(r.ended) != 1 || r.ended[0].Outcome != deliver.OutcomeDelivered || r.ended[0].Parcel.Trace != r.seen[0].Trace {
			t.Errorf("ended %+v", r.ended)
		}
	})
}
