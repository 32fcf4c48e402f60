package juhetest

import (
	"slices"
	"strings"
)

// Car is a vehicle with its own digits.
type Car struct {
	Plate      string // 苏E00A01
	Type       string // hpzl; "02" if empty
	Engine     string // the whole number; a query must give its end, by the rule
	VIN        string // likewise
	Violations []Violation
}

// Violation is one row, every field as it goes out. An empty field goes out as
// "", one named in Null as null, one named in Omit not at all; the names are
// those of the service, such as "money".
type Violation struct {
	Date      string // 2026-03-01 08:15:00
	Area      string
	Act       string
	Code      string
	Fen       string
	Money     string
	Handled   string // "0", "1" or ""
	Archiveno string
	WZCity    string
	CJGG      string
	Null      []string
	Omit      []string
}

// vehicle is what identifies a car: the same plate may exist in two types.
type vehicle struct{ plate, hpzl string }

func vehicleOf(plate, hpzl string) vehicle {
	if hpzl == "" {
		hpzl = "02" // the documented default
	}
	return vehicle{plate, hpzl}
}

// AddCar adds a car, or replaces it with all its violations. From then on its
// plate exists in the car's type only, unless it is added in another as well.
func (s *Server) AddCar(c Car) {
	s.mu.Lock()
	defer s.mu.Unlock()
	c.Violations = slices.Clone(c.Violations)
	v := vehicleOf(c.Plate, c.Type)
	s.cars[v] = c
	delete(s.added, v)
}

// AddViolation lets something new happen to any car, added or invented. It
// comes first among the rows.
func (s *Server) AddViolation(plate, hpzl string, v Violation) {
	s.mu.Lock()
	defer s.mu.Unlock()
	car := vehicleOf(plate, hpzl)
	s.added[car] = append([]Violation{v}, s.added[car]...)
}

// find returns the car added under v. elsewhere: there is one with this plate,
// but of another type.
func (s *Server) find(v vehicle) (car Car, found, elsewhere bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if car, found = s.cars[v]; found {
		return car, true, false
	}
	for other := range s.cars {
		elsewhere = elsewhere || other.plate == v.plate
	}
	return Car{}, false, elsewhere
}

func (s *Server) violationsOf(v vehicle) []Violation {
	own := func() []Violation {
		if car, found, _ := s.find(v); found {
			return car.Violations
		}
		return s.invent(v)
	}()
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Concat(s.added[v], own)
}

func (v Violation) row() fields {
	var out fields
	for _, f := range []struct{ name, value string }{
		{"date", v.Date}, {"area", v.Area}, {"act", v.Act}, {"code", v.Code},
		{"fen", v.Fen}, {"money", v.Money}, {"handled", v.Handled},
		{"archiveno", v.Archiveno}, {"wzcity", v.WZCity}, {"cjgg", v.CJGG},
	} {
		switch {
		case slices.Contains(v.Omit, f.name):
		case slices.Contains(v.Null, f.name):
			out = out.with(f.name, nil)
		default:
			out = out.with(f.name, f.value)
		}
	}
	return out
}

// digitsFit reports whether a number has the length that a rule asks for, whole
// being the least length of a whole one, and does not end in the zeros that are
// always wrong.
func digitsFit(given, needed, count string, whole int) bool {
	if needed != "1" {
		return true
	}
	if strings.HasSuffix(given, "000000") {
		return false
	}
	if n := atoi(count); n > 0 {
		return len(given) == n
	}
	return len(given) >= whole
}

// digitsMatch compares with the end of a car's own number.
func digitsMatch(given, own, needed, count string) bool {
	n := atoi(count)
	switch {
	case needed != "1":
		return true
	case n == 0 || n > len(own):
		return given == own
	}
	return given == own[len(own)-n:]
}

// atoi reads the one-digit numbers of a rule.
func atoi(s string) int {
	if len(s) != 1 || s[0] < '0' || s[0] > '9' {
		return 0
	}
	return int(s[0] - '0')
}
