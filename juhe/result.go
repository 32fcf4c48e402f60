package juhe

import (
	"fmt"
	"log/slog"
	"strings"
	"time"
	"unicode/utf8"
)

// Result is the answer to a Query: the vehicle as the service understood it,
// and its open violations. Settled ones (已处理已缴费) are not reported.
type Result struct {
	Province   string // code
	City       string // code
	Plate      string
	PlateType  string
	Violations []Violation // empty: none open
}

// Violation is one row. The service gives every field for reference only, and
// leaves out or empties any of them.
type Violation struct {
	// Time is in UTC+8, at midnight if only the date is known, and zero if
	// TimeText cannot be read.
	Time     time.Time
	TimeText string // as received
	Place    string
	Act      string // what was done, without a code in front
	// Code is the offence code, where there is one, be it in front of the act.
	// It is opaque: points and fines do not follow from it.
	Code string
	// Points and Fine are nil if not given. The fine is in 分 (100 = ¥1). Fine
	// 0 beside points is common: not yet set, rather than nothing to pay.
	Points  *int
	Fine    *int
	Handled Handled
	Archive string // document number (archiveno), often empty at first
	City    string // where it happened, by name (wzcity)
	Agency  string // who collects (cjgg)
}

// Handled is how far a violation has come. All that is reported is unpaid.
type Handled int

// The states. Points fall with the decision, so they are still to come only
// for an Unhandled one.
const (
	Unknown   Handled = iota // not given
	Unhandled                // "0": neither decided nor paid (未处理未交费)
	Unpaid                   // "1": decided, not paid (已处理未交费)
)

// String returns "unknown", "unhandled" or "unpaid".
func (h Handled) String() string {
	switch h {
	case Unhandled:
		return "unhandled"
	case Unpaid:
		return "unpaid"
	default:
		return "unknown"
	}
}

// DecodeResult reads the bytes of QueryRaw. The error is an *Error if the
// service reports one, otherwise ErrMalformed: above all when the code is 0
// but the result is not a vehicle's object, which must not pass for "none".
//
// XML is read as the same names written as elements. The document offers it
// without a sample, and no real answer is public.
func DecodeResult(raw []byte) (*Result, error) {
	n, err := openEnvelope(EndpointQuery, raw)
	if err != nil {
		return nil, err
	}
	if n.kind != object || !n.hasAny("province", "city", "hphm", "hpzl", "lists") {
		return nil, &malformedError{endpoint: EndpointQuery, why: "result is no vehicle"}
	}
	rows, ok := n.rows("lists", isViolation)
	if !ok {
		return nil, &malformedError{endpoint: EndpointQuery, why: "lists is no list of violations"}
	}
	r := &Result{
		Province:  n.field("province").text,
		City:      n.field("city").text,
		Plate:     n.field("hphm").text,
		PlateType: n.field("hpzl").text,
	}
	for _, row := range rows {
		if !isViolation(row) {
			return nil, &malformedError{endpoint: EndpointQuery, why: "a violation without date, place and act"}
		}
		r.Violations = append(r.Violations, violationOf(row))
	}
	return r, nil
}

func isViolation(n node) bool { return n.hasAny("date", "area", "act") }

func violationOf(n node) Violation {
	v := Violation{
		TimeText: n.field("date").text,
		Place:    n.field("area").text,
		Act:      n.field("act").text,
		Code:     n.field("code").text,
		Points:   points(n.field("fen").text),
		Fine:     fine(n.field("money").text),
		Handled:  handled(n.field("handled").text),
		Archive:  n.field("archiveno").text,
		City:     n.field("wzcity").text,
		Agency:   n.first("cjgg", "cjjg"), // both spellings are around
	}
	v.Time = beijing(v.TimeText)
	v.Code, v.Act = splitAct(v.Code, v.Act)
	return v
}

func handled(s string) Handled {
	switch s {
	case "0":
		return Unhandled
	case "1":
		return Unpaid
	default:
		return Unknown
	}
}

// splitAct takes the code off an act such as "16362 : 驾驶…", unless the row
// has another one of its own.
func splitAct(code, act string) (string, string) {
	i := strings.IndexAny(act, ":\uff1a") // also full-width
	if i < 0 {
		return code, act
	}
	_, size := utf8.DecodeRuneInString(act[i:])
	front, rest := strings.TrimSpace(act[:i]), strings.TrimSpace(act[i+size:])
	if !isCode(front) || rest == "" || code != "" && code != front {
		return code, act
	}
	return front, rest
}

// isCode holds for four digits and up to two more characters: 1344, 16362, 1352A.
func isCode(s string) bool {
	return len(s) >= 4 && len(s) <= 6 &&
		strings.Trim(s[:4], "0123456789") == "" &&
		strings.Trim(s[4:], "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ") == ""
}

func points(s string) *int {
	whole, fraction, _ := strings.Cut(s, ".")
	n, ok := bounded(whole)
	if !ok || strings.Trim(fraction, "0") != "" {
		return nil
	}
	return &n
}

// fine reads yuan ("200", "100.00", "¥50元") and returns 分.
func fine(s string) *int {
	s = strings.TrimSpace(strings.TrimSuffix(strings.TrimLeft(s, "\u00a5\uffe5 "), "元"))
	yuan, fraction, _ := strings.Cut(s, ".")
	n, ok := bounded(yuan)
	if !ok || len(yuan) > 7 { // keeps 分 inside 32 bits
		return nil
	}
	fen, ok := bounded((fraction + "00")[:2])
	if !ok || strings.Trim(fraction, "0123456789") != "" {
		return nil
	}
	n = n*100 + fen
	return &n
}

// The service gives Beijing local time without a zone. A fixed zone does not
// depend on the machine's time zone files.
var utc8 = time.FixedZone("Asia/Shanghai", 8*60*60)

// Layouts with single digits accept two as well.
var layouts = []string{"2006-1-2 15:4:5", "2006-1-2 15:4", "2006-1-2", "20060102150405", "20060102"}

func beijing(s string) time.Time {
	s = strings.NewReplacer("/", "-", "T", " ").Replace(s)
	s = strings.Join(strings.Fields(s), " ")
	for _, layout := range layouts {
		if t, err := time.ParseInLocation(layout, s, utc8); err == nil && t.Year() > 1900 {
			return t
		}
	}
	return time.Time{}
}

func (r Result) masked() Result {
	r.Plate = maskPlate(r.Plate)
	return r
}

// String shows the result with its plate masked.
func (r Result) String() string { return fmt.Sprint(r) }

// Format masks the plate under every verb.
func (r Result) Format(f fmt.State, verb rune) {
	type result Result // without this method
	_, _ = fmt.Fprintf(f, fmt.FormatString(f, verb), result(r.masked()))
}

// LogValue keeps plate and places out of log/slog.
func (r Result) LogValue() slog.Value {
	return slog.GroupValue(
		slog.String("city", r.City), slog.String("plate", maskPlate(r.Plate)), slog.Int("violations", len(r.Violations)),
	)
}
