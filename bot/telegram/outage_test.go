package telegram

import (
	"errors"
	"net/http"
	"testing"

	"github.com/weizhangbot/weizhangbot/bot"
	"github.com/weizhangbot/weizhangbot/bot/telegram/telegramtest"
)

// What a push that failed tells: nobody is gone because a gateway says so,
// nothing is lost because a token is refused for an hour, and only what has
// surely not left may be brought by another push.
func TestPushOfAnOutage(t *testing.T) {
	gateway := func(code int) telegramtest.Fault { return telegramtest.Fault{Code: code, HTML: true} }
	for _, tt := range []struct {
		name   string
		fault  telegramtest.Fault
		unsent bool
	}{
		{"the token is refused", telegramtest.Fault{Code: http.StatusUnauthorized, Description: "Unauthorized"}, true},
		{"the token is unknown", telegramtest.Fault{Code: http.StatusNotFound, Description: "Not Found"}, true},
		{"a gateway forbids", gateway(http.StatusForbidden), true},
		{"a gateway wants a password", gateway(http.StatusProxyAuthRequired), true},
		{"a gateway redirects", gateway(http.StatusFound), true},
		{"a gateway has no server", gateway(http.StatusBadGateway), true},
		{"the first has gone", telegramtest.Fault{Code: http.StatusUnauthorized, Description: "Unauthorized", Times: 2}, false},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			r := newRig(t, &parrot{})
			r.says("你好")
			both := replies("一", "二").Replies
			if !tt.unsent {
				if err := r.adapter.Push(t.Context(), "telegram:42", "id", both[:1]); err != nil {
					t.Fatal(err)
				}
			}
			tt.fault.Method = "sendMessage"
			r.tg.Fail(tt.fault)
			err := r.adapter.Push(t.Context(), "telegram:42", "id", both)
			if err == nil || errors.Is(err, bot.ErrGone) || errors.Is(err, bot.ErrUnsent) != tt.unsent {
				t.Errorf("%v", err)
			}
			r.tg.Heal()
			if err := r.adapter.Push(t.Context(), "telegram:42", "id", both); err != nil || len(r.tg.Messages(42)) != 3 {
				t.Errorf("afterwards: %v, %d messages", err, len(r.tg.Messages(42)))
			}
		})
	}
}

// An answer that a gateway, or a refused token, kept back is sent afterwards.
func TestAnswerAfterAnOutage(t *testing.T) {
	for name, fault := range map[string]telegramtest.Fault{
		"the token is refused": {Code: http.StatusUnauthorized, Description: "Unauthorized"},
		"a gateway forbids":    {Code: http.StatusForbidden, HTML: true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p := &parrot{}
			r := newRig(t, p)
			r.says("你好")
			fault.Method = "sendMessage"
			r.tg.Fail(fault)
			r.tg.Say(42, "在吗")
			r.logs("answer is sent later")
			r.tg.Heal()
			r.reads("在吗")
		})
	}
}
