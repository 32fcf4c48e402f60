package watch

import (
	"cmp"
	"slices"
	"time"

	"github.com/weizhangbot/weizhangbot/bot"
)

const (
	// leftAfter is how long a row must have been missing before it is said to
	// be no longer listed: a city that returns less for a day is common.
	leftAfter = 24 * time.Hour
	// leftMisses is in how many good answers it must have been missing.
	leftMisses = 2
	// mostLeft is how many rows that left are remembered, so that one that
	// comes back is not announced again.
	mostLeft = 50
)

// A row is a violation that a watcher knows of.
type row struct {
	bot.Violation
	Missed int       `json:"missed,omitempty"`   // good answers without it, one after the other; at most leftMisses
	Since  time.Time `json:"since,omitzero"`     // the first of them
	Left   bool      `json:"left,omitempty"`     // no longer listed
	Gone   bool      `json:"gone,omitempty"`     // that was told once, and is not told again
	Fixed  bool      `json:"decision,omitempty"` // its decision is known to the watcher
}

// listed tells whether the row was in the last good answer.
func (r row) listed() bool { return r.Missed == 0 && !r.Left }

// news is what an answer tells somebody who knew certain rows, newest first.
type news struct {
	New     []bot.Violation
	Decided []bot.Violation
	Gone    []bot.Violation
}

func (n news) empty() bool { return len(n.New)+len(n.Decided)+len(n.Gone) == 0 }

// A differ is diff, or what stands in for it.
type differ func(known []row, report bot.Report, misses bool) (next []row, n news, changed bool)

// diff compares what somebody knows with an answer: what they know from then
// on, and what of it is news. It is pure. With misses false, rows that the
// answer lacks are left as they are: it is not younger than what is known.
// changed is false when next holds nothing that known does not.
func diff(known []row, report bot.Report, misses bool) (next []row, n news, changed bool) {
	pairs := match(known, report.Violations)
	held := make([]bool, len(known))
	next = make([]row, 0, len(known)+len(report.Violations))
	for i, v := range report.Violations {
		switch k := pairs[i]; k {
		case twin:
		case fresh:
			next = append(next, row{Violation: v, Fixed: v.State == bot.Decided})
			n.New = append(n.New, v)
			changed = true
		default:
			held[k] = true
			r, decided := known[k].meet(v)
			if decided {
				n.Decided = append(n.Decided, r.Violation)
			}
			next = append(next, r)
			changed = changed || !r.equal(known[k])
		}
	}
	for i, r := range known {
		if held[i] {
			continue
		}
		if misses && !r.Left {
			was := r
			if r = r.miss(report.At); r.Left && !r.Gone {
				r.Gone = true
				n.Gone = append(n.Gone, r.Violation)
			}
			changed = changed || !r.equal(was)
		}
		next = append(next, r)
	}
	if !changed {
		return known, n, false
	}
	newestFirst(n.Gone)
	return prune(next), n, true
}

// meet is what is known of a row after an answer listed it as v. What the
// source leaves out today is kept as it was known. decided tells that its
// decision is news.
func (r row) meet(v bot.Violation) (next row, decided bool) {
	next = r
	next.Missed, next.Since, next.Left = 0, time.Time{}, false
	next.Violation = v
	next.Archive = cmp.Or(v.Archive, r.Archive)
	next.Code = cmp.Or(v.Code, r.Code)
	next.City = cmp.Or(v.City, r.City)
	next.Agency = cmp.Or(v.Agency, r.Agency)
	next.State = cmp.Or(v.State, r.State)
	next.Points = cmp.Or(v.Points, r.Points)
	next.Fine = cmp.Or(v.Fine, r.Fine)
	decided = !r.Fixed && r.State == bot.Open && next.State == bot.Decided
	next.Fixed = r.Fixed || next.State == bot.Decided
	return next, decided
}

// miss is what is known of a row after a good answer of that time lacked it.
func (r row) miss(at time.Time) row {
	if r.Missed == 0 || at.Before(r.Since) { // the clock was set back
		r.Missed, r.Since = 1, at
		return r
	}
	if at.After(r.Since) {
		r.Missed = min(r.Missed+1, leftMisses)
	}
	r.Left = r.Missed >= leftMisses && at.Sub(r.Since) >= leftAfter
	return r
}

// equal tells whether two rows are stored alike.
func (r row) equal(s row) bool {
	same := r.At.Equal(s.At) && r.Since.Equal(s.Since) && number(r.Points) == number(s.Points) && number(r.Fine) == number(s.Fine)
	r.At, r.Since, r.Points, r.Fine = s.At, s.Since, s.Points, s.Fine
	return same && r == s
}

// number is what p points to; nothing has a value that no figure has.
func number(p *int) int {
	if p == nil {
		return -1 << 31
	}
	return *p
}

// prune forgets the rows that left first when they are too many.
func prune(rows []row) []row {
	var left []int
	for i, r := range rows {
		if r.Left {
			left = append(left, i)
		}
	}
	if len(left) <= mostLeft {
		return rows
	}
	slices.SortStableFunc(left, func(a, b int) int { return rows[b].Since.Compare(rows[a].Since) })
	old := left[mostLeft:]
	kept := rows[:0:0]
	for i, r := range rows {
		if !slices.Contains(old, i) {
			kept = append(kept, r)
		}
	}
	return kept
}

// newestFirst sorts as reports are sorted.
func newestFirst(rows []bot.Violation) {
	slices.SortStableFunc(rows, func(a, b bot.Violation) int { return b.At.Compare(a.At) })
}

// What a listed row can be beside the index of a known one.
const (
	fresh = -1 // not known
	twin  = -2 // the same as another row of the answer
)

// match finds the known row of every listed one. A number that both have
// decides first; then rows without one take what is left, before those that
// had left already.
func match(known []row, listed []bot.Violation) []int {
	had, has := make([]mark, len(known)), make([]mark, len(listed))
	for i, r := range known {
		had[i] = markOf(r.Violation)
	}
	pairs := make([]int, len(listed))
	for i, v := range listed {
		has[i], pairs[i] = markOf(v), fresh
		if slices.ContainsFunc(has[:i], func(m mark) bool { return m.archive == has[i].archive && m.same(has[i]) }) {
			pairs[i] = twin
		}
	}
	used := make([]bool, len(known))
	pass := func(fits func(k int, m mark) bool) {
		for i, m := range has {
			for k := 0; pairs[i] == fresh && k < len(had); k++ {
				if !used[k] && had[k].same(m) && fits(k, m) {
					pairs[i], used[k] = k, true
				}
			}
		}
	}
	pass(func(k int, m mark) bool { return m.archive != "" && m.archive == had[k].archive })
	pass(func(k int, _ mark) bool { return !known[k].Left })
	pass(func(int, mark) bool { return true })
	for i, m := range has {
		if pairs[i] == fresh && m.archive == "" && absorbed(m, i, has, pairs) {
			pairs[i] = twin
		}
	}
	return pairs
}

// absorbed tells whether the listed row i, which has no number and is not
// known, is another listed row once more.
func absorbed(m mark, i int, has []mark, pairs []int) bool {
	for j, other := range has {
		if j != i && pairs[j] != twin && other.same(m) && (other.archive != "" || pairs[j] >= 0) {
			return true
		}
	}
	return false
}
