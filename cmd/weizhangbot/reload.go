package main

import (
	"context"
	"encoding"
	"errors"
	"fmt"
	"os"
	"reflect"
	"slices"
	"strings"

	"github.com/coreos/go-systemd/v22/daemon"
	"github.com/sirupsen/logrus"

	"github.com/weizhangbot/weizhangbot/bot"
	"github.com/weizhangbot/weizhangbot/bot/wechat"
)

// liveKeys are the keys that count from a SIGHUP on; those that end with a dot
// are sections. Whatever holds a connection, a file or a secret needs a restart.
var liveKeys = []string{
	"server.trusted_proxies", "log.", "juhe.cache_for", "juhe.daily_budget", "juhe.monthly_budget", "juhe.price",
	"limits.", "push.", "privacy.", "admins",
}

func isLive(path string) bool {
	return slices.ContainsFunc(liveKeys, func(k string) bool {
		return k == path || strings.HasSuffix(k, ".") && strings.HasPrefix(path, k)
	})
}

// loadServed is the configuration of a service, with the notice that it names.
// All its faults are reported in one error.
func loadServed(file string, environ []string) (Config, *bot.Privacy, error) {
	c, err := load(file, environ, toServe...)
	privacy, unread := c.Privacy.text()
	faults := []error{err}
	if unread != nil {
		faults = append(faults, usageError{fmt.Errorf("config: privacy.file: %w", unread)})
	}
	if err == nil {
		faults = append(faults, c.served(), c.platforms())
	}
	return c, privacy, errors.Join(faults...)
}

// platforms are the faults that only an adapter knows.
func (c *Config) platforms() error {
	if !c.WeChat.on() {
		return nil
	}
	a, err := wechat.New(c.WeChat.adapter(nobody{}))
	if err != nil {
		return usageError{err}
	}
	return a.Close(context.Background()) // it was never open
}

// A reloader reads the configuration again whenever somebody asks.
type reloader struct {
	s       *service
	world   *world
	asked   <-chan os.Signal
	status  string      // for the service manager, while all is well
	reading chan reread // nil: nothing is being read
}

// A reread is what the configuration was found to be.
type reread struct {
	config  Config
	privacy *bot.Privacy
	err     error
}

// requests are those that are heard now: none while a configuration is read.
func (r *reloader) requests() <-chan os.Signal {
	if r.reading != nil {
		return nil
	}
	return r.asked
}

// begin reads aside: a file may be a pipe that nobody writes to, and keeps
// nobody from stopping the service.
func (r *reloader) begin() {
	r.s.tell(daemon.SdNotifyReloading, daemon.SdNotifyMonotonicUsec()+"STATUS=reading the configuration again")
	found := make(chan reread, 1)
	r.reading = found
	go func() {
		c, privacy, err := r.s.read()
		found <- reread{c, privacy, err}
	}()
}

// end takes over what can be taken over of a configuration without faults, and
// nothing of another.
func (r *reloader) end(found reread) {
	r.reading = nil
	if found.err != nil {
		for _, line := range faultLines(found.err) {
			r.s.log.WithFields(logrus.Fields{"event": "reload", "fault": line}).Error("the new configuration is refused, the old one stays")
		}
		r.s.tell(daemon.SdNotifyReady, "STATUS=the new configuration is refused, the old one stays: see the log")
		return
	}
	now, changed, restart := merged(r.s.config, found.config)
	if versionOf(found.privacy) != versionOf(r.s.privacy) {
		changed = append(changed, "the text of privacy.file")
	}
	r.s.config, r.s.privacy = now, found.privacy
	r.s.gate.Store(now.gate())
	r.world.adjust(&now, found.privacy)
	r.s.log.SetFormatter(now.masking(now.Log.formatter()))
	r.s.log.SetLevel(max(r.s.log.GetLevel(), now.Log.level())) // so that a quieter log tells this much
	status := r.status
	if len(restart) > 0 {
		status += "; needs a restart: " + strings.Join(restart, ", ")
	}
	r.report(changed, restart)
	r.s.log.SetLevel(now.Log.level())
	r.s.tell(daemon.SdNotifyReady, status)
}

func (r *reloader) report(changed, restart []string) {
	log := r.s.log.WithField("event", "reload")
	if len(changed) > 0 {
		log.WithField("changed", strings.Join(changed, ", ")).Info("the configuration was read again")
	} else {
		log.Info("the configuration was read again: nothing that counts at once has changed")
	}
	if len(restart) > 0 {
		log.Warn("needs a restart: " + strings.Join(restart, ", "))
	}
}

// merged is old with the live keys of wanted. changed tells those that differ,
// with their values where these are short and nobody's own; restart are the
// others that differ.
func merged(old, wanted Config) (now Config, changed, restart []string) {
	now = old
	into, from := keysOf(&now), keysOf(&wanted)
	for i, k := range into {
		switch was, is := k.value, from[i].value; {
		case same(was, is):
		case !isLive(k.path):
			restart = append(restart, k.path)
		default:
			changed = append(changed, k.path+change(was.Interface(), is.Interface()))
			was.Set(is)
		}
	}
	return now, changed, restart
}

// same tells whether two values mean the same: a list without anything in it is
// none.
func same(a, b reflect.Value) bool {
	if a.Kind() == reflect.Slice || a.Kind() == reflect.Map {
		if a.Len() == 0 && b.Len() == 0 {
			return true
		}
	}
	return reflect.DeepEqual(a.Interface(), b.Interface())
}

// change is how a value changed. Lists hold ids of people and addresses: that
// they did is enough.
func change(was, is any) string {
	if _, list := was.([]string); list {
		return ""
	}
	return ": " + shown(was) + " → " + shown(is)
}

// shown is a value as it is written in the file; a secret masks itself.
func shown(v any) string {
	if m, ok := v.(encoding.TextMarshaler); ok {
		if text, err := m.MarshalText(); err == nil {
			return string(text)
		}
	}
	return or(fmt.Sprint(v), `""`)
}

func versionOf(p *bot.Privacy) int {
	if p == nil { // the default
		return bot.NoticeVersion
	}
	return p.Version
}
