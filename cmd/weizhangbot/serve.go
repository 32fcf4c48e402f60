package main

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"runtime/debug"
	"slices"
	"strings"
	"sync/atomic"
	"time"

	"github.com/coreos/go-systemd/v22/daemon"
	"github.com/sirupsen/logrus"

	"github.com/weizhangbot/weizhangbot/bot"
	"github.com/weizhangbot/weizhangbot/bot/deliver"
)

type serveCommand struct {
	Config string `required:"" help:"Configuration." placeholder:"FILE"`
}

// Help is the long description.
func (serveCommand) Help() string {
	return `Serves the platforms that the configuration has: WeChat, Telegram, or both. The first line
of output is the address, and comes when everything is ready; the log goes to stderr. SIGTERM or
Ctrl-C: nothing new is taken in, what runs is finished, which may take 50 seconds when a query is
out; a second one ends at once. Neither loses anything. SIGHUP: the configuration is read again;
the log says what counts from then on and what needs a restart, and a faulty one is refused as a
whole.

Example:

  weizhangbot doctor --config config.yaml
  weizhangbot serve --config config.yaml`
}

// Run serves until ctx ends.
func (c serveCommand) Run(ctx context.Context, p *program) error {
	read := func() (Config, *bot.Privacy, error) { return loadServed(c.Config, p.environ) }
	config, privacy, err := read()
	if err != nil {
		return err
	}
	log := newLogger(p.stderr, config.Log)
	paceCollector(p.environ)
	maskSecrets(log, &config)
	traces, err := newTracing(ctx, p.environ, p.machine, p.stderr, log)
	if err != nil {
		return err
	}
	s := &service{
		config: config, privacy: privacy, read: read, log: log, machine: p.machine, tracing: traces,
		failed: make(chan error, 4), patience: patience,
	}
	return s.run(ctx, func(line string) { fmt.Fprintln(p.stdout, line) })
}

// collectAt is how much garbage, in percent of what is in use, gathers before it is
// collected: a turn leaves 15 KB behind and little is in use, so that the usual 100
// has a tenth of all work be collecting. It costs some 30 MB under load.
const collectAt = 300

// paceCollector sets collectAt, unless the operator has decided otherwise.
func paceCollector(environ []string) {
	if !slices.ContainsFunc(environ, func(v string) bool { return strings.HasPrefix(v, "GOGC=") }) {
		debug.SetGCPercent(collectAt)
	}
}

// patience is how long a stopping service waits for the work under way: the
// longest task of package bot, which is a query of 30 s and the store's share.
// With drainFor before it the program is out in 55 s, within the 60 that
// operators give it.
const patience = 45 * time.Second

// A service is the bot with its platforms.
//
// It stops in the order in which nothing is lost: /readyz says 503, the doors
// close while those inside still get their answers, then the work that they
// left ends, then the store closes. What had no time goes on at the next start,
// from the store.
type service struct {
	config   Config // what counts now: see reload
	privacy  *bot.Privacy
	read     func() (Config, *bot.Privacy, error) // the configuration, as it is now
	log      *logrus.Logger
	machine  machine
	failed   chan error // what must not end and did; has room for all who may tell
	patience time.Duration
	tracing  *tracing // nil: nothing is traced

	health   *health
	front    *front
	gate     atomic.Pointer[gate]
	channels []*channel
}

// run serves until ctx ends or a part fails. It calls ready with the line for
// the operator.
func (s *service) run(ctx context.Context, ready func(string)) error {
	asked, deaf := s.machine.listening()
	defer deaf()
	s.health = newHealth(s.log)
	s.front = newFront(s.health, s.config.doorPaths()...)
	s.gate.Store(s.config.gate())
	public, err := listenPublic(ctx, s.machine, door{s.config.Server.Listen, s.front, &s.gate}, s.log)
	if err != nil {
		return errors.Join(fmt.Errorf("server.listen: %w", err), s.tracing.close())
	}
	// Serves from now on, so that whoever watches reads "starting" and not
	// that nobody is there. Its end is the first step of stopping, and so has
	// a context of its own.
	open, shut := context.WithCancel(context.WithoutCancel(ctx))
	defer shut()
	public.beforeStop(s.leave)
	closed := make(chan error, 1)
	go func() { closed <- public.serve(open) }()

	w, err := s.start(ctx)
	if err == nil {
		s.log.WithFields(logrus.Fields{"event": "serving", "version": version(), "address": public.url()}).Info("serving")
		line := s.line(public.url())
		ready(line)
		s.tell(daemon.SdNotifyReady, "STATUS="+line)
		w.inBackground(ctx, s.beat)
		err = s.wait(ctx, closed, &reloader{s: s, world: w, asked: asked, status: "STATUS=" + line})
		s.log.WithField("event", "stopping").Info("stopping: doors first, then the work under way")
		s.tell(daemon.SdNotifyStopping, "STATUS=stopping: what runs is finished")
	}
	shut()
	err = errors.Join(err, <-closed, s.finish(w))
	s.log.WithField("event", "stopped").Info("stopped")
	return err
}

