package bot

import (
	"strings"
	"time"
)

const (
	// digestRows is how many violations of one vehicle are shown where several
	// notices go out as one message.
	digestRows = 2
	// mostTaps is how many options such a message offers.
	mostTaps = 4
)

// teller writes what a person did not ask for, in their language. It changes
// nothing of the session.
func (s Session) teller(at time.Time, garage []Saved) *dialog {
	return &dialog{s: Session{Lang: s.Lang, Last: s.Last}, at: at, garage: garage}
}

// tell writes notices as one message; digest tells that they waited for the
// morning.
func tell(d *dialog, notices []waiting, digest bool) []Reply {
	rows := pageRows
	if len(notices) > 1 {
		rows = digestRows
		k := key("notice.several")
		if digest {
			k = "notice.morning"
		}
		d.say(k, counted(notices))
	}
	var taps []Option
	for i := range notices {
		d.options = nil
		d.notify(&notices[i], rows)
		taps = append(taps, d.options...)
	}
	d.options = taps
	if len(notices) > 1 {
		d.options = append(distinct(taps, mostTaps-1), d.option("tap.cars"))
	}
	return []Reply{{Text: strings.Join(d.said, "\n\n"), Options: d.options, News: d.summary(notices)}}
}

// counted is how many notices there are, with those that were summed up.
func counted(notices []waiting) int {
	n := 0
	for i := range notices {
		n += max(1, notices[i].More)
	}
	return n
}

func distinct(options []Option, most int) []Option {
	var kept []Option
	seen := map[string]bool{}
	for _, o := range options {
		if !seen[o.Send] && len(kept) < most {
			seen[o.Send] = true
			kept = append(kept, o)
		}
	}
	return kept
}

// notify writes one notice; at most rows violations are shown in full.
func (d *dialog) notify(w *waiting, rows int) {
	n := &w.Notice
	if w.More > 0 {
		d.say("notice.more", w.More, d.or(strings.Join(w.Plates, d.text("and")), "notice.noplates"))
		d.offer("tap.cars")
		return
	}
	car := d.car(n.Vehicle, n.City)
	switch n.Kind {
	case NoticeNews:
		d.tellNews(n, car, rows)
	case NoticeFirst:
		r := Report{Vehicle: n.Vehicle, City: n.City, Violations: n.New, At: n.At}
		d.tellReport(d.text("notice.first", car), r, rows)
		d.tapCar(n.Vehicle, true)
	case NoticeFound:
		d.tellFound(n, car, rows)
	case NoticeWrong, NoticeLacks:
		d.say(noticeKey(n.Kind), car)
		d.tapCar(n.Vehicle, true)
	case NoticeStill:
		d.say(noticeKey(n.Kind), car)
		d.options = []Option{
			{Label: d.text("label.still"), Send: d.text("send.keep", n.Vehicle.Plate)},
			d.dropping(n.Vehicle),
		}
	case NoticeShared, NoticeUnshared:
		d.say(noticeKey(n.Kind), car)
		d.offer("tap.cars")
	case NoticeInspection:
		d.tellInspection(n, car)
	case NoticeBroadcast:
		d.say(noticeKey(n.Kind), n.Text)
	case NoticeAlarm:
		d.tell(list("\n", d.text("notice.alarm", d.text(alarmKey(n.Alarm))), n.Detail))
	default:
		k := noticeKey(n.Kind)
		if n.Vehicle.Plate == "" && d.s.lang().has(k+".all") { // everything the person keeps
			k += ".all"
		}
		d.say(k, car)
		d.offer("tap.cars", "tap.query")
	}
}

// car is how a vehicle is called: by the person's name for it, if there is one.
func (d *dialog) car(v Vehicle, city string) string {
	name := ""
	if at := d.position(v); at > 0 {
		name = d.garage[at-1].Name
	}
	called := list(" ", name, v.Plate)
	if city == "" {
		return called
	}
	return d.text("notice.car", called, city)
}

