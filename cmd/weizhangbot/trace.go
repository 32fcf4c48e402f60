package main

import (
	"net/http"
	"regexp"
	"strings"

	"github.com/weizhangbot/weizhangbot/bot"
)

// traceparent is the header of W3C Trace Context (https://www.w3.org/TR/trace-context/):
// version, trace, parent, flags. A later version may have more behind them.
var traceparent = regexp.MustCompile(`^([0-9a-f]{2})-([0-9a-f]{32})-([0-9a-f]{16})-[0-9a-f]{2}(-.*)?$`)

// traced takes in the trace that a proxy in front began, so that its log and
// ours tell one story. What is no trace is left out: one begins then with the
// message.
func traced(r *http.Request) *http.Request {
	all := r.Header.Values("Traceparent")
	if len(all) != 1 {
		return r
	}
	m := traceparent.FindStringSubmatch(strings.TrimSpace(all[0]))
	switch {
	case m == nil, m[1] == "ff", m[1] == "00" && m[4] != "",
		strings.Trim(m[2], "0") == "", strings.Trim(m[3], "0") == "":
		return r
	}
	return r.WithContext(bot.WithTrace(r.Context(), m[2]))
}
