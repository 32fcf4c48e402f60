package bot

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"pgregory.net/rapid"
)

// A property is one unfolded line of a calendar.
type property struct{ name, value string }

var propertyName = regexp.MustCompile(`^[A-Z-]+(;[A-Z-]+=[A-Za-z0-9-]+)*$`)

// properties reads a calendar as strictly as RFC 5545 wants it written.
func properties(text string) ([]property, error) {
	if !utf8.ValidString(text) || !strings.HasSuffix(text, "\r\n") {
		return nil, fmt.Errorf("not UTF-8, or the last line has no end")
	}
	lines := strings.Split(strings.TrimSuffix(text, "\r\n"), "\r\n")
	var unfolded []string
	for _, line := range lines {
		if len(line) > 75 || !utf8.ValidString(line) || strings.ContainsFunc(line, func(r rune) bool { return r < ' ' || r == 0x7f }) {
			return nil, fmt.Errorf("line %q: %d octets", line, len(line))
		}
		if rest, folded := strings.CutPrefix(line, " "); folded && len(unfolded) > 0 {
			unfolded[len(unfolded)-1] += rest
			continue
		}
		unfolded = append(unfolded, line)
	}
	var found []property
	var open []string
	for _, line := range unfolded {
		name, value, ok := strings.Cut(line, ":")
		if !ok || !propertyName.MatchString(name) {
			return nil, fmt.Errorf("no property: %q", line)
		}
		switch name {
		case "BEGIN":
			open = append(open, value)
		case "END":
			if len(open) == 0 || open[len(open)-1] != value {
				return nil, fmt.Errorf("END:%s closes %v", value, open)
			}
			open = open[:len(open)-1]
		}
		found = append(found, property{name, value})
	}
	if len(open) > 0 {
		return nil, fmt.Errorf("not closed: %v", open)
	}
	return found, nil
}

// unescaped is a text value (RFC 5545, 3.3.11), or an error when a character
// stands in it that must be escaped.
func unescaped(s string) (string, error) {
	var b strings.Builder
	for i := 0; i < len(s); i++ {
		switch {
		case s[i] == ',' || s[i] == ';':
			return "", fmt.Errorf("unescaped %c in %q", s[i], s)
		case s[i] != '\\':
			b.WriteByte(s[i])
			continue
		}
		i++
		if i == len(s) || !strings.ContainsRune(`\;,nN`, rune(s[i])) {
			return "", fmt.Errorf("a wrong escape in %q", s)
		}
		b.WriteString(strings.NewReplacer("n", "\n", "N", "\n").Replace(s[i : i+1]))
	}
	return b.String(), nil
}

// each is the values of a property.
func each(found []property, name string) (values []string) {
	for _, p := range found {
		if p.name == name {
			values = append(values, p.value)
		}
	}
	return values
}

