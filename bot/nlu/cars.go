package nlu

import (
	"slices"

	"github.com/weizhangbot/weizhangbot/bot/plate"
)

// vehicles lists the vehicles of a message and lets every plate token point to
// its vehicle, -1 for a plate that is not meant: the old one of a correction.
// The same plate twice is one vehicle.
func (s *scanner) vehicles() (cars []Vehicle, corrected bool) {
	old := s.corrected()
	for i := range s.tokens {
		t := &s.tokens[i]
		if t.kind != numberPlate {
			continue
		}
		r := s.matches[t.n].Reading
		if slices.Contains(old, i) {
			t.n = -1
			continue
		}
		t.n = len(cars)
		if r.Normalized != "" {
			at := slices.IndexFunc(cars, func(c Vehicle) bool { return c.Plate.Normalized == r.Normalized })
			if at >= 0 {
				t.n = at
				continue
			}
		}
		r = s.doubt(r, s.text[t.start])
		cars = append(cars, Vehicle{Plate: r, Type: r.HPZL})
	}
	return cars, len(old) > 0
}

// corrected lists the tokens of plates that a message takes back: the one
// behind 不是, else, when something is called wrong or changed, all but the
// last.
func (s *scanner) corrected() []int {
	var plates, denied []int
	isDenied := false
	for i, t := range s.tokens {
		switch {
		case t.kind == numberPlate:
			plates = append(plates, i)
			if isDenied {
				denied = append(denied, i)
			}
			isDenied = false
		case t.kind == word && t.phrase.role == negation:
			isDenied = true
		case t.kind != space:
			isDenied = false
		}
	}
	switch {
	case len(denied) > 0:
		return denied
	case len(plates) > 1 && s.is.any(wrong|change):
		return plates[:len(plates)-1]
	}
	return nil
}

// doubt turns a guess that begins with an everyday verb into a question: 想 is
// want before it is 湘, and shan may be half of shanxi, 山西.
func (s *scanner) doubt(r plate.Reading, first rune) plate.Reading {
	switch {
	case r.Action != plate.Confirm:
	case r.Reason == plate.Homophone && slices.Contains(verbs, first):
		r.Action = plate.Ask
	case r.Reason == plate.Pinyin && first == 'S' && r.Province == "陕西":
		r.Action = plate.Ask
	}
	return r
}

// verbs are the homophones that begin a sentence more often than a plate.
var verbs = []rune("想了这")

// kinds applies the words for plate types that the plate reader does not know,
// or returns the type if no vehicle is named.
func (s *scanner) kinds(cars []Vehicle) (hpzl string, denied bool) {
	car, isDenied := 0, false
	for _, t := range s.tokens {
		switch {
		case t.kind == numberPlate && t.n >= 0:
			car = t.n
		case t.kind == word && t.phrase.role == negation:
			isDenied = true
			continue
		case t.kind == word && t.phrase.role == kindWord:
			if isDenied {
				denied = true
				break
			}
			hpzl = combined(hpzl, t.phrase.hpzl)
			s.large(cars, car, t.phrase.hpzl)
		}
		if t.kind != space {
			isDenied = false
		}
	}
	if len(cars) > 0 {
		hpzl = ""
	}
	return hpzl, denied
}

// combined is the type that two words name together: 新能源小车, 新能源大车.
func combined(first, second string) string {
	switch {
	case first == "52" && second == "02":
		return "52"
	case first == "52" && second == "01":
		return "51"
	}
	return second
}

// large makes an ordinary vehicle a large one, the nearest that can be.
func (s *scanner) large(cars []Vehicle, car int, hpzl string) {
	if hpzl != "01" {
		return
	}
	for _, c := range []int{car, car + 1} {
		if c < len(cars) && (cars[c].Plate.Kind == plate.Small || cars[c].Plate.Kind == plate.Large) {
			cars[c].Type = hpzl
			return
		}
	}
}

// front moves the vehicles that can be looked up before those that cannot.
func front(cars []Vehicle) {
	slices.SortStableFunc(cars, func(a, b Vehicle) int { return rank(a) - rank(b) })
}

func rank(v Vehicle) int {
	switch v.Plate.Action {
	case plate.Unsupported:
		return 1
	case plate.Reject:
		return 2
	}
	return 0
}
