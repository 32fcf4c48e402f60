package main

import (
	"sync/atomic"
	"time"

	"github.com/weizhangbot/weizhangbot/bot"
	"github.com/weizhangbot/weizhangbot/storage"
)

// A countingDesk counts how often an answer that was paid for before served again.
type countingDesk struct {
	bot.Desk
	hits atomic.Int64
}

// Fresh implements bot.Desk. A transaction that runs twice counts twice: the
// count is for looking at, not for accounts.
func (d *countingDesk) Fresh(tx storage.Tx, at time.Time, v bot.Vehicle) (bot.Report, bool, error) {
	report, ok, err := d.Desk.Fresh(tx, at, v)
	if ok {
		d.hits.Add(1)
	}
	return report, ok, err
}
