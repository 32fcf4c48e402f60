package playground

import (
	"encoding/json"
	"errors"
	"io"
	"mime"
	"net/http"
	"strings"
)

// maxBody is the largest body of a request.
const maxBody = 64 << 10

// policy lets the page load its own three files and talk to its own server,
// and nothing else: no inline script, no markup out of strings, no framing.
var policy = strings.Join([]string{
	"default-src 'none'",
	"script-src 'self'",
	"style-src 'self'",
	"img-src 'self'",
	"connect-src 'self'",
	"base-uri 'none'",
	"form-action 'none'",
	"frame-ancestors 'none'",
	"require-trusted-types-for 'script'",
}, "; ")

// guard keeps other sites out: they may link to the page, but neither write to
// it nor read it, and nothing of the page leaves it.
func guard(next http.Handler) http.Handler {
	writes := http.NewCrossOriginProtection().Handler(next)
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		h := w.Header()
		h.Set("Content-Security-Policy", policy)
		h.Set("X-Content-Type-Options", "nosniff")
		h.Set("Referrer-Policy", "no-referrer")
		h.Set("Cross-Origin-Opener-Policy", "same-origin")
		h.Set("Cross-Origin-Resource-Policy", "same-origin")
		if foreign(r) {
			refuse(w, http.StatusForbidden, "只能在本页面中使用")
			return
		}
		writes.ServeHTTP(w, r)
	})
}

// foreign tells that another site's page asks for data; following a link is
// not that. Clients that are no browsers do not send these headers.
func foreign(r *http.Request) bool {
	switch r.Header.Get("Sec-Fetch-Site") {
	case "", "same-origin", "none":
		return false
	}
	return r.Header.Get("Sec-Fetch-Mode") != "navigate"
}

// readJSON reads the one JSON value of a request; false: the refusal is
// written. The content type is demanded because no other site's form can send it.
func readJSON(w http.ResponseWriter, r *http.Request, into any) bool {
	if kind, _, err := mime.ParseMediaType(r.Header.Get("Content-Type")); err != nil || kind != "application/json" {
		refuse(w, http.StatusUnsupportedMediaType, "需要 application/json")
		return false
	}
	d := json.NewDecoder(http.MaxBytesReader(w, r.Body, maxBody))
	d.DisallowUnknownFields()
	err := d.Decode(into)
	if err == nil {
		// A second value after the first is no message of ours.
		if _, err = d.Token(); errors.Is(err, io.EOF) {
			return true
		}
	}
	if tooLarge := (*http.MaxBytesError)(nil); errors.As(err, &tooLarge) {
		refuse(w, http.StatusRequestEntityTooLarge, "消息太长")
		return false
	}
	refuse(w, http.StatusBadRequest, "读不懂这个请求")
	return false
}

// refuse answers with one sentence, which the page shows as it is.
func refuse(w http.ResponseWriter, status int, sentence string) {
	http.Error(w, sentence, status)
}
