package wechat_test

import (
	"strings"
	"testing"
	"time"

	"github.com/weizhangbot/weizhangbot/bot/wechat"
	"github.com/weizhangbot/weizhangbot/bot/wechat/wechattest"
)

// However many strangers knock, the log grows by some lines a minute, and tells
// how many it left out.
func TestRefusalsAreSampled(t *testing.T) {
	s := newStage(t, wechat.Service, wechattest.Safe)
	for range 5000 {
		if resp := s.do("POST", "signature=x", "x"); resp.Code != 403 {
			t.Fatalf("%d", resp.Code)
		}
	}
	if n := strings.Count(s.logged.String(), "request refused"); n != 20 {
		t.Errorf("%d lines for 5000 refusals, want 20", n)
	}
	s.added.Add(int64(time.Minute))
	s.do("POST", "signature=x", "x")
	if log := s.logged.String(); strings.Count(log, "request refused") != 21 || !strings.Contains(log, "unlogged=4980") && !strings.Contains(log, `"unlogged":4980`) {
		t.Errorf("a minute later:\n%s", log[max(0, len(log)-300):])
	}
}
