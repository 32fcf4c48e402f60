package watch

import (
	"slices"
	"time"

	"github.com/weizhangbot/weizhangbot/bot"
)

// How long somebody may not have written before they are asked, warned, and
// forgotten.
const (
	stillAfter   = 90 * 24 * time.Hour
	warnAfter    = 335 * 24 * time.Hour
	expireAfter  = 365 * 24 * time.Hour
	expireNotice = 30 * 24 * time.Hour // the least between warning and end
)

// retire asks and warns those who do not write, and ends what belongs to nobody
// any more: the vehicle of somebody who was silent for a year, of somebody
// whose record is gone, and what those had shared.
func (c *commit) retire() error {
	var left []bot.UserID
	for i := range c.all {
		w := &c.all[i]
		over, err := c.react(w)
		if err != nil {
			return err
		}
		if over {
			left = append(left, w.User)
		}
	}
	if left == nil {
		return nil
	}
	kept := c.all[:0:0]
	for i := range c.all {
		w := &c.all[i]
		switch {
		case slices.Contains(left, w.User):
		case w.Owner != "" && slices.Contains(left, w.Owner):
			if err := c.unshare(w); err != nil {
				return err
			}
		default:
			kept = append(kept, *w)
			continue
		}
		if err := w.remove(c.tx); err != nil {
			return err
		}
	}
	c.all = kept
	return nil
}

// react does what one person's silence asks for; over tells that their time is
// up.
func (c *commit) react(w *watcher) (over bool, err error) {
	p, silent := c.people[w.User], c.silent(w, c.now)
	switch {
	case !p.Known:
		return true, nil
	case silent >= expireAfter && p.Gone:
		return true, c.d.release(c.tx, w.User, vehicleOf(w.name()))
	case p.Gone:
	case silent >= expireAfter && !w.Warned.IsZero() && c.now.Sub(w.Warned) >= expireNotice:
		if err := c.notify(w, bot.Notice{Kind: bot.NoticeExpired}, stamp(w.Warned)); err != nil {
			return false, err
		}
		return true, c.d.release(c.tx, w.User, vehicleOf(w.name()))
	case silent >= warnAfter && w.Warned.IsZero():
		w.Warned = c.now
		c.dirty[w.User] = true
		return false, c.notify(w, bot.Notice{Kind: bot.NoticeExpiring}, stamp(c.now))
	case silent >= stillAfter && w.Owner == "" && !w.Asked:
		w.Asked = true
		c.dirty[w.User] = true
		return false, c.notify(w, bot.Notice{Kind: bot.NoticeStill}, stamp(c.now))
	case silent < stillAfter && (w.Asked || !w.Warned.IsZero()):
		w.Asked, w.Warned = false, time.Time{}
		c.dirty[w.User] = true
	}
	return false, nil
}

// unshare tells w that whoever shared the vehicle does so no longer.
func (c *commit) unshare(w *watcher) error {
	if err := c.notify(w, bot.Notice{Kind: bot.NoticeUnshared}, ""); err != nil {
		return err
	}
	return c.d.release(c.tx, w.User, vehicleOf(w.name()))
}
