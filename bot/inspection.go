package bot

import (
	"encoding/binary"
	"hash/fnv"
	"time"
)

// An Inspection is what a person told of their car's periodic inspection. Dates
// are days in China, as midnight there; zero: not told.
type Inspection struct {
	Registered time.Time `json:"registered,omitzero"` // first registration
	Until      time.Time `json:"until,omitzero"`      // 检验有效期至, which is preferred
}

// An InspectionKind is how an inspection is done.
type InspectionKind string

// The kinds. "" is not known.
const (
	ClaimMark InspectionKind = "claim_mark" // the mark is claimed on line, without a visit
	OnSite    InspectionKind = "on_site"    // the car goes to a station
)

// An InspectionPlan is when a car's next inspection is due, and what is to be
// done. Dates are days in China, as midnight there; Opens is never after Due.
type InspectionPlan struct {
	Due      time.Time      // the last day that the present mark covers
	Opens    time.Time      // the first day on which it can be handled
	Kind     InspectionKind // "" when only the date is known
	Year     int            // years since registration at Due; 0 when not known
	InWindow bool           // it can be handled today
	Computed bool           // Due follows from the registration by rule; else the person told it
	// Past is the last date that has passed, zero without one: whoever is told
	// of Due is told of it too, because nobody knows whether it was kept. It
	// equals Due when the date that the person told has passed and the next
	// cannot be computed.
	Past time.Time
}

// The plausible years of a date that somebody told: what is outside is a slip,
// and from it nothing follows.
const (
	earliestYear = 1950
	latestYear   = 2150
)

// windowMonths is how many calendar months before the month of the due date the
// window opens: 机动车登记规定 54, 有效期满前三个月内, read as whole months.
const windowMonths = 2

// NextInspection is the inspection that is next at a time: by the date that the
// person told, else by the rule for non-operating small passenger cars with
// nine seats at most, in force since 2022-10-01 (公安部等四部门《关于深化机动车检
// 验制度改革优化车检服务工作的意见》; 机动车登记规定 54): 2, 4 and 8 years after
// registration the mark is claimed, after 6, 10 and every further year the car
// goes to a station; due is the last day of the month of registration. ok is
// false when no date is known that could be one. As at goes on, Due never goes
// back.
func NextInspection(i Inspection, at time.Time) (plan InspectionPlan, ok bool) {
	today := day(at)
	if !plausible(i.Registered) {
		i.Registered = time.Time{}
	}
	if plausible(i.Until) {
		until := day(i.Until)
		plan = planned(until)
		plan.Kind, plan.Year = i.scheduled(until)
		if !until.Before(today) || i.Registered.IsZero() {
			if until.Before(today) {
				plan.Past = until
			}
			plan.InWindow = plan.covers(today)
			return plan, true
		}
		past := until
		plan = i.computed(today)
		plan.Past = past
		return plan, true
	}
	if i.Registered.IsZero() {
		return InspectionPlan{}, false
	}
	return i.computed(today), true
}

// NextInspection is NextInspection for a car of its type: the rule holds for
// small ones, so that for a large one only the date counts that was told.
func (s Saved) NextInspection(at time.Time) (InspectionPlan, bool) {
	return NextInspection(s.rulable(), at)
}

// rulable is the car's inspection without what the rule does not hold for.
func (s Saved) rulable() Inspection {
	i := s.Inspection
	if s.Type != "02" && s.Type != "52" {
		i.Registered = time.Time{}
	}
	return i
}

// computed is the first inspection by rule that is not before today.
func (i Inspection) computed(today time.Time) InspectionPlan {
	registered := day(i.Registered)
	n := max(0, today.Year()-registered.Year())
	if monthEnd(registered, n).Before(today) {
		n++
	}
	last := n - 1
	for !inSchedule(n) {
		n++
	}
	for last > 0 && !inSchedule(last) {
		last--
	}
	plan := planned(monthEnd(registered, n))
	plan.Kind, plan.Year, plan.Computed = kindOfYear(n), n, true
	plan.InWindow = plan.covers(today)
	if last > 0 {
		plan.Past = monthEnd(registered, last)
	}
	return plan
}

// scheduled is what the rule says of a date, if it is one of the schedule.
func (i Inspection) scheduled(due time.Time) (InspectionKind, int) {
	if i.Registered.IsZero() {
		return "", 0
	}
	registered := day(i.Registered)
	n := due.Year() - registered.Year()
	if !inSchedule(n) || due.Month() != registered.Month() {
		return "", 0
	}
	return kindOfYear(n), n
}

