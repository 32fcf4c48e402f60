package bot

import (
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"slices"
	"time"
)

// China is the time zone of every date the police publish, and of the reader.
// It has no summer time, so no zone table is needed.
var China = time.FixedZone("CST", 8*60*60)

// A State is how far a violation has been dealt with.
type State int

// The states. Both Open and Decided are unpaid.
const (
	StateUnknown State = iota
	Open               // 未处理未交费: points are still to come
	Decided            // 已处理未交费: the fine is still owed
)

// A Violation is one row of a report, as the police's record has it. Fine and
// Points are for reference: the source may leave them out, and then they are
// unknown, which is not zero.
type Violation struct {
	At      time.Time `json:"at"`             // zero when unreadable
	When    string    `json:"when,omitempty"` // the date as received, when At is zero
	Place   string    `json:"place,omitempty"`
	Act     string    `json:"act,omitempty"`
	Code    string    `json:"code,omitempty"`
	Points  *int      `json:"points,omitempty"`
	Fine    *int      `json:"fine,omitempty"` // in 分, a hundredth of a yuan
	State   State     `json:"state,omitempty"`
	City    string    `json:"city,omitempty"`    // where it happened
	Archive string    `json:"archive,omitempty"` // 文书号
	Agency  string    `json:"agency,omitempty"`  // who took it up
}

// A Report is what a query found, newest first.
type Report struct {
	Vehicle    Vehicle     `json:"vehicle"`
	City       string      `json:"city"` // for showing: 上海
	Violations []Violation `json:"violations"`
	At         time.Time   `json:"at"`               // when the source answered
	Cached     bool        `json:"cached,omitempty"` // an earlier answer, paid for before
}

// rows is a checksum of what the report lists, whatever the order: reports of
// other times are known to list the same by it, without keeping them.
func (r Report) rows() string {
	lines := make([]string, len(r.Violations))
	for i, v := range r.Violations {
		v.At = v.At.UTC()
		line, _ := json.Marshal(v) // plain values: never fails
		lines[i] = string(line)
	}
	slices.Sort(lines)
	all, _ := json.Marshal(lines)
	sum := sha256.Sum256(all)
	return base64.RawStdEncoding.EncodeToString(sum[:12])
}

// A Sum adds up what is known and counts what is not.
type Sum struct {
	Total   int
	Unknown int // rows without the figure: the sum is "at least"
}

// Count tells how many rows are open, decided and of unknown state.
func (r Report) Count() (open, decided, unknown int) {
	for _, v := range r.Violations {
		switch v.State {
		case Open:
			open++
		case Decided:
			decided++
		default:
			unknown++
		}
	}
	return open, decided, unknown
}

// Owed is the money still to be paid, in 分: open and decided rows. A fine of
// zero is one that is not fixed yet, so it counts as unknown.
func (r Report) Owed() Sum {
	var s Sum
	for _, v := range r.Violations {
		switch {
		case v.Fine == nil, *v.Fine == 0, v.State == StateUnknown:
			s.Unknown++
		default:
			s.Total += *v.Fine
		}
	}
	return s
}

// PointsToCome is what the open rows will cost in points: points fall with the
// decision, so decided rows no longer count. They belong to a licence, not to
// a car; no balance follows from them.
func (r Report) PointsToCome() Sum {
	var s Sum
	for _, v := range r.Violations {
		switch {
		case v.State == Decided:
		case v.State == StateUnknown, v.Points == nil:
			s.Unknown++
		default:
			s.Total += *v.Points
		}
	}
	return s
}
