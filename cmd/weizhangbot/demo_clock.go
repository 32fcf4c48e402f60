package main

import (
	"sync/atomic"
	"time"
)

// A clock runs as the real one does, and can be set forward. It never goes
// back, as far as the real one does not.
type clock struct{ added atomic.Int64 }

// now is the clock's time.
func (c *clock) now() time.Time { return time.Now().Add(c.ahead()) }

// ahead is how far it runs ahead of the real time.
func (c *clock) ahead() time.Duration { return time.Duration(c.added.Load()) }

// forward lets d pass.
func (c *clock) forward(d time.Duration) { c.added.Add(int64(d)) }
