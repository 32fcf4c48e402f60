package watch

import (
	"context"
	"time"

	"github.com/weizhangbot/weizhangbot/bot"
	"github.com/weizhangbot/weizhangbot/storage"
)

// askFor is how long after an order became a job it may be asked again under
// the same ID: so long the answer it may have had is surely kept.
const askFor = 30 * time.Minute

// A result is what came of an order.
type result struct {
	order   order
	rule    *bot.Rule   // what the city asks for; nil: it was not read
	vehicle bot.Vehicle // as asked, with digits
	report  *bot.Report // nil: nothing is known
	err     error       // why
	tried   bool        // the outside was asked for it, or should have been
	trace   string      // of the check
}

// ask asks the outside. An error means that the job is to be run again, which
// costs nothing: the request keeps its ID.
func (d *Desk) ask(ctx context.Context, j storage.Job, o order, l look) (result, error) {
	r := result{order: o, tried: true}
	if j.Attempt > 1 && !near(d.now(), o.Made, askFor) {
		r.err = &bot.Error{Kind: bot.Uncertain}
		return r, nil
	}
	rule := l.rule
	if !l.ruled {
		var err error
		if rule, err = d.desk.FetchRule(ctx, o.Vehicle.Prefix(), o.Vehicle.NewEnergy()); err != nil {
			return d.failed(r, err)
		}
	}
	r.rule = &rule
	by, v, ok := l.choose(rule)
	if !ok {
		return r, nil
	}
	r.vehicle = v
	report, err := d.desk.Query(ctx, bot.Request{
		ID: j.ID, User: by, At: o.At, Vehicle: v, Rule: rule, Check: true, Share: l.share,
	})
	if err != nil {
		return d.failed(r, err)
	}
	r.report = &report
	return r, nil
}

// failed decides whether an error ends the order. Only what the outside asks
// for, and an answer that could not be written, has the job run again.
func (d *Desk) failed(r result, err error) (result, error) {
	if _, later := storage.Snoozed(err); later {
		return result{}, err
	}
	r.err = err
	switch bot.KindOf(err) {
	case bot.Unsaved, bot.StoreFull:
		d.fault(err)
		return result{}, err
	case bot.WrongData, bot.Maintenance, bot.Budget:
	default:
		d.fault(err)
	}
	return r, nil
}
