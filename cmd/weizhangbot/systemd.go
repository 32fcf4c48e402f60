package main

import (
	"context"
	"errors"
	"strings"
	"time"

	"github.com/coreos/go-systemd/v22/daemon"

	"github.com/weizhangbot/weizhangbot/storage/boltstore"
)

// A manager started the process and wants to hear how it is: systemd, or whoever
// speaks sd_notify(3).
type manager interface {
	tell(states string) error
	// watchdog is after how long without a beat it restarts the process; 0: never.
	watchdog() (time.Duration, error)
}

// systemd is the manager that NOTIFY_SOCKET and WATCHDOG_USEC name. Without them
// nobody is told anything.
type systemd struct{}

func (systemd) tell(states string) error {
	_, err := daemon.SdNotify(false, states)
	return err
}

func (systemd) watchdog() (time.Duration, error) { return daemon.SdWatchdogEnabled(false) }

// tell tells the manager, if there is one. The service works without.
func (s *service) tell(states ...string) {
	if s.machine.manager == nil {
		return
	}
	if err := s.machine.manager.tell(strings.Join(states, "\n")); err != nil {
		s.log.WithError(err).WithField("event", "systemd").Warn("the service manager does not hear")
	}
}

// beat tells the manager's watchdog, until ctx ends, that the service works. A
// store that does not answer, or takes nothing more until it is opened again,
// silences it: a restart mends that. A full disk is none of its business: the
// service goes on by itself once there is room.
func (s *service) beat(ctx context.Context) error {
	if s.machine.manager == nil {
		return nil
	}
	limit, err := s.machine.manager.watchdog()
	if err != nil {
		s.log.WithError(err).WithField("event", "systemd").Warn("the watchdog is off")
	}
	if err != nil || limit <= 0 {
		return nil
	}
	tick := time.NewTicker(limit / 3)
	defer tick.Stop()
	for {
		switch err := s.health.answers(ctx, limit/3); {
		case ctx.Err() != nil:
			return nil
		case err != nil:
			s.log.WithError(err).WithField("event", "watchdog").Error("the store does not answer: the service manager may restart the program")
		default:
			s.tell(daemon.SdNotifyWatchdog)
		}
		select {
		case <-ctx.Done():
			return nil
		case <-tick.C:
		}
	}
}

// answers is nil when the store answers within the limit, even if it refuses; it
// is not asked while the service starts or stops.
func (h *health) answers(ctx context.Context, limit time.Duration) error {
	h.mu.Lock()
	store := h.store
	h.mu.Unlock()
	if store == nil {
		return nil
	}
	err := h.write(ctx, store, limit)
	if errors.Is(err, context.DeadlineExceeded) || errors.Is(err, boltstore.ErrReopen) {
		return err
	}
	return nil
}
