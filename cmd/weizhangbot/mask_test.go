package main

import (
	"encoding/base64"
	"errors"
	"net/url"
	"strings"
	"testing"

	"github.com/sirupsen/logrus"

	"github.com/weizhangbot/weizhangbot/bot"
	"github.com/weizhangbot/weizhangbot/juhe"
	"github.com/weizhangbot/weizhangbot/storage"
)

// Whatever slips through everything else is masked in the finished line.
func TestMaskedLog(t *testing.T) {
	c := defaults()
	c.Juhe.Key = juheKey
	c.Telegram.Token = tgToken
	c.WeChat.AESKey = wxAESKey
	c.Storage.DSN = "postgres://bot:p%40ss&word@db/x?sslmode=disable&a=b"
	c.WeChat.Token = "abc" // too short to look for
	for _, tt := range []struct{ name, text, keeps string }{
		{"a key", "GET https://v.juhe.cn/sweizhang/citys?key=" + juheKey + "&province=ZJ", "province=ZJ"},
		{"escaped", "POST https://api.telegram.org/bot" + url.QueryEscape(tgToken) + "/getMe", "/getMe"},
		{"in base64", "Basic " + base64.StdEncoding.EncodeToString([]byte(juheKey)), "Basic"},
		{"a database", "connect " + string(c.Storage.DSN) + " refused", "refused"},
		{"an access token", `Get "https://api.weixin.qq.com/cgi-bin/menu/get?access_token=canary_12-3": EOF`, "menu/get"},
		{"a plate", "plate 沪C12345 not found", "not found"},
		{"a plate with a dot", "plate 沪c·12345 not found", "not found"},
		{"a new-energy plate", "plate 粤BD12345", "plate"},
		{"a VIN", "vin LSVAA49J132022222 wrong", "wrong"},
		{"an openid", "user " + aDriver + " left", "left"},
		{"a user", "user telegram:123456789 left", "left"},
		{"a chat", "Bad Request: chat 123456 not found", "not found"},
		{"a chat in JSON", `{"chat_id":123456,"ok":false}`, "ok"},
		{"a long id", "no rights for 1234567890", "no rights"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			for _, format := range []string{"json", "text"} {
				var out strings.Builder
				log := newLogger(&out, Log{Level: "debug", Format: format})
				maskSecrets(log, &c)
				log.WithError(errors.New(tt.text)).WithField("what", tt.text).Error(tt.text)
				got := out.String()
				for _, secret := range []string{"anary", "Y2FuYXJ5", "word@db", "12345", "LSVAA49J132022222"} {
					if strings.Contains(got, secret) {
						t.Errorf("%s: %q in %s", format, secret, got)
					}
				}
				if strings.Count(got, "***") < 3 || !strings.Contains(got, tt.keeps) {
					t.Errorf("%s: %s", format, got)
				}
			}
		})
	}
}

// A value is printed by its own methods, which mask, and not looked into.
func TestMaskedFields(t *testing.T) {
	car := bot.Saved{Vehicle: bot.Vehicle{Plate: "沪CQM94X", Engine: "CANARY1", VIN: "CANARY2"}, Name: "CANARY3"}
	for _, v := range []any{
		bot.UserID("telegram:CANARY4"), car, &car, []bot.Saved{car}, map[string]bot.Saved{"a": car}, bot.Message{User: "x:CANARY5", Text: "CANARY6"},
		bot.Reply{Text: "CANARY7"}, storage.Job{ID: "CANARY8", Key: "CANARY9", Body: []byte("CANARY0")}, storage.KV{Key: "CANARY1", Value: []byte("CANARY2")},
		Secret("CANARY3"), Config{Juhe: Juhe{Key: "CANARY4"}}, juhe.Query{Plate: "沪CQM94X", Engine: "CANARY5"},
	} {
		for _, format := range []string{"json", "text"} {
			var out strings.Builder
			log := newLogger(&out, Log{Level: "debug", Format: format})
			c := defaults()
			maskSecrets(log, &c)
			log.WithField("what", v).Info("here")
			coded := base64.StdEncoding.EncodeToString([]byte("CANARY"))
			if got := out.String(); strings.Contains(got, "CANARY") || strings.Contains(got, "QM94X") || strings.Contains(got, coded) {
				t.Errorf("%T as %s: %s", v, format, got)
			}
		}
	}
}

// What is no secret stays readable, what masked itself stays as it is.
func TestMaskedLogKeepsTheRest(t *testing.T) {
	c := defaults()
	c.WeChat.Token = "abc"
	for _, text := range []string{
		"abcdef", "沪C1**45/02", "telegram:12***", "wechat: token: errcode 40164: invalid ip 203.0.113.7", "2026-11-24T00:00:00Z", "listen 127.0.0.1:8080",
		"update 123456789", "boltstore: open /var/lib/bot.db", "wechat:oA***",
	} {
		var out strings.Builder
		log := newLogger(&out, Log{Level: "debug", Format: "text"})
		maskSecrets(log, &c)
		log.Formatter.(*maskingFormatter).inner = bare{}
		log.Info(text)
		if got := out.String(); got != text+"\n" {
			t.Errorf("%q became %q", text, got)
		}
	}
}

type bare struct{}

func (bare) Format(e *logrus.Entry) ([]byte, error) { return []byte(e.Message + "\n"), nil }
