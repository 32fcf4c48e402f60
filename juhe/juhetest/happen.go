package juhetest

import (
	"slices"
	"time"
)

// Vehicle names a car: the same plate may exist in two types.
type Vehicle struct {
	Plate string // 沪C12345
	Type  string // hpzl: 02
}

// maxAsked bounds what Asked remembers.
const maxAsked = 1000

// Asked returns the vehicles whose violations were shown to somebody, each
// once, the one asked for last at the end; at most the last 1000.
func (s *Server) Asked() []Vehicle {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.asked)
}

// shown notes that v was asked for successfully.
func (s *Server) shown(v vehicle) {
	s.mu.Lock()
	defer s.mu.Unlock()
	name := Vehicle{v.plate, v.hpzl}
	s.asked = append(slices.DeleteFunc(s.asked, func(o Vehicle) bool { return o == name }), name)
	s.asked = slices.Delete(s.asked, 0, max(0, len(s.asked)-maxAsked))
}

// A camera's record is audited for up to five working days before anybody can
// see it, so what is new today happened some days ago.
const (
	leastLag = 2 // days
	mostLag  = 7
)

// Happen lets a new violation appear, as AddViolation does: invented as those
// of invented cars are, undecided, some days old, and at every call another
// one. It returns what was added.
func (s *Server) Happen(plate, hpzl string) Violation {
	s.mu.Lock()
	defer s.mu.Unlock()
	v := vehicleOf(plate, hpzl)
	for {
		s.happened++
		d := s.dice(v, -1-s.happened) // -1 is what draws the history
		n := inventOne(d, lately(d, s.now()), v.plate)
		n.Handled = "0"
		if !slices.ContainsFunc(s.added[v], n.same) {
			s.added[v] = append([]Violation{n}, s.added[v]...)
			return n
		}
	}
}

// same tells whether two rows would be taken for one violation.
func (v Violation) same(o Violation) bool {
	minute := len("2006-01-02 15:04")
	return v.Area == o.Area && v.Act == o.Act && len(v.Date) >= minute && len(o.Date) >= minute &&
		v.Date[:minute] == o.Date[:minute]
}

// lately is a moment in the daytime of one of the last days.
func lately(d *dice, now time.Time) time.Time {
	year, month, today := now.In(beijing).Date()
	midnight := time.Date(year, month, today-leastLag-d.roll(mostLag-leastLag+1), 0, 0, 0, 0, beijing)
	return midnight.Add(moment(d, day))
}

// FailNext has one query answered with this error_code, whatever it asks for
// and whatever the switches say: the next one, or, called several times, one
// after the other.
func (s *Server) FailNext(code int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.failing = append(s.failing, code)
}

// Failing returns how many of the failures of FailNext are still to come.
func (s *Server) Failing() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return len(s.failing)
}

// fail uses up one failure of FailNext, if there is one; s.mu is held.
func (s *Server) fail(endpoint string, f Faults) Faults {
	if endpoint != endpointQuery || len(s.failing) == 0 {
		return f
	}
	f.ForceCode, f.Nonsense = s.failing[0], Sense
	s.failing = s.failing[1:]
	return f
}
