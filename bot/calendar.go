package bot

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"
)

// foldAt is the most octets of a line of a calendar, its end aside (RFC 5545,
// 3.1).
const foldAt = 75

// InspectionCalendar is a calendar (RFC 5545) of the next inspections, at a
// time: an event of a day for each car whose date is known, with alarms at nine
// in the morning when the window opens, 30 and 7 days before. An event keeps
// its UID, so that importing a later calendar moves it; the UID holds nothing
// that can be read.
func InspectionCalendar(l Lang, cars []Car, at time.Time) File {
	var c calendar
	c.line("BEGIN", "VCALENDAR")
	c.line("VERSION", "2.0")
	c.line("PRODID", "-//weizhangbot//inspections//"+strings.ToUpper(or(string(l), string(Chinese))))
	c.line("CALSCALE", "GREGORIAN")
	c.line("METHOD", "PUBLISH")
	for _, car := range cars {
		if plan, ok := car.NextInspection(at); ok {
			c.event(l, car, plan, at)
		}
	}
	c.line("END", "VCALENDAR")
	return File{Name: "calendar.ics", MIME: "text/calendar; charset=utf-8", Data: []byte(c.b.String())}
}

// event is one car's inspection.
func (c *calendar) event(l Lang, car Car, plan InspectionPlan, at time.Time) {
	uid := sha256.Sum256([]byte("weizhangbot inspection " + car.Plate + "/" + car.Type))
	summary := l.say("export.event", list(" ", car.Plate, car.Name))
	c.line("BEGIN", "VEVENT")
	c.line("UID", hex.EncodeToString(uid[:16])+"@weizhangbot")
	c.line("DTSTAMP", at.UTC().Format("20060102T150405Z"))
	c.line("DTSTART;VALUE=DATE", plan.Due.Format("20060102"))
	c.line("DTEND;VALUE=DATE", plan.Due.AddDate(0, 0, 1).Format("20060102"))
	c.line("SUMMARY", escaped(summary))
	c.line("DESCRIPTION", escaped(plan.Text(l)))
	c.line("CLASS", "PRIVATE")
	c.line("TRANSP", "TRANSPARENT")
	window := int(plan.Due.Sub(plan.Opens) / (24 * time.Hour))
	for _, days := range []int{window, remindEarly, remindLate} {
		c.line("BEGIN", "VALARM")
		c.line("ACTION", "DISPLAY")
		c.line("DESCRIPTION", escaped(summary))
		// From midnight of the due date back, to nine in the morning.
		c.line("TRIGGER", fmt.Sprintf("-P%dDT%dH", days-1, 24-remindHour))
		c.line("END", "VALARM")
	}
	c.line("END", "VEVENT")
}

// A calendar is written line by line.
type calendar struct{ b strings.Builder }

// line writes a property, folded between characters.
func (c *calendar) line(name, value string) {
	room := foldAt
	for _, r := range name + ":" + value {
		if n := utf8.RuneLen(r); n > room {
			c.b.WriteString("\r\n ")
			room = foldAt - 1 - n
		} else {
			room -= n
		}
		c.b.WriteRune(r)
	}
	c.b.WriteString("\r\n")
}

// escaped is a text as a value (RFC 5545, 3.3.11), without controls.
func escaped(s string) string {
	s = strings.Map(func(r rune) rune {
		if unicode.IsControl(r) && r != '\n' || TurnsText(r) {
			return -1
		}
		return r
	}, strings.ToValidUTF8(s, "\ufffd"))
	return escapes.Replace(s)
}

var escapes = strings.NewReplacer(`\`, `\\`, ";", `\;`, ",", `\,`, "\n", `\n`)
