package bot

import (
	"strconv"
	"strings"
	"time"

	"github.com/weizhangbot/weizhangbot/bot/nlu"
)

// pageRows is how many violations one reply shows: with the longest texts seen
// they stay within the 2,047 bytes of a WeChat reply for most reports.
const pageRows = 5

// found shows what a query found, or says why it found nothing.
func (d *dialog) found(in Found) {
	mine := in.Effect == d.s.Waiting
	if mine {
		d.s.Waiting = 0
		d.s.Form.Sent = false
	}
	if in.Err != "" {
		if mine {
			d.failed(in.Err, in.After)
			return
		}
		d.say("error.of", in.Vehicle.Plate, UserText(d.s.lang(), in.Err))
		return
	}
	f := d.s.Form
	if mine || !d.s.asking() { // else the open question may be about the one before
		d.s.read(in.Report)
	}
	d.report(in.Report, 0)
	if mine && (f.Keep || d.renewed(in.Report.Vehicle)) {
		d.save(f.Soon)
	}
	if !mine {
		return
	}
	if d.s.aside() { // a question that came up meanwhile; the line goes on after it
		d.s.Form = Form{}
		d.prompt()
		return
	}
	d.s.Ask, d.s.Yes = nlu.ResultShown, ""
	d.next()
}

// failed says what went wrong with the form's rule or query, and offers the
// way on that costs nothing without a yes.
func (d *dialog) failed(k Kind, after time.Duration) {
	f := &d.s.Form
	f.Sent = false
	if d.s.aside() { // one question at a time, and a yes must not mean another
		d.say("error.of", f.Plate, UserText(d.s.lang(), k))
		d.s.Form = Form{}
		d.prompt()
		return
	}
	switch k {
	case WrongData:
		d.wrongData()
	case Maintenance:
		d.closedCity(after)
	case NoRule, Locked:
		d.say("error.of", f.Plate, UserText(d.s.lang(), k))
		d.s = d.s.closed()
		d.next()
	case Busy, Unreachable, Interrupted, Uncertain:
		d.say("error.of", f.Plate, UserText(d.s.lang(), k))
		f.Failed = k
		d.ask(nlu.ConfirmQuery, YesQuery)
	default: // the next in line would meet the same
		d.tell(UserText(d.s.lang(), k))
		d.s = d.s.idle()
	}
}

// wrongData asks for the digits again. Both of them unlabelled may be the
// wrong way round: that is offered first.
func (d *dialog) wrongData() {
	f := &d.s.Form
	if f.Owner != "" {
		d.say("error.of", f.Plate, d.text("share.wrong"))
		d.s = d.s.closed()
		d.next()
		return
	}
	d.say(kindKey(WrongData))
	if f.Loose && f.Engine != "" && f.VIN != "" && f.Rule.Engine == f.Rule.VIN {
		f.Loose = false // offered once
		d.ask(nlu.ConfirmOther, YesSwap)
		return
	}
	f.Engine, f.VIN, f.Loose, f.Checked = "", "", false, false
	if len(d.wants(*f)) == 0 { // nothing to ask again: it must be the plate
		d.s.Form = Form{}
		d.ask(nlu.AskPlate, "")
		return
	}
	d.ask(nlu.AskDigits, "")
}

// Text is the report as people read it, the first rows of a long one.
func (r Report) Text(l Lang, at time.Time) string {
	d := &dialog{s: Session{Lang: l}, at: at}
	d.report(r, 0)
	return strings.Join(d.said, "\n\n")
}

// report writes one page of a report.
func (d *dialog) report(r Report, page int) {
	v := r.Vehicle
	head := d.text("report.head", v.Plate, r.City, d.s.lang().typeName(v.Type))
	n := len(r.Violations)
	from := page * pageRows
	to := min(from+pageRows, n)
	switch {
	case n == 0:
		d.tell(head + "\n" + d.text("report.none"))
	case page == 0:
		d.tell(head + "\n" + d.totals(r))
	default:
		d.tell(head)
	}
	for i := from; i < to; i++ {
		d.tell(d.row(i+1, r.Violations[i]))
	}
	if n > pageRows {
		k := key("report.page")
		if to == n {
			k = "report.lastpage"
		}
		d.say(k, from+1, to, n)
	}
	if page == 0 {
		d.tell(d.source(r))
	}
	d.reportOptions(page, to < n, v)
}

// reportOptions is what can be tapped under a report.
func (d *dialog) reportOptions(page int, more bool, v Vehicle) {
	var taps []key
	if more {
		taps = append(taps, "tap.next")
	}
	if page > 0 {
		taps = append(taps, "tap.prev")
	}
	taps = append(taps, "tap.refresh")
	if d.position(v) == 0 || d.unwatched {
		taps = append(taps, "tap.save")
	}
	d.offer(append(taps, "tap.query")...)
}

