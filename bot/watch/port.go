package watch

import (
	"slices"
	"time"

	"github.com/weizhangbot/weizhangbot/bot"
	"github.com/weizhangbot/weizhangbot/storage"
)

// Begin implements bot.Watch.
func (d *Desk) Begin(tx storage.Tx, at time.Time, u bot.UserID, s bot.Saved, seen *bot.Report) error {
	v := name(s.Vehicle)
	all, err := watchers(tx, v)
	if err != nil {
		return err
	}
	w := watcher{User: u, Since: at, First: true}
	had := find(all, u)
	switch {
	case had != nil:
		w = *had
	case len(all) >= mostWatchers:
		return bot.ErrCrowded
	case slices.ContainsFunc(all, func(w watcher) bool { return w.Owner == "" }):
		if err := (chore{Kind: choreShared, Vehicle: vehicleOf(v), User: u, At: at}).enqueue(tx); err != nil {
			return err
		}
	}
	w.Vehicle, w.Owner, w.Renewed = s.Vehicle, s.Owner, at
	w.Paused, w.Asked, w.Warned = bot.NotPaused, false, time.Time{}
	o := order{Vehicle: vehicleOf(v), Kind: known, At: micro(at)}
	if seen == nil {
		o.Kind, o.At = first, micro(at.Add(d.chance.lot(firstWithin)))
	} else if _, err := d.show(tx, &w, *seen); err != nil {
		return err
	}
	if err := w.save(tx); err != nil {
		return err
	}
	return o.plan(tx)
}

// show has w know a report that the person has read: nothing in it is news. Its
// time is kept also when it holds nothing else that is new, which a check, of
// which there are many more, spares the store.
func (d *Desk) show(tx storage.Tx, w *watcher, r bot.Report) (changed bool, err error) {
	s, _, _, err := loadState(tx, w.name())
	if err != nil {
		return false, err
	}
	_, changed = d.read(w, r, s.Checked)
	if !w.ahead(r) {
		w.As, changed = r.At, true
	}
	return changed, nil
}

// End implements bot.Watch.
func (d *Desk) End(tx storage.Tx, at time.Time, u bot.UserID, v bot.Vehicle) error {
	all, err := watchers(tx, name(v))
	if err != nil {
		return err
	}
	w := find(all, u)
	if w == nil {
		return nil
	}
	if slices.ContainsFunc(all, func(w watcher) bool { return w.Owner == u }) {
		if err := (chore{Kind: choreUnshare, Vehicle: vehicleOf(name(v)), User: u, At: at}).enqueue(tx); err != nil {
			return err
		}
	}
	return w.remove(tx)
}

// Unshare implements bot.Watch.
func (d *Desk) Unshare(tx storage.Tx, at time.Time, u bot.UserID, v bot.Vehicle) error {
	all, err := watchers(tx, name(v))
	if err != nil || !slices.ContainsFunc(all, func(w watcher) bool { return w.Owner == u }) {
		return err
	}
	return (chore{Kind: choreStop, Vehicle: vehicleOf(name(v)), User: u, At: at}).enqueue(tx)
}

// Shown implements bot.Watch.
func (d *Desk) Shown(tx storage.Tx, at time.Time, u bot.UserID, r bot.Report) error {
	all, err := watchers(tx, name(r.Vehicle))
	if err != nil || len(all) == 0 {
		return err
	}
	if !r.Cached && slices.ContainsFunc(all, func(w watcher) bool { return w.User != u }) {
		if err := (order{Vehicle: r.Vehicle, Kind: served, At: micro(at)}).plan(tx); err != nil {
			return err
		}
	}
	w := find(all, u)
	if w == nil {
		return nil
	}
	changed, err := d.show(tx, w, r)
	if err != nil || !changed {
		return err
	}
	return w.save(tx)
}

// mostSoon is how many days of Soon somebody can have before them.
const mostSoon = 12

// Soon implements bot.Watch. A day that is planned already is not planned
// again.
func (d *Desk) Soon(tx storage.Tx, at time.Time, u bot.UserID, v bot.Vehicle) ([]time.Time, error) {
	w, ok, err := loadWatcher(tx, name(v), u)
	if err != nil || !ok {
		return nil, err
	}
	times := d.chance.soonTimes(at)
	w.Soon = slices.DeleteFunc(w.Soon, func(t time.Time) bool { return !t.After(at) })
	for i, t := range times {
		if k := slices.IndexFunc(w.Soon, func(p time.Time) bool { return sameDay(p, t) }); k >= 0 {
			times[i] = w.Soon[k]
			continue
		}
		if len(w.Soon) == mostSoon {
			return times[:i], w.save(tx)
		}
		w.Soon = append(w.Soon, t)
		if err := (order{Vehicle: vehicleOf(name(v)), Kind: soon, At: t}).plan(tx); err != nil {
			return nil, err
		}
	}
	return times, w.save(tx)
}

func sameDay(a, b time.Time) bool {
	return a.In(bot.China).Format(time.DateOnly) == b.In(bot.China).Format(time.DateOnly)
}

// State implements bot.Watch.
func (d *Desk) State(tx storage.Tx, at time.Time, u bot.UserID, v bot.Vehicle) (bot.Watched, bool, error) {
	all, err := watchers(tx, name(v))
	if err != nil {
		return bot.Watched{}, false, err
	}
	w := find(all, u)
	if w == nil {
		return bot.Watched{}, false, nil
	}
	s, place, _, err := loadState(tx, name(v))
	if err != nil {
		return bot.Watched{}, false, err
	}
	out := bot.Watched{Since: w.Since, Paused: pauseOf(w, all), Others: len(all) - 1}
	for _, t := range w.Soon {
		if t.After(at) {
			out.Soon = append(out.Soon, t)
		}
	}
	slices.SortFunc(out.Soon, time.Time.Compare)
	for _, r := range w.Rows {
		if r.listed() {
			out.Rows = append(out.Rows, r.Violation)
		}
	}
	newestFirst(out.Rows)
	if !w.First {
		out.Checked = later(w.As, s.Checked)
	}
	if out.Paused != bot.NotPaused {
		return out, true, nil
	}
	every := d.period()
	next := w.Renewed.Add(time.Duration(every)) // nothing was ever dispatched: its slot is not drawn yet
	if place != undrawn {
		next = every.start(every.next(place, at)) // they react: it is not checked less
	}
	others := append([]time.Time{s.Next}, out.Soon...)
	if w.First {
		others = append(others, w.Renewed.Add(firstWithin))
	}
	for _, t := range others {
		if t.After(at) && t.Before(next) {
			next = t
		}
	}
	out.Next = next.In(bot.China)
	return out, true, nil
}

func later(a, b time.Time) time.Time {
	if a.After(b) {
		return a
	}
	return b
}
