package main

import (
	"encoding/json"
	"io"
)

func (p *program) print(text string) error {
	if _, err := io.WriteString(p.stdout, text); err != nil {
		return writeError{err}
	}
	return nil
}

// printJSON prints a value for people and for jq: indented, Chinese unescaped.
func (p *program) printJSON(v any) error {
	e := json.NewEncoder(p.stdout)
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