// totals is the summary: how many, what is owed, which points are to come.
func (d *dialog) totals(r Report) string {
	open, decided, unknown := r.Count()
	counts := list(d.text("comma"),
		d.counted("count.open", open), d.counted("count.decided", decided), d.counted("count.unknown", unknown))
	return d.text("report.count", len(r.Violations), counts) + "\n" + d.owed(r)
}

// owed is what a report costs: money now, points to come.
func (d *dialog) owed(r Report) string {
	return d.text("report.owed", d.sum(r.Owed(), yuan, "unit.yuan")) +
		"\n" + d.text("report.points", d.sum(r.PointsToCome(), strconv.Itoa, "unit.points"))
}

func (d *dialog) counted(k key, n int) string { return d.s.lang().counted(k, n) }

// sum writes a sum; what is not known keeps it from being exact.
func (d *dialog) sum(s Sum, write func(int) string, unit key) string {
	switch {
	case s.Unknown == 0:
		return d.text("sum.exact", write(s.Total), d.text(unit))
	case s.Total == 0:
		return d.text("sum.unknown")
	}
	return d.text("sum.least", write(s.Total), d.text(unit), s.Unknown)
}

// row writes one violation.
func (d *dialog) row(n int, v Violation) string {
	lines := []string{
		numbered(n, list(" ", d.when(v), d.or(v.Place, "row.noplace"))),
		d.or(v.Act, "row.noact"),
		list(" · ", d.fine(v), d.points(v), d.text(key("state."+strconv.Itoa(int(v.State))))),
		list(" · ", d.labelled("row.city", v.City), d.labelled("row.archive", v.Archive), d.labelled("row.agency", v.Agency)),
	}
	return strings.TrimRight(strings.Join(lines, "\n"), "\n")
}

// when is the time of a violation, as received if it could not be read.
func (d *dialog) when(v Violation) string {
	if v.At.IsZero() {
		return d.or(v.When, "row.notime")
	}
	return v.At.In(China).Format("2006-01-02 15:04")
}

func (d *dialog) or(s string, k key) string {
	if s == "" {
		return d.text(k)
	}
	return s
}

func (d *dialog) labelled(k key, s string) string {
	if s == "" {
		return ""
	}
	return d.text(k, s)
}

func (d *dialog) fine(v Violation) string {
	if v.Fine == nil || *v.Fine == 0 {
		return d.text("row.fine.none")
	}
	return d.text("row.fine", yuan(*v.Fine))
}

func (d *dialog) points(v Violation) string {
	if v.Points == nil {
		return d.text("row.points.none")
	}
	return d.text("row.points", *v.Points)
}

// source tells how old the data is, and whose record decides.
func (d *dialog) source(r Report) string {
	at := r.At.In(China)
	stamp := d.text("date", at.Month(), at.Day(), at.Format("15:04")) // a month is a number by %d, a name by %s
	lines := []string{d.text("report.age", stamp, d.age(r.At))}
	if r.Cached {
		lines = append(lines, d.text("report.cached"))
	}
	return strings.Join(append(lines, d.text("report.caveat")), "\n")
}

// age writes how long ago t was. A clock that went back counts as now.
func (d *dialog) age(t time.Time) string {
	switch ago := d.at.Sub(t); {
	case ago < time.Minute:
		return d.text("age.now")
	case ago < time.Hour:
		return d.text("age.minutes", int(ago.Minutes()))
	case ago < 48*time.Hour:
		return d.text("age.hours", int(ago.Hours()))
	default:
		return d.text("age.days", int(ago.Hours()/24))
	}
}

// turnPage asks for another part of the last report.
func (d *dialog) turnPage(by int) {
	page := d.s.Page + by
	switch {
	case d.s.CarPage > 0:
		d.turnCars(d.s.CarPage - 1 + by)
	case d.s.Last.Plate == "":
		d.say("page.none")
		d.prompt()
	case page < 0:
		d.say("page.first")
	default:
		d.wanted = append(d.wanted, ShowPage{Vehicle: d.s.Last, Page: page})
	}
}

// pageIs shows another part of the last report.
func (d *dialog) pageIs(in PageIs) {
	switch {
	case !in.OK:
		d.say("page.gone")
		d.offer("tap.refresh")
	case in.Page*pageRows >= len(in.Report.Violations):
		d.say("page.end")
	default:
		d.s.Page, d.s.CarPage = in.Page, 0
		d.report(in.Report, in.Page)
	}
}

// again asks before an answer that is known is paid for once more.
func (d *dialog) again() {
	if d.s.Last.Plate == "" {
		if len(d.garage) == 1 {
			d.query(nlu.Reading{Intent: nlu.Query, Ref: 1})
			return
		}
		d.say("page.none")
		d.prompt()
		return
	}
	d.s.Queue = nil
	d.s.Form = d.known(Form{Vehicle: d.s.Last, Sure: true, Refresh: true})
	d.ask(nlu.ConfirmQuery, YesQuery)
}

func numbered(n int, s string) string { return strconv.Itoa(n) + ". " + s }
