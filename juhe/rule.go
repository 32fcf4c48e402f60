package juhe

import (
	"context"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"unicode"
	"unicode/utf8"
)

// Province is an entry of the list of open cities.
type Province struct {
	Code   string // such as ZJ; 湖南 is HUN, 河南 HN, 陕西 SX
	Name   string
	Cities []City
}

// City is a city as the service divides the country, with what it asks for.
// Some rows are no cities: whole provinces beside their cities, XX_NER for the
// new-energy cars of a province, XX_LISHI (历史), which is of no use to a query.
type City struct {
	// Code goes into Query.City exactly as received: it is opaque, and not
	// always what one would spell (JX_YICHUN_J, FJ_FU1ZHOU, HN_LEIHE).
	Code string
	Name string
	// Abbr is the province's character (苏) from Cities, and what the service
	// likes (沪 or 赣C) from Prefix. Build no prefix table from it.
	Abbr         string
	Province     string
	ProvinceCode string // empty from Prefix
	Engine       Need   // of the engine number
	VIN          Need   // of the frame number
}

// Need is how much of a number a city asks for: its last n characters, or one
// of the two special values.
type Need int

// NotNeeded means: send nothing. Whole means: send all of it – the service
// writes it as 0, which is easily mistaken for nothing.
const (
	NotNeeded Need = -1
	Whole     Need = 0
)

// Of cuts number, which may be the whole one, to what the need asks for. ok is
// false if number is too short.
func (n Need) Of(number string) (tail string, ok bool) {
	switch {
	case n == NotNeeded:
		return "", true
	case n == Whole:
		return number, number != ""
	case len(number) < int(n):
		return "", false
	}
	return number[len(number)-int(n):], true
}

// String returns "none", "whole" or "last 6".
func (n Need) String() string {
	switch n {
	case NotNeeded:
		return "none"
	case Whole:
		return "whole"
	}
	return fmt.Sprintf("last %d", int(n))
}

// Cities lists what is open today: a city in maintenance is taken off, so a
// missing city says nothing about its plates. province narrows the list
// ("ZJ"); empty means all. An empty list is not an error.
func (c *Client) Cities(ctx context.Context, province string) ([]Province, error) {
	params := url.Values{"dtype": {"json"}}
	if province = strings.TrimSpace(province); province != "" {
		params.Set("province", province)
	}
	raw, err := c.call(ctx, http.MethodPost, EndpointCities, params)
	if err != nil {
		return nil, err
	}
	provinces, err := decodeCities(raw)
	c.scrubReason(err, Query{})
	return provinces, err
}

// Prefix returns the rule of a plate prefix: the province's character and one
// letter. A new-energy plate, the one with eight characters, has another rule
// than an ordinary one. The call must be a GET, so that its URL holds the key,
// but for that reason never a whole plate.
//
// ErrNoRule means the service knows no such prefix.
func (c *Client) Prefix(ctx context.Context, prefix string, newEnergy bool) (City, error) {
	if !isPrefix(prefix) {
		return City{}, fmt.Errorf("%w: a prefix is a province's character and a letter", ErrInvalid)
	}
	// isNer is documented as optional; callers who left it out got the
	// ordinary rule for new-energy plates.
	params := url.Values{"hphm": {prefix}, "isNer": {"0"}}
	if newEnergy {
		params.Set("isNer", "1")
	}
	raw, err := c.call(ctx, http.MethodGet, EndpointPrefix, params)
	if err != nil {
		return City{}, err
	}
	city, err := decodePrefix(raw)
	c.scrubReason(err, Query{})
	return city, err
}

func isPrefix(s string) bool {
	province, size := utf8.DecodeRuneInString(s)
	return unicode.Is(unicode.Han, province) &&
		len(s) == size+1 && s[size] >= 'A' && s[size] <= 'Z'
}

func decodePrefix(raw []byte) (City, error) {
	result, err := openEnvelope(EndpointPrefix, raw)
	if err != nil {
		return City{}, err
	}
	city := cityOf(result)
	switch {
	case result.kind == object && city.Code != "":
	case result.text == "" && (result.kind == object || len(result.items) == 0):
		// 0 with null, [], "" or an empty code is how the family says that it
		// found nothing.
		return City{}, fmt.Errorf("juhe: %s: %w", EndpointPrefix, ErrNoRule)
	default:
		return City{}, &malformedError{endpoint: EndpointPrefix, why: "result is no object"}
	}
	city.Province = result.field("province").text
	return city, nil
}

// decodeCities reads the list in both shapes: the document shows an object by
// province code, the one real answer that is public has an array.
func decodeCities(raw []byte) ([]Province, error) {
	result, err := openEnvelope(EndpointCities, raw)
	if err != nil {
		return nil, err
	}
	if result.kind == scalar && result.text != "" {
		return nil, &malformedError{endpoint: EndpointCities, why: "result is no list"}
	}
	var provinces []Province
	for i, item := range result.items {
		if item.kind == missing {
			continue
		}
		key := ""
		if result.kind == object {
			key = result.names[i]
		}
		p, ok := provinceOf(item, key)
		if !ok {
			return nil, &malformedError{endpoint: EndpointCities, why: "a province of the wrong shape"}
		}
		provinces = append(provinces, p)
	}
	return provinces, nil
}

// provinceOf reads one province; key is its name in the enclosing object,
// which stands in for a missing province_code.
func provinceOf(n node, key string) (Province, bool) {
	rows, ok := n.rows("citys", func(row node) bool { return row.hasAny("city_code", "city_name") })
	if n.kind != object || !ok {
		return Province{}, false
	}
	p := Province{Code: n.field("province_code").text, Name: n.field("province").text}
	if p.Code == "" {
		p.Code = key
	}
	seen := make(map[string]bool, len(rows))
	for _, row := range rows {
		city := cityOf(row)
		if city.Code == "" || seen[city.Code] { // sibling lists repeat rows
			continue
		}
		seen[city.Code] = true
		city.Province, city.ProvinceCode = p.Name, p.Code
		p.Cities = append(p.Cities, city)
	}
	return p, true
}

func cityOf(n node) City {
	return City{
		Code:   n.field("city_code").text,
		Name:   n.field("city_name").text,
		Abbr:   n.field("abbr").text,
		Engine: needOf(n.first("engine"), n.first("engineno")),
		VIN:    needOf(n.first("classa", "class"), n.first("classno")),
	}
}

// needOf combines "is it needed" (0 or false: no) with "how much" (0 all, else
// the last n). If only the amount is there, it decides; an amount that cannot
// be read is all of it: too much can be cut, too little cannot be sent.
func needOf(flag, amount string) Need {
	n, ok := bounded(amount)
	switch {
	case flag == "0", flag == "false", flag == "" && n == 0:
		return NotNeeded
	case !ok:
		return Whole
	}
	return Need(n)
}
