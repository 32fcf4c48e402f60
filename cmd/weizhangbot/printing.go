package main

import (
	"encoding/json"
	"fmt"
	"io"
	"strings"
	"unicode"
	"unicode/utf16"
)

func (p *program) print(text string) error {
	if _, err := io.WriteString(p.stdout, text); err != nil {
		return writeError{err}
	}
	return nil
}

// printJSON prints a value for people and for jq: indented, Chinese unescaped.
func (p *program) printJSON(v any) error {
	e := json.NewEncoder(visible{p.stdout})
	e.SetEscapeHTML(false)
	e.SetIndent("", "  ")
	if err := e.Encode(v); err != nil {
		return writeError{err}
	}
	return nil
}

// A writeError is stdout's: mostly a pipe whose reader has left.
type writeError struct{ error }

func (e writeError) Error() string { return "write: " + e.error.Error() }

func (e writeError) Unwrap() error { return e.error }

// visible writes what a terminal would obey, or would not show, as \u009b. In JSON
// it means the same: such characters stand in strings only. Every Write must be a
// whole text.
type visible struct{ w io.Writer }

// Write implements io.Writer.
func (v visible) Write(p []byte) (int, error) {
	if _, err := io.WriteString(v.w, showHidden(string(p))); err != nil {
		return 0, err
	}
	return len(p), nil
}

// showHidden is s with its hidden characters in the form that JSON has for them.
// Line ends and tabs stay.
func showHidden(s string) string {
	if !strings.ContainsFunc(s, isHidden) {
		return s
	}
	var b strings.Builder
	for _, r := range s {
		switch {
		case !isHidden(r):
			b.WriteRune(r)
		case r > 0xffff:
			high, low := utf16.EncodeRune(r)
			fmt.Fprintf(&b, `\u%04x\u%04x`, high, low)
		default:
			fmt.Fprintf(&b, `\u%04x`, r)
		}
	}
	return b.String()
}

func isHidden(r rune) bool {
	return r != '\n' && r != '\t' && (unicode.IsControl(r) || unicode.In(r, unicode.Cf, unicode.Zl, unicode.Zp))
}
