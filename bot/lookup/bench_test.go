package lookup

import (
	"context"
	"testing"

	"github.com/weizhangbot/weizhangbot/bot"
)

// BenchmarkQueryFromMemory is a question whose answer is kept: what most of
// those cost that cost nothing.
func BenchmarkQueryFromMemory(b *testing.B) {
	s := newStory(b, Config{DailyBudget: 1, QueriesPerUserPerDay: 1})
	if kind := s.ask(s.wish("a", "苏E11111")); kind != "" {
		b.Fatal(kind)
	}
	r := s.wish("b", "苏E11111")
	for b.Loop() {
		report, err := s.Query(context.Background(), r)
		if err != nil || report.At.IsZero() {
			b.Fatal(bot.KindOf(err))
		}
	}
}
