package juhetest

import (
	_ "embed"
	"net/url"
	"slices"
	"strings"
)

// prefixRules is a historic table: every plate prefix with its city, and what
// the city asks for.
//
//go:embed prefix_rules.csv
var prefixRules string

// rule is one row: a city and what it asks for, as the service spells it.
type rule struct {
	province, cityName, cityCode string
	abbr                         string // the province's character
	engine, engineno             string
	classa, classno              string
}

// rules answers by prefix and by city.
type rules struct {
	ordinary  map[string]rule // 苏E
	newEnergy map[string]rule // 苏
	cities    []rule          // each city once, in the table's order
}

// wholeProvinces are rows of the real list beside the cities of the province.
var wholeProvinces = []rule{
	{"四川", "四川", "SC", "川", "1", "6", "1", "6"},
	{"福建", "福建", "FJ", "闽", "1", "6", "1", "6"},
	{"河北", "河北", "HB", "冀", "1", "6", "1", "6"},
	{"贵州", "贵州", "GZ", "贵", "1", "6", "1", "6"},
}

// historic are the pseudo provinces of the real list, 江西's wrong character
// included. No query wants them.
var historic = []rule{
	{"山东历史", "山东历史", "SD_LISHI", "鲁", "1", "6", "1", "6"},
	{"广东历史", "广东历史", "GD_LISHI", "粤", "1", "6", "1", "6"},
	{"上海历史", "上海历史", "SH_LISHI", "沪", "1", "0", "1", "6"},
	{"江西历史", "江西历史", "JX_LISHI", "沪", "1", "6", "1", "6"},
	{"浙江历史", "浙江历史", "ZJ_LISHI", "浙", "1", "6", "1", "6"},
}

func readRules() *rules {
	t := &rules{ordinary: map[string]rule{}, newEnergy: map[string]rule{}}
	for _, line := range strings.Split(strings.TrimSpace(prefixRules), "\n")[1:] {
		c := strings.Split(strings.TrimSpace(line), ",")
		prefix, isNer := c[0], c[1]
		province, _ := cutRune(prefix)
		r := rule{c[2], c[3], c[4], province, c[5], c[6], c[7], c[8]}
		if isNer == "1" {
			t.newEnergy[province] = r
		} else {
			t.ordinary[prefix] = r
		}
		if _, known := t.city(r.cityCode); !known {
			t.cities = append(t.cities, r)
		}
	}
	t.cities = slices.Concat(t.cities, wholeProvinces, historic)
	return t
}

// of returns the rule of a plate or prefix.
func (t *rules) of(hphm string, newEnergy bool) (rule, bool) {
	province, rest := cutRune(hphm)
	if rest == "" {
		return rule{}, false
	}
	if newEnergy {
		r, ok := t.newEnergy[province]
		return r, ok
	}
	r, ok := t.ordinary[province+rest[:1]]
	return r, ok
}

func (t *rules) city(code string) (rule, bool) {
	i := slices.IndexFunc(t.cities, func(r rule) bool { return r.cityCode == code })
	if i < 0 {
		return rule{}, false
	}
	return t.cities[i], true
}

// provinceCode of ZJ_HZ is ZJ; a pseudo province is its own.
func (r rule) provinceCode() string {
	if strings.HasSuffix(r.cityCode, "_LISHI") {
		return r.cityCode
	}
	code, _, _ := strings.Cut(r.cityCode, "_")
	return code
}

// serves reports whether a query may name city for a car of this rule.
func (r rule) serves(city string) bool {
	return city == r.cityCode || city == r.provinceCode() && slices.ContainsFunc(wholeProvinces,
		func(whole rule) bool { return whole.cityCode == city })
}

// carPre answers with the rule of a prefix or a whole plate.
func (s *Server) carPre(p url.Values, f Faults) (int, any) {
	r, ok := s.rules.of(p.Get("hphm"), p.Get("isNer") == "1")
	switch {
	case !ok && f.NoRuleAsNull:
		return codeOK, nil
	case !ok:
		return codeNoRule, nil
	}
	return codeOK, fields{
		{"city_name", r.cityName}, {"city_code", r.cityCode}, {"abbr", r.abbr},
		{"engine", r.engine}, {"engineno", r.engineno},
		{"classa", r.classa}, {"classno", r.classno}, {"province", r.province},
	}
}

// citys lists what is open, by province.
func (s *Server) citys(p url.Values, f Faults) (int, any) {
	var order []string
	byProvince := map[string]fields{}
	rows := map[string][]any{}
	for _, r := range s.rules.cities {
		code := r.provinceCode()
		if f.down(r.cityCode) || p.Get("province") != "" && p.Get("province") != code {
			continue
		}
		if _, seen := byProvince[code]; !seen {
			order = append(order, code)
			byProvince[code] = fields{{"province", r.province}, {"province_code", code}}
		}
		rows[code] = append(rows[code], cityRow(r))
	}
	asList, asObject := []any{}, fields{}
	for _, code := range order {
		province := byProvince[code].with("citys", rows[code])
		asList, asObject = append(asList, province), asObject.with(code, province)
	}
	if f.CitysShape == "array" || len(order) == 0 { // PHP writes an empty object as []
		return codeOK, asList
	}
	return codeOK, asObject
}

// cityRow has the ten keys of every real row; class is classa once more.
func cityRow(r rule) fields {
	return fields{
		{"city_name", r.cityName}, {"city_code", r.cityCode}, {"abbr", r.abbr},
		{"engine", r.engine}, {"engineno", r.engineno},
		{"classa", r.classa}, {"class", r.classa}, {"classno", r.classno},
		{"regist", "0"}, {"registno", "0"},
	}
}

// cutRune splits off the first character.
func cutRune(s string) (first, rest string) {
	for i := range s {
		if i > 0 {
			return s[:i], s[i:]
		}
	}
	return s, ""
}