// tellNews writes what a check found: what is new, what was decided, what is
// listed no more.
func (d *dialog) tellNews(n *Notice, car string, rows int) {
	fresh := Report{Violations: append(append([]Violation(nil), n.New...), n.Decided...)}
	lines := []string{d.text("notice.head", car), d.counted("news.new", len(n.New)), d.counted("news.decided", len(n.Decided))}
	if len(fresh.Violations) > 0 {
		lines = append(lines, d.owed(fresh)) // of these, and so before all that are listed
	}
	lines = append(lines, d.counted("news.gone", len(n.Gone)))
	if n.Open > len(n.New)+len(n.Decided) {
		lines = append(lines, d.text("news.open", n.Open))
	}
	d.tell(list("\n", lines...))
	d.listed(n.Vehicle, fresh.Violations, rows)
	if room := rows - len(fresh.Violations); room > 0 {
		for i, v := range n.Gone[:min(room, len(n.Gone))] {
			d.tell(numbered(len(fresh.Violations)+i+1, d.text("news.gone.row", d.when(v), d.or(v.Place, "row.noplace"))))
		}
	}
	d.tell(d.source(Report{At: n.At}))
	d.tapCar(n.Vehicle, true)
}

// tellReport writes the beginning of a report.
func (d *dialog) tellReport(head string, r Report, rows int) {
	if len(r.Violations) == 0 {
		d.tell(head + "\n" + d.text("report.none"))
	} else {
		d.tell(head + "\n" + d.totals(r))
	}
	d.listed(r.Vehicle, r.Violations, rows)
	d.tell(d.source(r))
}

// listed writes the first rows, and how to read the others.
func (d *dialog) listed(v Vehicle, all []Violation, rows int) {
	for i := range all[:min(rows, len(all))] {
		d.tell(d.row(i+1, all[i]))
	}
	if more := len(all) - rows; more > 0 {
		d.say("news.rest", more, d.asking(v))
	}
}

// asking is what to send to have a vehicle looked up.
func (d *dialog) asking(v Vehicle) string {
	if at := d.position(v); at > 0 {
		return d.text("send.nth", at)
	}
	return v.Plate
}

func (d *dialog) tellFound(n *Notice, car string, rows int) {
	if n.Report == nil {
		why := UserText(d.s.lang(), n.Err)
		if n.Err == Maintenance {
			why += d.text("later.full")
		}
		d.say("notice.failed", car, why)
	} else {
		d.tellReport(d.text("notice.found", car), *n.Report, rows)
	}
	d.tapCar(n.Vehicle, false)
	if n.Report != nil && d.position(n.Vehicle) == 0 && d.s.Last.Same(n.Vehicle) {
		d.options = append(d.options, d.option("tap.save"))
	}
}

func (d *dialog) tellInspection(n *Notice, car string) {
	d.say("notice.inspection", car)
	d.tell(InspectionText(d.s.lang(), Saved{Vehicle: n.Vehicle, Inspection: n.Inspection}, d.at))
	d.offer("tap.cars")
}

// day is a date without its time: 2026-05-31.
func (d *dialog) day(t time.Time) string { return t.In(China).Format(time.DateOnly) }

// tapCar offers what can be done about a vehicle.
func (d *dialog) tapCar(v Vehicle, watched bool) {
	d.options = nil
	at := d.position(v)
	if at > 0 {
		d.options = append(d.options, Option{Label: d.text("tap.nth", at), Send: d.text("send.nth", at)})
	}
	if d.s.Last.Same(v) {
		d.options = append(d.options, d.option("tap.refresh"))
	}
	if watched && at > 0 {
		d.options = append(d.options, d.dropping(v))
	}
	if len(d.options) == 0 {
		d.options = append(d.options, d.option("tap.cars"))
	}
}

func (d *dialog) dropping(v Vehicle) Option {
	return Option{Label: d.text("label.drop", v.Plate), Send: d.text("send.drop", v.Plate)}
}

func (d *dialog) option(k key) Option { return Option{Label: d.text(k), Send: d.text(k)} }

func noticeKey(k NoticeKind) key { return key("notice." + string(k)) }
func alarmKey(a Alarm) key       { return key("alarm." + string(a)) }
