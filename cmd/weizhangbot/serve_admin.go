package main

import (
	"context"
	"fmt"

	"github.com/sirupsen/logrus"

	"github.com/weizhangbot/weizhangbot/bot/admin"
)

// listenAdmin opens the operator's listener; it ends when the world closes, and
// so after the platforms: what an operator asked for is finished.
func (s *service) listenAdmin(ctx context.Context, w *world) error {
	h := admin.New(admin.Config{Office: w.fleet(), Token: string(s.config.Server.AdminToken), Log: s.log})
	l, err := listen(ctx, s.config.Server.AdminListen, h, s.log)
	if err != nil {
		return fmt.Errorf("server.admin_listen: %w", err)
	}
	s.log.WithFields(logrus.Fields{"event": "admin", "address": l.url()}).Info("listening for operators")
	w.inBackground(ctx, s.unending("admin", l.serve))
	return nil
}