func inSchedule(n int) bool {
	return n >= 10 || n > 0 && n%2 == 0
}

func kindOfYear(n int) InspectionKind {
	if n == 2 || n == 4 || n == 8 {
		return ClaimMark
	}
	return OnSite
}

func planned(due time.Time) InspectionPlan {
	return InspectionPlan{Due: due, Opens: time.Date(due.Year(), due.Month()-windowMonths, 1, 0, 0, 0, 0, China)}
}

func (p InspectionPlan) covers(today time.Time) bool {
	return !today.Before(p.Opens) && !today.After(p.Due)
}

// monthEnd is the last day of the month of registration, n years later.
func monthEnd(registered time.Time, n int) time.Time {
	return time.Date(registered.Year()+n, registered.Month()+1, 0, 0, 0, 0, 0, China)
}

func plausible(t time.Time) bool {
	year := t.In(China).Year()
	return !t.IsZero() && year >= earliestYear && year <= latestYear
}

// day is the day of t in China, as midnight there.
func day(t time.Time) time.Time {
	y, m, d := t.In(China).Date()
	return time.Date(y, m, d, 0, 0, 0, 0, China)
}

// When people are reminded: the window opens, a month is left, a week is left.
const (
	remindEarly = 30 // days before the due date
	remindLate  = 7
	remindHour  = 9 // in China
	// remindSpread keeps the reminders of a date, which mostly is the last of a
	// month, from falling on one minute.
	remindSpread = 50 * time.Minute
)

// NextReminder is when the person is reminded next, strictly after at: on the
// day the window opens, 30 and 7 days before the due date, after nine in the
// morning. ok is false when nothing is left to remind of.
func NextReminder(i Inspection, at time.Time) (when time.Time, ok bool) {
	plan, ok := NextInspection(i, at)
	for ok && !plan.Due.Before(day(at)) {
		for _, d := range []time.Time{plan.Opens, plan.Due.AddDate(0, 0, -remindEarly), plan.Due.AddDate(0, 0, -remindLate)} {
			if when := d.Add(remindHour*time.Hour + i.spread()); when.After(at) {
				return when, true
			}
		}
		plan, ok = NextInspection(i, plan.Due.AddDate(0, 0, 1))
		if plan.Due.Equal(plan.Past) {
			return time.Time{}, false
		}
	}
	return time.Time{}, false
}

// NextReminder is NextReminder for a car of its type.
func (s Saved) NextReminder(at time.Time) (time.Time, bool) { return NextReminder(s.rulable(), at) }

// spread is the same for the same dates.
func (i Inspection) spread() time.Duration {
	h := fnv.New64a()
	var b [16]byte
	binary.BigEndian.PutUint64(b[:8], uint64(i.Registered.Unix()))
	binary.BigEndian.PutUint64(b[8:], uint64(i.Until.Unix()))
	_, _ = h.Write(b[:]) // never fails
	return time.Duration(h.Sum64() % uint64(remindSpread))
}

// InspectionText tells when the next inspection is due and what is to be done,
// with what the answer rests on; "" when nothing is known.
func InspectionText(l Lang, s Saved, at time.Time) string {
	plan, ok := s.NextInspection(at)
	if !ok {
		return ""
	}
	return plan.Text(l)
}

// Text is the plan in sentences, with its caveats.
func (p InspectionPlan) Text(l Lang) string {
	var lines []string
	if !p.Past.IsZero() {
		lines = append(lines, l.say("inspection.past", l.date(p.Past)))
	}
	if !p.Past.Equal(p.Due) {
		lines = append(lines, p.next(l)...)
	}
	caveat := l.say("inspection.check")
	if p.Computed {
		caveat = l.say("inspection.caveat")
	}
	return list("\n", append(lines, caveat)...)
}

// next are the lines about the due date that is still to come.
func (p InspectionPlan) next(l Lang) []string {
	due := l.say("inspection.until", l.date(p.Due))
	if p.Computed {
		due = l.say("inspection.computed", l.date(p.Due), p.Year)
	}
	window := l.say("inspection.opens", l.date(p.Opens))
	if p.InWindow {
		window = l.say("inspection.open")
	}
	how := l.say("inspection.how")
	switch p.Kind {
	case ClaimMark:
		how = l.say("inspection.claim")
	case OnSite:
		how = l.say("inspection.site")
	}
	return []string{due, window, how}
}

// date writes a day.
func (l Lang) date(t time.Time) string {
	y, m, d := t.In(China).Date()
	return l.say("inspection.date", y, m, d)
}
