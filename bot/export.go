package bot

import (
	"bytes"
	"encoding/csv"
	"strconv"
	"strings"
	"time"
	"unicode"
)

// A Plan is how a saved car is checked by itself.
type Plan struct {
	On      bool          // it is checked
	Crowded bool          // it is not: it has as many watchers as it may have
	Every   time.Duration // how often, as a rule
	Watched Watched
}

// A Car is a saved vehicle with what is known of it.
type Car struct {
	Saved
	Plan
}

// checked tells whether there is a list of violations to show: without one
// nothing is known, which is not none.
func (c Car) checked() bool { return c.On && !c.Watched.Checked.IsZero() }

// byteOrderMark has Excel read UTF-8, which it takes for GBK otherwise.
const byteOrderMark = "\ufeff"

const mimeCSV = "text/csv; charset=utf-8"

// CarsCSV is a table of cars, a line each: RFC 4180 in UTF-8 with a byte order
// mark, so that Excel opens it. Engine numbers and VINs are not in it. Cells of
// what is not known are empty; times are China's. A cell that a spreadsheet
// would take for a formula begins with an apostrophe (see cell).
func CarsCSV(l Lang, cars []Car) File {
	t := table{{
		l.say("export.plate"), l.say("export.type"), l.say("export.name"), l.say("export.city"), l.say("export.checked"),
		l.say("export.next"), l.say("export.listed"), l.say("export.owed"), l.say("export.unknown"),
	}}
	for _, c := range cars {
		row := []string{c.Plate, l.typeName(c.Type), c.Name, c.City, minute(c.Watched.Checked), minute(c.Watched.Next), "", "", ""}
		if c.checked() {
			owed := Report{Violations: c.Watched.Rows}.Owed()
			row[6], row[7], row[8] = strconv.Itoa(len(c.Watched.Rows)), yuan(owed.Total), strconv.Itoa(owed.Unknown)
		}
		t = append(t, row)
	}
	return File{Name: "cars.csv", MIME: mimeCSV, Data: t.bytes()}
}

// ViolationsCSV is a table of the violations listed at the cars' last good
// checks, in the form of CarsCSV. A fine or points that are not known, or not
// fixed yet, are empty cells.
func ViolationsCSV(l Lang, cars []Car) File {
	t := table{{
		l.say("export.plate"), l.say("export.name"), l.say("export.time"), l.say("export.place"), l.say("export.act"), l.say("export.code"),
		l.say("export.points"), l.say("export.fine"), l.say("export.state"), l.say("export.where"), l.say("export.archive"),
	}}
	for _, c := range cars {
		if !c.checked() {
			continue
		}
		for _, v := range c.Watched.Rows {
			row := []string{c.Plate, c.Name, or(minute(v.At), v.When), v.Place, v.Act, v.Code, "", "", l.say(stateKey(v.State)), v.City, v.Archive}
			if v.Points != nil {
				row[6] = strconv.Itoa(*v.Points)
			}
			if v.Fine != nil && *v.Fine != 0 {
				row[7] = yuan(*v.Fine)
			}
			t = append(t, row)
		}
	}
	return File{Name: "violations.csv", MIME: mimeCSV, Data: t.bytes()}
}

func stateKey(s State) key { return key("state." + strconv.Itoa(int(s))) }

// minute writes a time for a table; "" for none.
func minute(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return t.In(China).Format("2006-01-02 15:04")
}

func or(s, instead string) string {
	if s == "" {
		return instead
	}
	return s
}

// A table is rows of cells, the header first.
type table [][]string

func (t table) bytes() []byte {
	var b bytes.Buffer
	b.WriteString(byteOrderMark)
	w := csv.NewWriter(&b)
	w.UseCRLF = true // RFC 4180
	for _, row := range t {
		safe := make([]string, len(row))
		for i, s := range row {
			safe[i] = cell(s)
		}
		_ = w.Write(safe) // a buffer takes everything
	}
	w.Flush()
	return b.Bytes()
}

// cell is a text as it can stand in a table. What a spreadsheet would run as a
// formula gets an apostrophe in front, which Excel does not show: texts that
// begin with =, +, -, @, a tab or a line end, also behind blanks and in their
// full-width forms. Line ends and other controls become blanks, so that one
// row stays one line; what turns the direction of writing goes.
func cell(s string) string {
	guarded := strings.HasPrefix(s, "\t") || strings.HasPrefix(s, "\r") || strings.HasPrefix(s, "\n")
	clean := strings.Map(func(r rune) rune {
		switch {
		case unicode.IsControl(r):
			return ' '
		case r == '\ufeff', TurnsText(r): // at the head of a file the first has a meaning
			return -1
		}
		return r
	}, strings.ToValidUTF8(s, "\ufffd"))
	first := strings.TrimLeftFunc(clean, unicode.IsSpace)
	for _, sign := range []string{"=", "+", "-", "@", "＝", "＋", "－", "＠"} {
		guarded = guarded || strings.HasPrefix(first, sign)
	}
	if guarded {
		return "'" + clean
	}
	return clean
}
