package main

import (
	"context"
	"testing"
)

// Whoever leaves has the platforms end first: the store closes after that, and a
// platform that finds it closed would call itself lost.
func TestLeavingEndsThePlatforms(t *testing.T) {
	t.Parallel()
	h := newHealth(silent())
	s := &service{health: h, front: newFront(h), failed: make(chan error, 1)}
	const many = 2
	ended := make(chan string, many)
	for _, name := range []string{"one", "other"} {
		s.channels = append(s.channels, &channel{name: name, run: func(ctx context.Context) error {
			<-ctx.Done()
			ended <- name
			return nil
		}})
	}
	ctx, cancel := context.WithCancel(t.Context())
	s.admit(ctx)
	cancel() // the signal: platforms drain in their turn
	if err := s.leave(t.Context()); err != nil {
		t.Error(err)
	}
	if len(ended) != many || len(s.failed) != 0 {
		t.Errorf("%d of %d platforms have ended, %d failed", len(ended), many, len(s.failed))
	}
}
