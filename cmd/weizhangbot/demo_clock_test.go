package main

import (
	"sync"
	"testing"
	"testing/synctest"
	"time"
)

func TestClock(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var c clock
		start := time.Now()
		if !c.now().Equal(start) || c.ahead() != 0 {
			t.Errorf("at first it is %v, %v ahead", c.now(), c.ahead())
		}
		c.forward(week)
		time.Sleep(time.Hour)
		c.forward(week)
		if want := start.Add(2*week + time.Hour); !c.now().Equal(want) || c.ahead() != 2*week {
			t.Errorf("%v, %v ahead; want %v", c.now(), c.ahead(), want)
		}
	})
}

func TestClockForManyAtOnce(t *testing.T) {
	var c clock
	var wg sync.WaitGroup
	for range 8 {
		wg.Go(func() {
			before := c.now()
			c.forward(time.Hour)
			if passed := c.now().Sub(before); passed < time.Hour {
				t.Errorf("only %v passed", passed)
			}
		})
	}
	wg.Wait()
	if c.ahead() != 8*time.Hour {
		t.Errorf("%v ahead", c.ahead())
	}
}
