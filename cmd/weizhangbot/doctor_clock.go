package main

import (
	"fmt"
	"net"
	"net/http"
	"sync"
	"time"
)

// A dateReader is the network of a party, and compares the Date of its answers
// with our clock.
type dateReader struct {
	party string
	inner http.RoundTripper
	now   func() time.Time

	mu    sync.Mutex
	ahead time.Duration // how far our clock is ahead of theirs
	dated bool
}

// dates makes the network to a party, through the proxy that the environment
// names, as the clients themselves go.
func (d *doctor) dates(party string, limit time.Duration) *dateReader {
	r := &dateReader{party: party, now: d.now, inner: &http.Transport{
		Proxy: http.ProxyFromEnvironment, DisableKeepAlives: true,
		DialContext: (&net.Dialer{Timeout: limit}).DialContext, TLSHandshakeTimeout: limit,
	}}
	d.clocks = append(d.clocks, r)
	return r
}

// RoundTrip implements http.RoundTripper. A Date is made somewhere between the
// request and the answer, and cut to the second.
func (r *dateReader) RoundTrip(req *http.Request) (*http.Response, error) {
	asked := r.now()
	resp, err := r.inner.RoundTrip(req)
	if err != nil {
		return nil, err
	}
	got := r.now()
	if date, err := http.ParseTime(resp.Header.Get("Date")); err == nil {
		middle := asked.Add(got.Sub(asked) / 2)
		r.mu.Lock()
		r.ahead, r.dated = middle.Sub(date.Add(time.Second/2)), true
		r.mu.Unlock()
	}
	return resp, nil
}

// maxDrift is how wrong the clock may be. WeChat's messages are refused when
// they seem older than wechat.max_clock_skew, and budgets count days.
const maxDrift = 30 * time.Second

// clock compares with the first party that has told its time: Juhe, WeChat,
// Telegram.
func (d *doctor) clock() {
	const check = "clock"
	const set = "set it, best by NTP (timedatectl set-ntp true): messages of WeChat would "
	for _, r := range d.clocks {
		r.mu.Lock()
		ahead, dated := r.ahead, r.dated
		r.mu.Unlock()
		if !dated {
			continue
		}
		switch off := ahead.Round(time.Second); {
		case ahead.Abs() <= maxDrift:
			d.fine(check, fmt.Sprintf("within %v of %s's", max(off.Abs(), time.Second), r.party))
		case off > 0:
			d.broken(check, fmt.Sprintf("%v ahead of %s's", off, r.party), set+"seem stale and be refused")
		default:
			d.broken(check, fmt.Sprintf("%v behind %s's", -off, r.party), set+"seem to come from the future and be refused")
		}
		return
	}
	d.slight(check, "not checked, for want of an answer to compare it with", "")
}
