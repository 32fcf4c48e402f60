package driver

import (
	"testing"
	"time"
)

func TestBackoffGrowsToItsCap(t *testing.T) {
	for attempt := 1; attempt < 100; attempt++ {
		want := min(10*time.Minute, time.Second<<min(attempt-1, 20))
		for range 20 {
			if d := Backoff(attempt); d < want*3/4 || d > want*5/4 {
				t.Fatalf("after run %d: %v, want about %v", attempt, d, want)
			}
		}
	}
}
