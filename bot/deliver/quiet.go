package deliver

import "time"

// Quiet is the part of the day in which nobody is woken, as times since
// midnight on the clock on the wall. It may cross midnight; equal times are no
// quiet at all.
type Quiet struct{ From, To time.Duration }

// until tells whether t, in the zone that counts, lies in quiet hours, and when
// they end. Where the clock is set forward over their end they end with the
// jump; where it is set back over it, the first time counts.
func (q Quiet) until(t time.Time) (end time.Time, quiet bool) {
	if q.From == q.To {
		return time.Time{}, false
	}
	clock := sinceMidnight(t)
	day := 0
	switch {
	case q.From < q.To:
		quiet = clock >= q.From && clock < q.To
	case clock >= q.From:
		quiet, day = true, 1
	default:
		quiet = clock < q.To
	}
	if !quiet {
		return time.Time{}, false
	}
	y, m, d := t.Date()
	hours, minutes := int(q.To/time.Hour), int(q.To%time.Hour/time.Minute)
	end = time.Date(y, m, d+day, hours, minutes, 0, 0, t.Location())
	if !end.After(t) { // the clock is set back in this night, and shows t for the second time
		end = end.Add(time.Hour)
	}
	return end, true
}

// sinceMidnight is what the clock shows at t.
func sinceMidnight(t time.Time) time.Duration {
	h, m, s := t.Clock()
	return time.Duration(h)*time.Hour + time.Duration(m)*time.Minute + time.Duration(s)*time.Second
}
