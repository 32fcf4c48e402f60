package wechat_test

import (
	"strings"
	"testing"

	"github.com/weizhangbot/weizhangbot/bot"
	"github.com/weizhangbot/weizhangbot/bot/wechat"
	"github.com/weizhangbot/weizhangbot/bot/wechat/wechattest"
)

const photo = "http://mmbiz.qpic.cn/mmbiz_jpg/1"

// Everything that WeChat passes on, as the bot hears it.
func TestArrivals(t *testing.T) {
	for _, tt := range []struct {
		name  string
		m     wechattest.Message
		text  string
		event bot.Event
		deaf  bool // the bot hears nothing
	}{
		{"text", wechattest.Text("沪C12345"), "沪C12345", bot.NoEvent, false},
		{"empty text", wechattest.Text(""), "", bot.NoEvent, false},
		{"emoji", wechattest.Text("🚗/::)"), "🚗/::)", bot.NoEvent, false},
		{"what WeChat does not pass on", wechattest.Text("【收到不支持的消息类型，暂无法显示】"), "", bot.Other, false},
		{"tap", wechattest.Tap("是", "1"), "是", bot.NoEvent, false},
		{"tap with a word for an id", wechattest.Tap("是", "q_1"), "是", bot.NoEvent, false},
		{"tap without an id", wechattest.Tap("是", ""), "是", bot.NoEvent, false},
		{"click", wechattest.Click("query"), "查违章", bot.NoEvent, false},
		{"click on my cars", wechattest.Click("cars"), "我的车", bot.NoEvent, false},
		{"click on help", wechattest.Click("help"), "帮助", bot.NoEvent, false},
		{"click on a button of the operator's", wechattest.Click("城市"), "城市", bot.NoEvent, false},
		{"subscribe", wechattest.Subscribe(""), "", bot.Followed, false},
		{"subscribe by a code", wechattest.Subscribe("123"), "", bot.Followed, false},
		{"scan", wechattest.Scan("123"), "", bot.Followed, false},
		{"unsubscribe", wechattest.Unsubscribe(), "", bot.Left, false},
		{"voice that was recognised", wechattest.Voice("沪C12345"), "沪C12345", bot.NoEvent, false},
		{"voice", wechattest.Voice(""), "", bot.Voice, false},
		{"image that cannot be read", wechattest.Image(photo), "", bot.Picture, false},
		{"image without an address", wechattest.Image(""), "", bot.Picture, false},
		{"location", wechattest.Location(), "", bot.Place, false},
		{"video", wechattest.Kind("video"), "", bot.Other, false},
		{"short video", wechattest.Kind("shortvideo"), "", bot.Other, false},
		{"link", wechattest.Kind("link"), "", bot.Other, false},
		{"file", wechattest.Kind("file"), "", bot.Other, false},
		{"a type of tomorrow", wechattest.Kind("hologram"), "", bot.Other, false},
		{"automatic location", wechattest.Event("LOCATION", "Latitude", "31"), "", "", true},
		{"a link of the menu", wechattest.Event("VIEW", "EventKey", "https://example.com"), "", "", true},
		{"template sent", wechattest.Event("TEMPLATESENDJOBFINISH", "MsgID", "1", "Status", "success"), "", "", true},
		{"template not sent", wechattest.Event("TEMPLATESENDJOBFINISH", "MsgID", "1", "Status", "failed:user block"), "", "", true},
		{"an event of tomorrow", wechattest.Event("dream"), "", "", true},
	} {
		t.Run(tt.name, func(t *testing.T) {
			s := newStage(t, wechat.Service, wechattest.Safe)
			o := s.sends("oUSER", tt.m)
			if o.Banner != "" {
				t.Fatal(o.Banner)
			}
			if tt.deaf {
				if s.echo.count() != 0 || o.Raw != "success" {
					t.Errorf("the bot heard %+v, answered %q", s.echo.heard, o.Raw)
				}
				if failed := strings.Contains(s.logged.String(), "failed:user block"); failed != (tt.name == "template not sent") {
					t.Errorf("logged %s", s.logged)
				}
				return
			}
			m := s.echo.last(t)
			if m.Text != tt.text || m.Event != tt.event || m.Licence != nil || m.User != "wechat:oUSER" || m.Key == "" {
				t.Errorf("%+v", m)
			}
		})
	}
}

