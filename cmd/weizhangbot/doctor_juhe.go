package main

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"

	"github.com/weizhangbot/weizhangbot/bot"
	"github.com/weizhangbot/weizhangbot/juhe"
	"github.com/weizhangbot/weizhangbot/storage"
)

// juhe asks for the cities, which is free and tells whether the key works.
func (d *doctor) juhe(ctx context.Context) {
	const check = "juhe"
	c := d.config.Juhe
	client, err := juhe.New(string(c.Key), juhe.WithBaseURL(c.BaseURL), juhe.WithTimeout(c.Timeout, min(c.Timeout, freeTimeout)),
		juhe.WithHTTPClient(&http.Client{Transport: d.dates("Juhe", freeTimeout/2)}))
	if err != nil {
		d.broken(check, err.Error(), "")
		return
	}
	provinces, err := client.Cities(ctx, "")
	cities := 0
	for _, p := range provinces {
		cities += len(p.Cities)
	}
	switch {
	case err == nil && cities > 0:
		d.fine(check, fmt.Sprintf("the key works: %d cities are open%s", cities, d.unasked()))
	case err == nil:
		d.broken(check, "the key works, but no city is open", "ask Juhe; try again later")
	case errors.Is(err, juhe.ErrKey):
		d.broken(check, err.Error(), "compare juhe.key with 个人中心 → 我的数据, and check that 全国车辆违章 is applied for")
	case errors.Is(err, juhe.ErrQuota):
		d.broken(check, err.Error(), "buy more calls, or wait for tomorrow's")
	case errors.Is(err, juhe.ErrNotSent), errors.Is(err, juhe.ErrInterrupted):
		d.broken(check, err.Error(), "check juhe.base_url, the network and the proxy (HTTPS_PROXY)")
	default:
		d.broken(check, err.Error(), "try again later; if it stays, ask Juhe")
	}
	if err == nil && d.car.Plate != "" {
		d.query(ctx)
	}
}

// unasked says what was left out, for it costs money.
func (d *doctor) unasked() string {
	if d.car.Plate != "" {
		return ""
	}
	return fmt.Sprintf("; a query costs %s, so none was made: --query PLATE makes one", d.config.Juhe.cost())
}

// cost is what a query costs, as far as it is known.
func (j Juhe) cost() string {
	if j.Price > 0 {
		return fmt.Sprintf("%.2f yuan", j.Price)
	}
	return "money"
}

// query pays for one, like the command of that name: within the budgets, and in
// the ledger.
func (d *doctor) query(ctx context.Context) {
	const check = "query"
	v, err := d.car.vehicle()
	if err != nil {
		d.broken(check, err.Error(), "nothing was paid: give the plate as it is on the car")
		return
	}
	c := d.config
	c.Limits.QueriesPerUserPerDay, c.Limits.QueriesPerNewUser, c.Limits.QueriesOfNewUsersPerHour = 0, 0, 0
	w, err := openWorld(ctx, c, silentLog())
	if errors.Is(err, storage.ErrLocked) {
		d.slight(check, "nothing was paid: the running serve holds the store, and with it the ledger", "ask the bot itself, or stop serve first")
		return
	}
	if err != nil {
		d.broken(check, "nothing was paid: "+err.Error(), "")
		return
	}
	report, err := d.car.ask(ctx, w, v)
	err = errors.Join(err, w.close())
	switch charged := "it was charged"; {
	case err != nil:
		for _, line := range faultLines(err) {
			d.broken(check, strings.TrimPrefix(line, "query: "), "")
		}
	default:
		if report.Cached {
			charged = "an answer of before, and not charged again"
		}
		d.fine(check, fmt.Sprintf("%s: %s; %s", v, violations(report), charged))
	}
}

func violations(r bot.Report) string { return count(len(r.Violations), "violation") }
