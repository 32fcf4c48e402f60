package main

import (
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// What the README shows of the doctor is what the doctor says.
func TestReadmeShowsTheDoctor(t *testing.T) {
	t.Parallel()
	o := newOutside(t)
	section := "wechat: {app_id: " + wxAppID + ", app_secret: " + wxSecret + ", token: " + wxToken + ", aes_key: " + wxAESKey + ", api_base: 'WECHAT', template: {id: T, fields: {car_number1: plate, thing9: act}}}\n"
	o.serve(section, withTelegram).end() // makes the store
	o.wechat.AddTemplate("T", "车牌号:{{car_number1.DATA}}\n违章行为:{{thing3.DATA}}")
	o.telegram.PrivacyOff()
	file := o.config(section, withTelegram)
	o.write("juhe: {key: " + juheKey + ", base_url: " + o.juheURL + "/sweizhang, price: 0.15}\n")
	o.chmod("config.yaml", 0o640)
	_, out := o.doctorWith(nil, file, "--listen", "1s")
	out = strings.NewReplacer(o.dir+string(filepath.Separator), "", "config.yaml", "my.yaml", "bot.db", "weizhangbot.db", "listened for 1s", "listened for 6s").Replace(out)
	out = regexp.MustCompile(`weizhangbot.db: \d+ KiB, \d+ records`).ReplaceAllString(out, "weizhangbot.db: 96 KiB, 14 records")
	out = regexp.MustCompile(`(?m)^. disk: .*\n`).ReplaceAllString(out, "") // what this machine has is its own affair
	shown := strings.TrimPrefix(fenced(t, "text", "weizhangbot doctor"), "$ weizhangbot doctor --config my.yaml\n")
	disk := regexp.MustCompile(`(?m)^✓ disk: [0-9.]+ GiB free\n`)
	if !disk.MatchString(shown) || disk.ReplaceAllString(shown, "") != out {
		t.Errorf("the README shows\n%s\nand the doctor says\n%s", shown, out)
	}
}
