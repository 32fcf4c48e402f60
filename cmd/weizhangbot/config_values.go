package main

import (
	"encoding"
	"fmt"
	"strings"
	"time"
)

var (
	_ fmt.Formatter            = Secret("")
	_ encoding.TextMarshaler   = Secret("")
	_ encoding.TextMarshaler   = Quiet{}
	_ encoding.TextUnmarshaler = (*Quiet)(nil)
)

// A Secret prints as *** by whatever road it reaches a log: fmt with any verb,
// JSON, YAML. Only string(s) yields it.
type Secret string

// Format masks the secret for every verb of fmt.
func (s Secret) Format(f fmt.State, _ rune) { fmt.Fprint(f, s.mask()) }

// MarshalText masks it for encoding/json and the like.
func (s Secret) MarshalText() ([]byte, error) { return []byte(s.mask()), nil }

func (s Secret) mask() string {
	if s == "" {
		return ""
	}
	return "***"
}

// Quiet is the part of the day in which nobody is woken, as times since
// midnight. It may cross midnight; equal times are no quiet at all.
type Quiet struct{ From, To time.Duration }

// UnmarshalText reads 21:00-08:00, "" or none.
func (q *Quiet) UnmarshalText(text []byte) error {
	s := strings.TrimSpace(string(text))
	if s == "" || s == "none" {
		*q = Quiet{}
		return nil
	}
	from, to, ok := strings.Cut(s, "-")
	start, err1 := time.Parse("15:04", strings.TrimSpace(from))
	end, err2 := time.Parse("15:04", strings.TrimSpace(to))
	if !ok || err1 != nil || err2 != nil {
		return fmt.Errorf("%q is not of the form 21:00-08:00", s)
	}
	*q = Quiet{From: sinceMidnight(start), To: sinceMidnight(end)}
	return nil
}

// MarshalText writes what UnmarshalText reads.
func (q Quiet) MarshalText() ([]byte, error) {
	if q.From == q.To {
		return []byte("none"), nil
	}
	midnight := time.Time{}
	return []byte(midnight.Add(q.From).Format("15:04") + "-" + midnight.Add(q.To).Format("15:04")), nil
}

func sinceMidnight(t time.Time) time.Duration {
	return time.Duration(t.Hour())*time.Hour + time.Duration(t.Minute())*time.Minute
}
