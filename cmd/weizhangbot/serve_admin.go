package main

import (
	"context"

	"github.com/sirupsen/logrus"

	"github.com/weizhangbot/weizhangbot/bot/admin"
)

// listenAdmin opens the operator's listener; it ends when the world closes, and
// so after the platforms: what an operator asked for is finished. An address
// that is taken is loud in the log, and keeps no driver waiting.
func (s *service) listenAdmin(ctx context.Context, w *world) {
	stopping, stop := context.WithCancel(context.WithoutCancel(ctx))
	token := string(s.config.Server.AdminToken)
	console := admin.NewConsole(admin.ConsoleConfig{
		Panel: w.panel, Token: token, Log: s.log,
		API: admin.New(admin.Config{Office: func() admin.Office { return w.fleet() }, Store: w.copier(), Stopping: stopping, Token: token, Log: s.log}),
	})
	l, err := listenOn(ctx, s.machine, s.config.Server.AdminListen, console, s.log)
	if err != nil {
		s.log.WithError(err).WithField("event", "admin").Error("server.admin_listen: operators cannot ask the running bot; choose another address")
		stop()
		return
	}
	l.beforeStop(func(grace context.Context) error {
		stop()
		return console.Close(grace)
	})
	w.inBackground(ctx, w.panel.Run)
	s.log.WithFields(logrus.Fields{"event": "admin", "address": l.url()}).Info("listening for operators")
	w.inBackground(ctx, s.unending("admin", l.serve))
}
