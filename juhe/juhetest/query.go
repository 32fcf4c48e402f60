package juhetest

import (
	"net/url"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"
)

// wholeEngine and wholeVIN are the least lengths of whole numbers.
const (
	wholeEngine = 6
	wholeVIN    = 17
)

// query answers with the violations of one vehicle, in the order in which the
// service would find out what is wrong.
func (s *Server) query(p url.Values, f Faults) (int, any) {
	v := vehicleOf(p.Get("hphm"), p.Get("hpzl"))
	city := p.Get("city")
	if city == "" || v.plate == "" || !slices.Contains([]string{"01", "02", "51", "52"}, v.hpzl) {
		return codeInternal, nil
	}
	if _, known := s.rules.city(city); !known || f.down(city) {
		return codeDown, nil
	}
	if f.WrongDigits {
		return f.wrong(), nil
	}
	switch s.verdict(v, p, city) {
	case unknownCar:
		return codeWrongFree, nil
	case wrongData:
		return f.wrong(), nil
	}
	r, _ := s.rules.city(city)
	result := fields{
		{"province", r.provinceCode()}, {"city", city}, {"hphm", v.plate}, {"hpzl", v.hpzl},
	}
	rows := []any{}
	for _, violation := range s.violationsOf(v) {
		rows = append(rows, violation.row())
	}
	switch {
	case len(rows) > 0 || f.EmptyLists == "list" || f.EmptyLists == "":
		result = result.with("lists", rows)
	case f.EmptyLists == "null":
		result = result.with("lists", nil)
	}
	s.shown(v)
	return codeOK, result
}

type verdict int

const (
	fine verdict = iota
	unknownCar
	wrongData
)

// verdict checks a query against the rule of its car; see the package comment.
func (s *Server) verdict(v vehicle, p url.Values, city string) verdict {
	newEnergy := utf8.RuneCountInString(v.plate) == 8
	r, ok := s.rules.of(v.plate, newEnergy)
	if !ok || !plausible(v.plate) || strings.HasSuffix(v.plate, "404") {
		return unknownCar
	}
	engine, vin := p.Get("engineno"), p.Get("classno")
	switch {
	case newEnergy != (v.hpzl == "51" || v.hpzl == "52"),
		!r.serves(city),
		!digitsFit(engine, r.engine, r.engineno, wholeEngine),
		!digitsFit(vin, r.classa, r.classno, wholeVIN):
		return wrongData
	}
	car, found, elsewhere := s.find(v)
	if elsewhere || found && !(digitsMatch(engine, car.Engine, r.engine, r.engineno) &&
		digitsMatch(vin, car.VIN, r.classa, r.classno)) {
		return wrongData
	}
	return fine
}

// plausible holds for a province's character, a letter, and five or six
// letters and digits without I and O.
func plausible(plate string) bool {
	province, rest := cutRune(plate)
	first, _ := utf8.DecodeRuneInString(province)
	return unicode.Is(unicode.Han, first) &&
		(len(rest) == 6 || len(rest) == 7) &&
		strings.Trim(rest[:1], "ABCDEFGHIJKLMNOPQRSTUVWXYZ") == "" &&
		strings.Trim(rest[1:], "ABCDEFGHJKLMNPQRSTUVWXYZ0123456789") == ""
}
