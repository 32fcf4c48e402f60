package juhe

import (
	"bytes"
	"encoding/json"
	"errors"
	"net/url"
	"strings"
	"unicode"
)

const blank = "***"

// minBlankable is the shortest key that is searched for in whole answers: a
// real one has 32 characters; "1" would tear holes into everything.
const minBlankable = 8

func keyForms(key string) []string {
	quoted, err := json.Marshal(key)
	if err != nil { // a string always marshals
		quoted = nil
	}
	return []string{
		key, url.QueryEscape(key), url.PathEscape(key),
		strings.Trim(string(quoted), `"`),
	}
}

func keyRedactor(key string) *strings.Replacer {
	var pairs []string
	for _, form := range keyForms(key) {
		if form != "" {
			pairs = append(pairs, form, blank)
		}
	}
	return strings.NewReplacer(pairs...)
}

// blankKey removes the key from an answer: some gateways echo it as "result".
func (c *Client) blankKey(body []byte) []byte {
	if len(c.key()) < minBlankable {
		return body
	}
	for _, form := range keyForms(c.key()) {
		if bytes.Contains(body, []byte(form)) {
			body = bytes.ReplaceAll(body, []byte(form), []byte(blank))
		}
	}
	return body
}

// scrub makes an error of net/http fit to be shown: *url.Error, which prints
// the URL with its key, is taken off, and if the key still shows, the text is
// replaced. errors.Is keeps finding what was inside.
func (c *Client) scrub(err error) error {
	var ue *url.Error
	if errors.As(err, &ue) {
		err = ue.Err
	}
	if text := err.Error(); c.redact(text) != text {
		return &scrubbedError{text: c.redact(text), hidden: func() error { return err }}
	}
	return err
}

// scrubReason removes key, plate and digits from the Reason of an *Error, in
// case the service's text quotes what it was sent.
func (c *Client) scrubReason(err error, q Query) {
	var coded *Error
	if !errors.As(err, &coded) {
		return
	}
	coded.Reason = c.redact(coded.Reason)
	for _, secret := range []string{q.Plate, q.Engine, q.VIN} {
		if secret = strings.TrimSpace(secret); secret != "" {
			coded.Reason = strings.ReplaceAll(coded.Reason, secret, blank)
		}
	}
}

// scrubbedError stands for an error whose text must not be seen. It has no
// Unwrap, which would hand the text out again.
type scrubbedError struct {
	text   string
	hidden func() error
}

func (e *scrubbedError) Error() string        { return e.text }
func (e *scrubbedError) Is(target error) bool { return errors.Is(e.hidden(), target) }

// maxReason is more than any documented text needs.
const maxReason = 200

// cleanReason makes the provider's free text fit for logs: no control
// characters, bounded, and nothing in it that could be a key, plate, engine
// number or VIN: every run of six or more letters and digits with a digit in
// it is blanked.
func cleanReason(s string) string {
	var b strings.Builder
	var run []rune
	digit := false
	flush := func() {
		if len(run) >= 6 && digit {
			b.WriteString(blank)
		} else {
			b.WriteString(string(run))
		}
		run, digit = run[:0], false
	}
	for _, r := range s {
		switch {
		case r < unicode.MaxASCII && (unicode.IsLetter(r) || unicode.IsDigit(r)):
			run = append(run, r)
			digit = digit || unicode.IsDigit(r)
		case unprintable(r) && r != ' ':
			flush()
		default:
			flush()
			b.WriteRune(r)
		}
	}
	flush()
	return truncate(strings.TrimSpace(b.String()), maxReason)
}

func truncate(s string, n int) string {
	runes := []rune(s)
	if len(runes) <= n {
		return s
	}
	return string(runes[:n]) + "…"
}

// unprintable holds for white space, control and invisible characters, and for
// what remains of broken UTF-8.
func unprintable(r rune) bool {
	return unicode.IsSpace(r) || !unicode.IsPrint(r) || r == unicode.ReplacementChar
}

// maskPlate keeps enough of a plate for its owner to recognise: 沪C1**45.
func maskPlate(s string) string {
	r := []rune(s)
	if len(r) < 7 {
		return maskDigits(s)
	}
	for i := 3; i < len(r)-2; i++ {
		r[i] = '*'
	}
	return string(r)
}

// maskDigits keeps nothing of an engine number or VIN but whether it is there.
func maskDigits(s string) string {
	if s == "" {
		return ""
	}
	return blank
}