// wait returns when ctx ends, or why the service cannot go on. Meanwhile it takes
// other configurations. What closed held is put back: its reader waits for it.
func (s *service) wait(ctx context.Context, closed chan error, r *reloader) error {
	for {
		select {
		case <-ctx.Done():
			return nil
		case err := <-s.failed:
			return err
		case err := <-closed: // the listener failed, and so did not call leave
			grace, cancel := context.WithTimeout(context.WithoutCancel(ctx), drainFor)
			defer cancel()
			closed <- s.leave(grace)
			return err
		case <-r.requests():
			r.begin()
		case found := <-r.reading:
			r.end(found)
		}
	}
}

// start opens the world and lets the platforms in.
func (s *service) start(ctx context.Context) (*world, error) {
	w := &world{config: s.config, log: s.log, machine: s.machine, now: s.machine.now, tracing: s.tracing}
	w.later(s.tracing.close) // last of all: the others still trace
	w, err := w.unless(w.open(ctx))
	if err != nil {
		return nil, err
	}
	if err := s.connect(w); err != nil {
		return w, err
	}
	s.listenAdmin(ctx, w)
	w.working(ctx, s.unending("work", w.answer))
	w.working(ctx, s.unending("check", w.check))
	w.working(ctx, s.unending("send", w.send))
	w.inBackground(ctx, w.burn)
	s.admit(ctx)
	startSeam("U2")
	s.front.open(s.doors())
	s.health.serving(w.store)
	startSeam("U3")
	return w, nil
}

// admit lets the platforms work.
func (s *service) admit(ctx context.Context) {
	for _, c := range s.channels {
		c.start(ctx, s.lost(c))
	}
}

// connect builds the platforms, and tells the bot how to reach people there.
func (s *service) connect(w *world) error {
	var faults []error
	for _, build := range []struct {
		on   bool
		make func(*world) (channel, error)
	}{
		{s.config.WeChat.on(), wechatChannel},
		{s.config.Telegram.on(), telegramChannel},
	} {
		if !build.on {
			continue
		}
		c, err := build.make(w)
		if err != nil {
			faults = append(faults, err)
			continue
		}
		s.channels = append(s.channels, &c)
		if c.pusher != nil {
			w.outbox.Add(c.name, deliver.Channel{Pusher: pusherSeam(c.pusher), Window: c.window})
		}
	}
	if len(faults) > 0 {
		return usageError{errors.Join(faults...)}
	}
	return nil
}

func (s *service) doors() map[string]http.Handler {
	doors := map[string]http.Handler{}
	for _, c := range s.channels {
		if c.door != nil {
			doors[c.path] = s.tracing.door(c.name, doorSeam(c.door))
		}
	}
	return doors
}

// line tells the operator where the service is.
func (s *service) line(url string) string {
	line := url + " serves"
	for i, c := range s.channels {
		if i > 0 {
			line += ","
		}
		line += " " + c.how
	}
	return line
}

// unending runs f, and fails the service if f ends before its context does.
func (s *service) unending(what string, f func(context.Context) error) func(context.Context) error {
	return func(ctx context.Context) error {
		err := f(ctx)
		if ctx.Err() != nil {
			return err
		}
		s.failed <- fmt.Errorf("%s: %w", what, or2(err, errEnded))
		return nil // told
	}
}

var errEnded = errors.New("ended by itself")

// lost is told why a platform gave up: Telegram refuses the token, for one. The
// others go on without it; with none left there is nothing to go on for.
func (s *service) lost(c *channel) func(error) {
	return func(err error) {
		s.log.WithError(err).WithFields(logrus.Fields{"event": "lost", "channel": c.name}).Error("this platform is not served any more")
		if len(s.channels) == 1 {
			s.failed <- err
		}
	}
}

// leave takes the service out of service: it is called when the listener begins
// to stop, and has the time that grace allows.
func (s *service) leave(grace context.Context) error {
	s.health.serving(nil)
	ended := make(chan error, len(s.channels))
	for _, c := range s.channels {
		go func() { ended <- c.stop(grace) }()
	}
	var faults []error
	for range s.channels {
		faults = append(faults, <-ended)
	}
	s.front.close()
	return errors.Join(faults...)
}

// finish ends the work under way and closes the store; w may be nil. Work that
// takes longer than patience is left as it is, as if the process had died: the
// store is made for that.
func (s *service) finish(w *world) error {
	if w == nil {
		return nil
	}
	ended := make(chan error, 1)
	go func() { ended <- w.close() }()
	limit := time.NewTimer(s.patience)
	defer limit.Stop()
	select {
	case err := <-ended:
		return err
	case <-limit.C:
		return fmt.Errorf("stop: work under way did not end in %v: it goes on at the next start", s.patience)
	}
}

// or2 is err, or instead when there is none.
func or2(err, instead error) error {
	if err == nil {
		return instead
	}
	return err
}
