package main

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"time"

	"github.com/weizhangbot/weizhangbot/juhe"
)

// A juheAnswer is what asking for the cities, which is free, told.
type juheAnswer struct {
	cities int
	err    error
	ahead  time.Duration // how far our clock is ahead of Juhe's
	dated  bool
}

// askJuhe asks once, and reads the clock of whoever answers.
func askJuhe(ctx context.Context, c Juhe, now func() time.Time) juheAnswer {
	var a juheAnswer
	watch := &dateReader{now: now, inner: &http.Transport{
		Proxy: http.ProxyFromEnvironment, DisableKeepAlives: true, // as the client's own
		DialContext: (&net.Dialer{Timeout: 5 * time.Second}).DialContext, TLSHandshakeTimeout: 5 * time.Second,
	}}
	client, err := juhe.New(string(c.Key), juhe.WithBaseURL(c.BaseURL),
		juhe.WithTimeout(c.Timeout, min(c.Timeout, freeTimeout)), juhe.WithHTTPClient(&http.Client{Transport: watch}))
	if err != nil {
		a.err = err
		return a
	}
	provinces, err := client.Cities(ctx, "")
	a.err, a.ahead, a.dated = err, watch.ahead, watch.dated
	for _, p := range provinces {
		a.cities += len(p.Cities)
	}
	return a
}

// A dateReader compares the Date of an answer with our clock.
type dateReader struct {
	inner http.RoundTripper
	now   func() time.Time
	ahead time.Duration
	dated bool
}

// RoundTrip implements http.RoundTripper. A Date is made somewhere between the
// request and the answer, and cut to the second.
func (d *dateReader) RoundTrip(r *http.Request) (*http.Response, error) {
	asked := d.now()
	resp, err := d.inner.RoundTrip(r)
	if err != nil {
		return nil, err
	}
	got := d.now()
	if date, err := http.ParseTime(resp.Header.Get("Date")); err == nil {
		middle := asked.Add(got.Sub(asked) / 2)
		d.ahead, d.dated = middle.Sub(date.Add(time.Second/2)), true
	}
	return resp, nil
}

// maxDrift is how wrong the clock may be. WeChat's messages are refused when
// they seem older than wechat.max_clock_skew, and budgets count days.
const maxDrift = 30 * time.Second

func (d *doctor) clock(a juheAnswer) {
	switch off := a.ahead.Round(time.Second); {
	case !a.dated:
		d.slight("clock", "not checked, for want of an answer of Juhe to compare it with", "")
	case a.ahead.Abs() <= maxDrift:
		d.fine("clock", fmt.Sprintf("within %v of Juhe's", max(off.Abs(), time.Second)))
	case off > 0:
		d.broken("clock", fmt.Sprintf("%v ahead of Juhe's", off), "set it, best by NTP (timedatectl set-ntp true): messages of WeChat would seem stale and be refused")
	default:
		d.broken("clock", fmt.Sprintf("%v behind Juhe's", -off), "set it, best by NTP (timedatectl set-ntp true): messages of WeChat would seem to come from the future and be refused")
	}
}

func (d *doctor) juhe(a juheAnswer) {
	const check = "juhe"
	switch {
	case a.err == nil && a.cities > 0:
		d.fine(check, fmt.Sprintf("the key works: %d cities are open (a query would be charged, so none was made)", a.cities))
	case a.err == nil:
		d.broken(check, "the key works, but no city is open", "ask Juhe; try again later")
	case errors.Is(a.err, juhe.ErrKey):
		d.broken(check, a.err.Error(), "compare juhe.key with 个人中心 → 我的数据, and check that 全国车辆违章 is applied for")
	case errors.Is(a.err, juhe.ErrQuota):
		d.broken(check, a.err.Error(), "buy more calls, or wait for tomorrow's")
	case errors.Is(a.err, juhe.ErrNotSent), errors.Is(a.err, juhe.ErrInterrupted):
		d.broken(check, a.err.Error(), "check juhe.base_url, the network and the proxy (HTTPS_PROXY)")
	default:
		d.broken(check, a.err.Error(), "try again later; if it stays, ask Juhe")
	}
}
