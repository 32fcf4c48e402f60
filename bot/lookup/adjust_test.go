package lookup

import (
	"testing"
	"time"

	"github.com/weizhangbot/weizhangbot/bot"
)

// What the operator changes counts from the next question on.
func TestAdjust(t *testing.T) {
	s := newStory(t, Config{DailyBudget: 1})
	s.wants(s.wish("a", "苏E10001"), "")
	s.wants(s.wish("a", "苏E10002"), bot.Budget)
	s.Adjust(Config{DailyBudget: 2, CacheFor: 6 * time.Hour})
	s.wants(s.wish("a", "苏E10002"), "")
	s.wants(s.wish("a", "苏E10003"), bot.Budget)
	s.Adjust(Config{QueriesPerUserPerDay: 2, CacheFor: 6 * time.Hour})
	s.wants(s.wish("a", "苏E10003"), bot.UserLimit)
	s.wants(s.wish("b", "苏E10003"), "")
	s.wantsCalls(3)
	s.wait(time.Minute)
	s.wants(s.wish("b", "苏E10003"), "") // the answer is young
	s.wantsCalls(3)
	s.Adjust(Config{CacheFor: time.Second})
	s.wants(s.wish("b", "苏E10003"), "")
	s.wantsCalls(4)
}