// A checker that cannot refuse checks nothing.
func TestPropertiesRefuses(t *testing.T) {
	for name, text := range map[string]string{
		"a bare line feed":       "BEGIN:VCALENDAR\nEND:VCALENDAR\r\n",
		"no last line end":       "BEGIN:VCALENDAR\r\nEND:VCALENDAR",
		"a long line":            "SUMMARY:" + strings.Repeat("x", 68) + "\r\n",
		"a line cut in a letter": "SUMMARY:\xe6\r\n \xb2\xaa\r\n",
		"a control":              "SUMMARY:a\tb\r\n",
		"no property":            "SUMMARY\r\n",
		"a name in small":        "summary:x\r\n",
		"not closed":             "BEGIN:VCALENDAR\r\n",
		"closed crosswise":       "BEGIN:A\r\nBEGIN:B\r\nEND:A\r\nEND:B\r\n",
		"closed and never begun": "END:A\r\n",
	} {
		if found, err := properties(text); err == nil {
			t.Errorf("%s: %v", name, found)
		}
	}
	for _, text := range []string{"a,b", "a;b", `a\`, `a\x`} {
		if got, err := unescaped(text); err == nil {
			t.Errorf("%q: %q", text, got)
		}
	}
	if got, err := unescaped(`a\,b\;c\\d\ne`); err != nil || got != "a,b;c\\d\ne" {
		t.Errorf("%q, %v", got, err)
	}
}

func TestInspectionCalendar(t *testing.T) {
	at := time.Date(2026, 11, 23, 1, 30, 0, 0, time.UTC)
	fleet := aFleet(t)
	fleet[1].Inspection.Registered = date(t, "2024-12-01")
	fleet[1].Name = `公司,的;车\`
	f := InspectionCalendar(Chinese, append(fleet, Car{Saved: Saved{Vehicle: Vehicle{Plate: "浙A12345", Type: "02"}}}), at)
	found, err := properties(string(f.Data))
	if err != nil {
		t.Fatal(err)
	}
	for name, want := range map[string][]string{
		"VERSION":            {"2.0"},
		"DTSTAMP":            {"20261123T013000Z", "20261123T013000Z"},
		"DTSTART;VALUE=DATE": {"20261130", "20261231"},
		"DTEND;VALUE=DATE":   {"20261201", "20270101"},
		"TRIGGER":            {"-P89DT15H", "-P29DT15H", "-P6DT15H", "-P90DT15H", "-P29DT15H", "-P6DT15H"},
	} {
		if got := each(found, name); !slices.Equal(got, want) {
			t.Errorf("%s: %v, want %v", name, got, want)
		}
	}
	title, err := unescaped(each(found, "SUMMARY")[1])
	if want := `苏AD12345 公司,的;车\ 检验有效期至`; err != nil || title != want {
		t.Errorf("summary %q (%v), want %q", title, err, want)
	}
	for _, text := range each(found, "DESCRIPTION") {
		if _, err := unescaped(text); err != nil {
			t.Error(err)
		}
	}
	if !strings.Contains(strings.Join(each(found, "DESCRIPTION"), ""), "按现行规则推算") {
		t.Error("a computed date without its label")
	}
	uids := each(found, "UID")
	if len(uids) != 2 || uids[0] == uids[1] || strings.Contains(strings.Join(uids, ""), "C12345") {
		t.Errorf("UIDs %v", uids)
	}
	fleet[0].Inspection.Until = date(t, "2027-11-30")
	later, err := properties(string(InspectionCalendar(English, fleet, at.AddDate(0, 1, 0)).Data))
	if got := each(later, "UID"); err != nil || !slices.Equal(got, uids) {
		t.Errorf("UIDs that change: %v, before %v (%v)", got, uids, err)
	}
}

// Nine in the morning, on the day: from midnight back.
func TestAlarmsRingInTheMorning(t *testing.T) {
	due := date(t, "2026-11-30")
	if got := due.Add(-(6*24 + 15) * time.Hour); got.Hour() != 9 || got.Day() != 23 {
		t.Errorf("-P6DT15H is %v", got)
	}
}

// Whatever a car is called, the calendar keeps its form and its words.
func TestCalendarsKeepTheirForm(t *testing.T) {
	at := time.Date(2026, 11, 23, 1, 30, 0, 0, time.UTC)
	rapid.Check(t, func(t *rapid.T) {
		name := rapid.String().Draw(t, "name")
		c := Car{Saved: Saved{Vehicle: Vehicle{Plate: "沪C12345", Type: "02"}, Name: name, Inspection: Inspection{Until: time.Date(2026, 11, 30, 0, 0, 0, 0, China)}}}
		found, err := properties(string(InspectionCalendar(Chinese, []Car{c}, at).Data))
		if err != nil {
			t.Fatal(err)
		}
		title, err := unescaped(each(found, "SUMMARY")[0])
		if err != nil || !strings.HasPrefix(title, "沪C12345") || !strings.HasSuffix(title, " 检验有效期至") {
			t.Fatalf("%q: %v", title, err)
		}
	})
}
