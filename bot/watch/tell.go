package watch

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io"
	"time"

	"github.com/weizhangbot/weizhangbot/bot"
)

// staleFor is how much older than what somebody read a report can be that is
// served from the store. More means that the clock was set back.
const staleFor = 24 * time.Hour

// tell compares the report with what each watcher knows, writes down what they
// know from then on, and leaves the news with them.
func (c *commit) tell() error {
	if c.r.report == nil {
		return nil
	}
	for i := range c.all {
		w := &c.all[i]
		if !c.listens(w) || !w.First && w.ahead(*c.r.report) {
			continue
		}
		n := bot.Notice{Kind: bot.NoticeNews, City: c.r.report.City}
		if w.First {
			n.Kind = bot.NoticeFirst
		}
		found, changed := c.d.read(w, *c.r.report, c.state.Checked)
		if changed {
			c.dirty[w.User] = true
		}
		if found.empty() && n.Kind == bot.NoticeNews {
			continue
		}
		n.New, n.Decided, n.Gone, n.Open = found.New, found.Decided, found.Gone, w.open()
		if err := c.notify(w, n, found.digest()); err != nil {
			return err
		}
		c.fresh = c.fresh || n.Kind == bot.NoticeNews && len(n.New) > 0
	}
	return nil
}

// ahead tells whether the person has read a later report than r, or r itself.
func (w *watcher) ahead(r bot.Report) bool {
	lead := w.As.Sub(r.At)
	return lead >= 0 && lead < staleFor
}

// read has w know a report, and tells what of it was news. checked is when the
// last good check before it was: a report that is not younger proves nothing
// about rows it lacks.
func (d *Desk) read(w *watcher, r bot.Report, checked time.Time) (found news, changed bool) {
	younger := !w.ahead(r) && !(near(checked, r.At, staleFor) && !r.At.After(checked))
	rows, found, changed := d.diff(w.Rows, r, younger)
	changed = changed || w.First
	w.Rows, w.First = rows, false
	if changed && !w.ahead(r) {
		w.As = r.At
	}
	return found, changed
}

// notify leaves a notice for w, whose ID follows from what it tells: nothing is
// told twice, whatever runs again.
func (c *commit) notify(w *watcher, n bot.Notice, digest string) error {
	n.At, n.Vehicle, n.Trace = c.now, vehicleOf(w.name()), c.r.trace
	if n.City == "" && c.r.rule != nil {
		n.City = c.r.rule.Name
	}
	n.ID = noticeID(w.name(), string(n.Kind), stamp(w.Renewed), digest)
	return c.d.mail.Notify(c.tx, w.User, n)
}

func noticeID(parts ...string) string { return short(fmt.Sprintf("%q", parts)) }

func short(s string) string {
	sum := sha256.Sum256([]byte(s))
	return hex.EncodeToString(sum[:16])
}

// digest names what is told.
func (n news) digest() string {
	h := sha256.New()
	for _, list := range [][]bot.Violation{n.New, n.Decided, n.Gone} {
		for _, v := range list {
			_, _ = fmt.Fprintf(h, "%q\n", fmt.Sprint(markOf(v))) // never fails
		}
		_, _ = io.WriteString(h, "\n")
	}
	return hex.EncodeToString(h.Sum(nil)[:16])
}
