package bot

import (
	"bytes"
	"strings"
	"testing"
	"time"
	"unicode"
)

// inRange makes any number a time that can have been stored, or none.
func inRange(seconds int64) time.Time {
	if seconds == 0 {
		return time.Time{}
	}
	const most = 8000 * 365 * 24 * 3600
	return time.Unix(seconds%most, 0).In(China)
}

// Whatever people name their cars, and whatever Juhe writes: tables and calendars
// read back by somebody else's rules, hold every text, and no formula.
func FuzzExport(f *testing.F) {
	f.Add("=老婆的车", "延安路,近\"外滩\"", "违反禁令标志\r\n指示", int64(1767196800), int64(0))
	f.Add("公司,的;车\\", "@sum", "-1+2", int64(0), int64(1767196800))
	f.Add("\ufeff=cmd|' /C calc'!A0", "\t=1", "＝1", int64(-1), int64(253402300799))
	f.Add("a\x00\xffb\u2028", "\u202e=1", " \n+1", int64(1), int64(1))
	f.Add("END:VCALENDAR\r\nBEGIN:VALARM", strings.Repeat("长", 99), "\u00a0=1", int64(1893456000), int64(1893456000))
	f.Fuzz(func(t *testing.T, name, place, act string, until, registered int64) {
		c := Car{Saved: Saved{
			Vehicle: Vehicle{Plate: "沪C12345", Type: "02", Engine: "E1234567", VIN: "V7654321"}, Name: name, City: place,
			Inspection: Inspection{Until: inRange(until), Registered: inRange(registered)},
		}}
		c.On, c.Watched.Checked = true, noon
		c.Watched.Rows = []Violation{{At: noon, Place: place, Act: act, When: name, City: act}, {When: act, Place: name}}
		cars := read(t, CarsCSV(Chinese, []Car{c, c}))
		rows := read(t, ViolationsCSV(English, []Car{c}))
		if len(cars) != 3 || len(rows) != 3 {
			t.Fatalf("%d cars, %d rows", len(cars), len(rows))
		}
		checkCell(t, cars[1][2], name)
		checkCell(t, cars[2][3], place)
		checkCell(t, rows[1][3], place)
		checkCell(t, rows[2][2], act)
		checkCalendar(t, c)
	})
}

// checkCell: a cell says what it was made of, and nothing that is run. What is
// invisible is left out of both.
func checkCell(t *testing.T, got, from string) {
	t.Helper()
	visible := func(s string) string {
		return strings.Map(func(r rune) rune {
			if unicode.IsControl(r) || unicode.IsSpace(r) || r == '\ufeff' || TurnsText(r) {
				return -1
			}
			return r
		}, strings.ToValidUTF8(s, "\ufffd"))
	}
	if v := visible(got); v != visible(from) && v != "'"+visible(from) {
		t.Fatalf("%q became %q", from, got)
	}
	if v := visible(got); v != "" && strings.ContainsAny(v[:1], "=+-@") || strings.HasPrefix(v, "＝") || strings.ContainsAny(got, "\r\n\t") {
		t.Fatalf("%q is run as %q", from, got)
	}
}

// checkCalendar: at most one event of a car, with its name as the person wrote it.
func checkCalendar(t *testing.T, c Car) {
	t.Helper()
	calendar := InspectionCalendar(Chinese, []Car{c}, noon)
	found, err := properties(string(calendar.Data))
	if err != nil {
		t.Fatal(err)
	}
	plan, ok := c.NextInspection(noon)
	if got := each(found, "DTSTART;VALUE=DATE"); (len(got) == 1) != ok || ok && got[0] != plan.Due.Format("20060102") {
		t.Fatalf("due %v, the calendar says %v", plan.Due, got)
	}
	for _, s := range each(found, "SUMMARY") {
		text, err := unescaped(s)
		if err != nil {
			t.Fatal(err)
		}
		want := strings.Map(func(r rune) rune {
			if unicode.IsControl(r) && r != '\n' || TurnsText(r) {
				return -1
			}
			return r
		}, strings.ToValidUTF8(c.Name, "\ufffd"))
		if !strings.Contains(text, strings.TrimSpace(want)) {
			t.Fatalf("%q became %q", c.Name, text)
		}
	}
	if bytes.Contains(calendar.Data, []byte(c.Engine)) || bytes.Contains(calendar.Data, []byte(c.VIN)) {
		t.Fatal("digits in the calendar")
	}
}

// Whatever dates people tell: what is next is not in the past unless it is said to
// be, its window opens before it closes, reminders come after now, and as time
// goes on nothing comes earlier.
func FuzzInspection(f *testing.F) {
	f.Add(int64(1577836800), int64(0), int64(1767196800), int64(86400))
	f.Add(int64(0), int64(1767196800), int64(1767196801), int64(0))
	f.Add(int64(1582934400), int64(1709164800), int64(1763870400), int64(400*86400))
	f.Add(int64(-1), int64(-1), int64(-1), int64(-1))
	f.Fuzz(func(t *testing.T, registered, until, now, later int64) {
		const century = 100 * 365 * 24 * 3600
		i := Inspection{Registered: inRange(registered), Until: inRange(until)}
		at := time.Unix(1763870400+now%century, 0)
		plan, ok := NextInspection(i, at)
		if !ok {
			if plan != (InspectionPlan{}) {
				t.Fatalf("nothing is known, and yet %+v", plan)
			}
			return
		}
		today := day(at)
		if plan.Due.Before(today) && !plan.Past.Equal(plan.Due) || plan.Opens.After(plan.Due) || plan.InWindow && (today.Before(plan.Opens) || today.After(plan.Due)) {
			t.Fatalf("at %v: %+v", at, plan)
		}
		if plan.Text(Chinese) == "" || plan.Text(English) == "" {
			t.Fatalf("%+v says nothing", plan)
		}
		if when, ok := NextReminder(i, at); ok && !when.After(at) {
			t.Fatalf("at %v reminded at %v", at, when)
		}
		if next, ok := NextInspection(i, at.Add(time.Duration(max(0, later%century))*time.Second)); !ok || next.Due.Before(plan.Due) {
			t.Fatalf("%+v, later %+v", plan, next)
		}
	})
}
