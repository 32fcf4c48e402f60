package nlu

import (
	"slices"
	"strings"
	"time"
)

// A span is a date as it was typed. Without a day it is a month; a date that
// does not exist has no year.
type span struct {
	start, end       int
	year, month, day int
}

// byDate reads what is told of the inspection: 2020年5月上牌, 检验有效期至2026年5月.
// Beside a car's digits a date is no more than one field of the licence.
func (r *reader) byDate() bool {
	if !r.about.any(registration|expiry) || r.is.any(offence|police|look) {
		return false
	}
	if len(r.dates) == 0 && r.about.any(expiry) && r.tellsMonth() && len(r.Vehicles) == 0 {
		return r.set(ProvideInfo, Inspection)
	}
	found := r.tellDates()
	if !found || r.Engine != "" || r.VIN != "" {
		return false
	}
	r.refersTo()
	return r.set(ProvideInfo, Inspection)
}

// tellsMonth tells whether a month without a year is told, 年审到明年5月, which
// stands for no date without knowing today's.
func (r *reader) tellsMonth() bool {
	return slices.ContainsFunc(r.tokens, func(t token) bool {
		return t.kind == measured && t.end < len(r.text) && r.text[t.end] == '月'
	})
}

// tellDates gives every date to the label before it, else to the one behind.
func (r *reader) tellDates() bool {
	found := false
	for i, d := range r.dates {
		from, to := 0, len(r.text)
		if i > 0 {
			from = r.dates[i-1].end
		}
		if i+1 < len(r.dates) {
			to = r.dates[i+1].start
		}
		label := r.labelBetween(from, d.start, true)
		if label == 0 {
			label = r.labelBetween(d.end, to, false)
		}
		switch {
		case label.any(registration):
			r.Registered, found = d.first(), true
		case label.any(expiry):
			r.Until, found = d.last(), true
		}
	}
	return found
}

// labelBetween is the kind of the last, or first, label between two places.
func (s *scanner) labelBetween(from, to int, last bool) subject {
	found := subject(0)
	for _, t := range s.tokens {
		if t.kind != word || t.start < from || t.end > to || !t.phrase.about.any(registration|expiry) {
			continue
		}
		if found = t.phrase.about & (registration | expiry); !last {
			return found
		}
	}
	return found
}

// first is the date, or the first day of the month; "" if there is none such.
func (d span) first() string {
	if d.year == 0 {
		return ""
	}
	return time.Date(d.year, time.Month(d.month), max(d.day, 1), 0, 0, 0, 0, time.UTC).Format(time.DateOnly)
}

// last is the date, or the last day of the month, to which 有效期至2026年5月 extends.
func (d span) last() string {
	if d.year == 0 || d.day > 0 {
		return d.first()
	}
	return time.Date(d.year, time.Month(d.month)+1, 0, 0, 0, 0, 0, time.UTC).Format(time.DateOnly)
}

// findDates notes the dates of a message that speaks of them, and takes their
// digits from the values.
func (s *scanner) findDates() {
	if !s.about.any(registration | expiry) {
		return
	}
	for i := 0; i < len(s.text); i++ {
		if i > 0 && isAlnum(s.text[i-1]) || !isAlnum(s.text[i]) {
			continue
		}
		if d, ok := dateAt(s.text, i); ok {
			s.dates = append(s.dates, d)
			i = d.end - 1
		}
	}
	for _, d := range s.dates {
		for i := range s.tokens {
			if t := &s.tokens[i]; t.start < d.end && t.end > d.start && (t.kind == value || t.kind == latin || t.kind == private) {
				t.kind = measured
			}
		}
	}
}

// dateAt reads a date that begins at i: 2020-05-12, 2020/5, 2020.5.12,
// 2020年5月12日, 20年5月, 20200512, 202005, May 2026.
func dateAt(text []rune, i int) (span, bool) {
	if isLetter(text[i]) {
		return englishDate(text, i, 0)
	}
	n := numberRun(text[i:])
	d := span{start: i, end: i + n}
	switch {
	case n == 8 || n == 6:
		if !isYear(text[i : i+4]) {
			return span{}, false
		}
		d.year, d.month = number(text[i:i+4]), number(text[i+4:i+6])
		if n == 8 {
			d.day = number(text[i+6 : i+8])
			return d.checked(d.day)
		}
		return d.checked(1)
	case n <= 2 && d.end < len(text) && text[d.end] == ' ':
		e, ok := englishDate(text, d.end+1, number(text[i:d.end]))
		e.start = i
		return e, ok
	case n == 2 && d.end < len(text) && text[d.end] == '年':
		d.year = 2000 + number(text[i:d.end])
	case n == 4 && isYear(text[i:d.end]):
		d.year = number(text[i:d.end])
	default:
		return span{}, false
	}
	return d.rest(text)
}

// rest reads the month and the day behind the year.
func (d span) rest(text []rune) (span, bool) {
	part := func(marks string) (int, bool) {
		at := d.end
		for at < len(text) && at < d.end+2 && strings.ContainsRune(marks, text[at]) {
			at++
		}
		n := 0
		if at < len(text) {
			n = numberRun(text[at:])
		}
		if at == d.end || n < 1 || n > 2 {
			return 0, false
		}
		d.end = at + n
		return number(text[at:d.end]), true
	}
	month, ok := part("年-/. ")
	if !ok {
		return span{}, false
	}
	d.month = month
	day, ok := part("月-/. ")
	d.day = day
	if d.end < len(text) && strings.ContainsRune("月日号", text[d.end]) {
		d.end++
	}
	if !ok {
		day = 1
	}
	return d.checked(day)
}

// checked takes the year from a date that no calendar has.
func (d span) checked(day int) (span, bool) {
	if t := time.Date(d.year, time.Month(d.month), day, 0, 0, 0, 0, time.UTC); int(t.Month()) != d.month || t.Day() != day {
		d.year = 0
	}
	return d, true
}

// englishDate reads May 2026, and 12 May 2026 of which the day was read.
func englishDate(text []rune, i, day int) (span, bool) {
	end := i
	for end < len(text) && isLetter(text[end]) {
		end++
	}
	const shortest = 3
	if end-i < shortest || end+5 > len(text) || text[end] != ' ' && text[end] != '.' || !isYear(text[end+1:end+5]) {
		return span{}, false
	}
	name := string(text[i:end])
	month := slices.IndexFunc(months[:], func(m string) bool { return strings.HasPrefix(m, name) })
	if month < 0 {
		return span{}, false
	}
	d := span{start: i, end: end + 5, year: number(text[end+1 : end+5]), month: month + 1, day: day}
	return d.checked(max(day, 1))
}

var months = [...]string{"JANUARY", "FEBRUARY", "MARCH", "APRIL", "MAY", "JUNE", "JULY", "AUGUST", "SEPTEMBER", "OCTOBER", "NOVEMBER", "DECEMBER"}

func numberRun(r []rune) int {
	n := 0
	for n < len(r) && isDigit(r[n]) {
		n++
	}
	return n
}

func number(r []rune) int {
	n := 0
	for _, d := range r {
		n = 10*n + int(d-'0')
	}
	return n
}