// Two events of one second are two; a redelivery is none.
func TestKeys(t *testing.T) {
	s := newStage(t, wechat.Service, wechattest.Plain)
	event := func(user, second, name, key string) string {
		return "<xml><ToUserName>gh</ToUserName><FromUserName>" + user + "</FromUserName><CreateTime>" + second +
			"</CreateTime><MsgType>event</MsgType><Event>" + name + "</Event><EventKey>" + key + "</EventKey></xml>"
	}
	keys := map[string]bool{}
	for _, body := range []string{
		event("a", "1", "CLICK", "query"), event("a", "1", "CLICK", "help"), event("a", "1", "SCAN", "query"),
		event("a", "2", "CLICK", "query"), event("b", "1", "CLICK", "query"), event("a", "1", "CLICK", strings.Repeat("x", 300)),
		event("a", "1", "CLICK", "query"),
	} {
		s.do("POST", s.signed(s.now()).Encode(), body)
		keys[s.echo.last(t).Key] = true
		if n := len(s.echo.last(t).Key); n > 200 {
			t.Errorf("a key of %d bytes", n)
		}
	}
	if len(keys) != 6 {
		t.Errorf("%d keys: %v", len(keys), keys)
	}
}

// The photo of a vehicle licence is read where the account can, and only
// there; otherwise the person is asked to type.
func TestPhoto(t *testing.T) {
	const members = `"plate_num":"苏E54321","vehicle_type":"小型轿车","owner":"某某","vin":"LZZDEM201JG481635","engine_num":"G4KD123456","register_date":"2018-06-07"`
	for _, tt := range []struct {
		name    string
		account wechat.Account
		prepare func(*stage)
		licence *bot.Licence
		calls   int // of the OCR, for two photos
	}{
		{"read", wechat.Service, func(s *stage) { s.api.Photo(photo, members) }, &bot.Licence{Plate: "苏E54321", Engine: "G4KD123456", VIN: "LZZDEM201JG481635"}, 2},
		{"the second page", wechat.Subscription, func(s *stage) { s.api.Photo(photo, `"plate_num_b":"苏E54321"`) }, &bot.Licence{Plate: "苏E54321"}, 2},
		{"a cat", wechat.Service, func(s *stage) { s.api.Photo(photo, "") }, nil, 2},
		{"cannot be fetched", wechat.Service, func(*stage) {}, nil, 2},
		{"no quota left today", wechat.Service, func(s *stage) { s.api.Fail("cv/ocr/driving", 101003, 9) }, nil, 1},
		{"no right to it", wechat.Service, func(s *stage) { s.api.Fail("cv/ocr/driving", 48001, 9) }, nil, 1},
		{"a basic account", wechat.Basic, func(s *stage) { s.api.Photo(photo, members) }, nil, 0},
	} {
		t.Run(tt.name, func(t *testing.T) {
			s := newStage(t, tt.account, wechattest.Safe)
			tt.prepare(s)
			s.sends("oUSER", wechattest.Image(photo))
			s.sends("oUSER", wechattest.Image(photo))
			m := s.echo.last(t)
			switch {
			case tt.licence == nil && (m.Licence != nil || m.Event != bot.Picture):
				t.Errorf("%+v", m)
			case tt.licence != nil && (m.Licence == nil || *m.Licence != *tt.licence || m.Event != bot.NoEvent):
				t.Errorf("%+v %v", m, m.Licence)
			}
			if n := s.api.Calls("cv/ocr/driving"); n != tt.calls {
				t.Errorf("the OCR was called %d times, want %d", n, tt.calls)
			}
			if log := s.logged.String(); strings.Contains(log, "54321") || strings.Contains(log, "某某") || strings.Contains(log, "qpic") {
				t.Errorf("logged: %s", log)
			}
		})
	}
}

// A redelivered photo is not read, and paid for, again.
func TestPhotoRedelivered(t *testing.T) {
	s := newStage(t, wechat.Service, wechattest.Safe)
	s.api.Photo(photo, `"plate_num":"苏E54321"`)
	r, err := s.platform.Prepare("oUSER", wechattest.Image(photo))
	if err != nil {
		t.Fatal(err)
	}
	first, second := s.platform.Try(t.Context(), r, 0), s.platform.Try(t.Context(), r, 1)
	if first.Text == "" || first.Text != second.Text || s.api.Calls("cv/ocr/driving") != 1 {
		t.Errorf("%q, %q, %d calls", first.Text, second.Text, s.api.Calls("cv/ocr/driving"))
	}
}

// From the photo to the report, through the whole bot.
func TestPhotoToReport(t *testing.T) {
	w := newWorld(t, wechat.Service, wechattest.Safe)
	w.api.Photo(photo, `"plate_num":"苏E54321","vin":"LZZDEM201JG654321","engine_num":"G4KD123456"`)
	o := w.sends(driver, wechattest.Image(photo))
	reads(t, o, "苏E5**21", "****21")
	if strings.Contains(o.Text, "苏E54321") || w.paid() != 0 {
		t.Errorf("%d paid: %s", w.paid(), o.Text)
	}
	reads(t, w.says(driver, "是"), result)
	if w.paid() != 1 {
		t.Errorf("%d paid", w.paid())
	}
}
