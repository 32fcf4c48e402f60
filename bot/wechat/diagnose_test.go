package wechat_test

import (
	"strings"
	"testing"

	"github.com/weizhangbot/weizhangbot/bot/wechat"
	"github.com/weizhangbot/weizhangbot/bot/wechat/wechattest"
)

// What is wrong with an account, and what the operator reads of it.
func TestDiagnose(t *testing.T) {
	const content = "车牌号:{{car_number1.DATA}}\n违章时间:{{ time2.DATA }}\n违章行为:{{thing3.DATA}}"
	fitting := map[string]string{"car_number1": "plate", "time2": "time", "thing3": "act"}
	for _, tt := range []struct {
		name    string
		account wechat.Account
		really  wechattest.Account
		fields  map[string]string // nil: no template
		ail     func(*wechattest.API)
		check   string
		want    []string // nil: fine
	}{
		{"a service account", wechat.Service, wechattest.Service, nil, nil, "account", nil},
		{"a subscription account", wechat.Subscription, wechattest.Subscription, nil, nil, "account", nil},
		{"less than it says", wechat.Service, wechattest.Subscription, nil, nil, "account", []string{"no certified 服务号", "wechat.account: subscription"}},
		{"more than it says", wechat.Subscription, wechattest.Service, nil, nil, "account", []string{"is a certified 服务号", "wechat.account: service"}},
		{"not certified", wechat.Subscription, wechattest.Personal, nil, nil, "menu", []string{"48001", "wechat.account: basic"}},
		{"no answer about templates", wechat.Service, wechattest.Service, nil, func(a *wechattest.API) { a.Fail("template/get_all_private_template", 503, 9) }, "account", []string{"HTTP status 503"}},
		{"an address that is not listed", wechat.Service, wechattest.Service, nil, func(a *wechattest.API) { a.Fail("stable_token", 40164, 9) }, "token", []string{"errcode 40164", "; add 203.0.113.7 to 设置与开发 → 基本配置 → IP白名单"}},
		{"a wrong secret", wechat.Service, wechattest.Service, nil, func(a *wechattest.API) { a.Fail("stable_token", 40125, 9) }, "token", []string{"check app_secret"}},
		{"a template that fits", wechat.Service, wechattest.Service, fitting, nil, "template", nil},
		{"no such template", wechat.Service, wechattest.Service, fitting, func(a *wechattest.API) { a.AddTemplate("other", content) }, "template", []string{"none of the account's 1 templates"}},
		{"a field too few", wechat.Service, wechattest.Service, map[string]string{"car_number1": "plate", "thing3": "act"}, nil, "template", []string{"template.fields lacks time2", "47003"}},
		{"a field too many", wechat.Service, wechattest.Service, map[string]string{"car_number1": "plate", "time2": "time", "thing3": "act", "thing9": "place"}, nil, "template", []string{"template.fields.thing9: the template has no such field, only car_number1, thing3, time2"}},
		{"a field too short", wechat.Service, wechattest.Service, map[string]string{"short_thing1": "plate"}, func(a *wechattest.API) { a.AddTemplate("T", "{{short_thing1.DATA}}") }, "template", []string{"short_thing1: WeChat takes 5 characters there, and plate needs 8"}},
		{"two things at once", wechat.Service, wechattest.Service, map[string]string{"thing9": "act"}, func(a *wechattest.API) { a.AddTemplate("T", "{{thing1.DATA}}") }, "template", []string{"lacks thing1", "thing9: the template has no such field"}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			s := newStage(t, tt.account, wechattest.Safe, func(c *wechat.Config) {
				if tt.fields != nil {
					c.Template = wechat.Template{ID: "T", Fields: tt.fields}
				}
			})
			s.api.SetAccount(tt.really)
			if tt.ail != nil {
				tt.ail(s.api)
			} else {
				s.api.AddTemplate("T", content)
			}
			var found *wechat.Check
			for _, c := range s.adapter.Diagnose(t.Context()) {
				if c.Name == tt.check {
					found = &c
				}
			}
			switch {
			case found == nil:
				t.Fatalf("no check of the %s", tt.check)
			case tt.want == nil && found.Err != nil:
				t.Errorf("%v", found.Err)
			}
			for _, want := range tt.want {
				if found.Err == nil || !strings.Contains(found.Err.Error(), want) {
					t.Errorf("%v, want %q", found.Err, want)
				}
			}
			if n := len(s.api.Sent("")); n != 0 {
				t.Errorf("%d messages sent", n)
			}
		})
	}
}
