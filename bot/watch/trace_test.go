package watch

import (
	"context"
	"testing"

	"github.com/weizhangbot/weizhangbot/bot"
	"github.com/weizhangbot/weizhangbot/storage"
)

// A tracedPost keeps the traces of notices, a tracedDesk those of queries.
type tracedPost struct {
	post
	traces *[]string
}

func (p tracedPost) Notify(tx storage.Tx, u bot.UserID, n bot.Notice) error {
	*p.traces = append(*p.traces, n.Trace)
	return p.post.Notify(tx, u, n)
}

type tracedDesk struct {
	bot.Desk
	traces *[]string
}

func (d tracedDesk) Query(ctx context.Context, r bot.Request) (bot.Report, error) {
	*d.traces = append(*d.traces, bot.TraceOf(ctx))
	return d.Desk.Query(ctx, r)
}

// Each check has a trace of its own, under which it asks and tells.
func TestNoticesHaveTheTraceOfTheirCheck(t *testing.T) {
	story(t, func(t *testing.T, w *world) {
		var asked, told []string
		w.desk.mail, w.desk.desk = tracedPost{w.mail, &told}, tracedDesk{w.police, &asked}
		w.police.says(jam)
		must(t, w.begin(anna, car, w.police.report(car, w.now(), jam)))
		w.run()
		w.pass(week)
		w.police.says(red, jam)
		w.pass(week)
		if len(asked) != 2 || len(told) != 1 || told[0] != asked[1] || asked[0] == asked[1] || len(told[0]) != 32 {
			t.Errorf("asked under %v, told under %v", asked, told)
		}
	})
}
