package nlu

import "testing"

// Labels in the wordings of the licence, of speech, of Taiwan and Hong Kong,
// of English; with and without "the last N" and a copula.
func TestReadLabels(t *testing.T) {
	tests := []struct{ text, engine, vin string }{
		{"发动机号123456", "123456", ""},
		{"发动机号码：123456", "123456", ""},
		{"发动机后6位123456", "123456", ""},
		{"发动机号后六位是 123456", "123456", ""},
		{"发动机最后6位数字为123456", "123456", ""},
		{"我的发动机号就是 ab1234", "AB1234", ""},
		{"马达号 AB1234", "AB1234", ""},
		{"电机号=TZ220XS123456", "TZ220XS123456", ""},
		{"引擎號碼 AB1234", "AB1234", ""},
		{"ENGINE:4B12345", "4B12345", ""},
		{"engine no. is ab1234", "AB1234", ""},
		{"Engine Number - AB1234", "AB1234", ""},
		{"发动机号 L15B7-1234567", "L15B7-1234567", ""},
		{"发动机号 *AB1234*", "AB1234", ""},
		{"发动机号 004567", "004567", ""},
		{"车架号654321", "", "654321"},
		{"车架后四位4321", "", "4321"},
		{"車架號碼 654321", "", "654321"},
		{"识别代码 LZZTEST090A123456", "", "LZZTEST090A123456"},
		{"车辆识别代号：lzztest090a123456", "", "LZZTEST090A123456"},
		{"大架号 LZZTEST090A123456", "", "LZZTEST090A123456"},
		{"底盘号 LZZTEST090A123456", "", "LZZTEST090A123456"},
		{"VIN码LZZTEST090A123456", "", "LZZTEST090A123456"},
		{"vin654321", "", "654321"},
		{"chassis no 654321", "", "654321"},
		{"车架号 LZZTEST0Q0A123456", "", "LZZTEST0Q0A123456"},
		{"发动机 123456 车架 654321", "123456", "654321"},
		{"车架 654321 发动机 123456", "123456", "654321"},
		{"发动机号和车架号分别是123456和654321", "123456", "654321"},
		{"车架号、发动机号：654321、123456", "123456", "654321"},
		{"123456是发动机号，654321是车架号", "123456", "654321"},
		{"123456（发动机）654321（车架）", "123456", "654321"},
		{"车架号没有，发动机号123456", "123456", ""},
		{"发动机号不知道 车架号654321", "", "654321"},
		{"发动机号 LZZTEST090A123456", "", "LZZTEST090A123456"},
		{"发动机号 LZZTEST090A123456 AB1234", "AB1234", "LZZTEST090A123456"},
		{"发动机号 13800138000", "", ""},
		{"车架号 110105194912310021", "", ""},
		{"发动机号 abcdef", "", ""},
		{"发动机号在哪", "", ""},
	}
	for _, tt := range tests {
		if r := Read(tt.text, fresh); r.Engine != tt.engine || r.VIN != tt.vin {
			t.Errorf("%s: engine %q VIN %q, want %q %q", tt.text, r.Engine, r.VIN, tt.engine, tt.vin)
		}
	}
}

// Without labels: engine first, then VIN; a VIN is one wherever it stands. Only
// what stands by itself beside a plate is a value.
func TestReadUnlabelled(t *testing.T) {
	tests := []struct {
		text        string
		open        Open
		engine, vin string
	}{
		{"沪C12345 123456", fresh, "123456", ""},
		{"沪C12345 123456 654321", fresh, "123456", "654321"},
		{"沪C12345/A12345/654321", fresh, "A12345", "654321"},
		{"沪C12345,02,,654321", fresh, "", "654321"},
		{"沪C12345 LZZTEST090A123456 123456", fresh, "123456", "LZZTEST090A123456"},
		{"沪C12345 车架 654321 123456", fresh, "123456", "654321"},
		{"沪C12345 2026", fresh, "", ""},
		{"沪C12345 住在123456号", fresh, "", ""},
		{"好的，123456", askEngine, "123456", ""},
		{"找到了 ab1234 谢谢", askEngine, "AB1234", ""},
		{"A12345", askEngine, "A12345", ""},
		{"KA12345", askEngine, "KA12345", ""},
		{"诶比一二三四", askEngine, "AB1234", ""},
		{"零零四五六七", askVIN, "", "004567"},
		{"12345", askEngine, "12345", ""},
		{"123456和654321", askBoth, "123456", "654321"},
		{"LZZTEST090A123456 123456", askBoth, "123456", "LZZTEST090A123456"},
		{"哈哈哈", askEngine, "", ""},
		{"asdfgh", askEngine, "", ""},
		{"我明天18:30到", askEngine, "", ""},
		{"幺三八零零幺三八零零零", askEngine, "", ""},
		{"1 3 8 0 0 1 3 8 0 0 0", askEngine, "", ""},
	}
	for _, tt := range tests {
		if r := Read(tt.text, tt.open); r.Engine != tt.engine || r.VIN != tt.vin {
			t.Errorf("%s at %q: engine %q VIN %q, want %q %q", tt.text, tt.open.Question, r.Engine, r.VIN, tt.engine, tt.vin)
		}
	}
}

// A correction names what is right, in either order, and of one thing only.
func TestReadCorrections(t *testing.T) {
	tests := []struct {
		text                      string
		open                      Open
		number, typ, engine, prov string
	}{
		{"不是京A12345是京A12346", fresh, "京A12346", "02", "", ""},
		{"是京A12346不是京A12345", fresh, "京A12346", "02", "", ""},
		{"把京A12345换成京A54321", fresh, "京A54321", "02", "", ""},
		{"京A12345打错了，应该是京A12346", fresh, "京A12346", "02", "", ""},
		{"不，是京A12346", confirmJin, "京A12346", "02", "", ""},
		{"京A12346", confirmJin, "京A12346", "02", "", ""},
		{"发动机号写错了，改成A12346", fresh, "", "", "A12346", ""},
		{"发动机号不是123456，是123457", fresh, "", "", "123457", ""},
		{"改成123457", askVIN, "", "", "123457", ""},
		{"黄牌不是蓝牌", result, "", "01", "", ""},
		{"不是小车，是大车", result, "", "01", "", ""},
		{"不是京是津", confirmJin, "", "", "", "天津"},
		{"是津不是京", confirmJin, "", "", "", "天津"},
		{"发动机号写错了", askVIN, "", "", "", ""},
		{"车牌要改", askVIN, "", "", "", ""},
	}
	for _, tt := range tests {
		r := Read(tt.text, tt.open)
		got := r.Slots(tt.text)
		if r.Intent != Correct || len(r.Vehicles) > 1 || got.Plate != tt.number || got.Type != tt.typ || got.Engine != tt.engine || r.Province != tt.prov {
			t.Errorf("%s: %+v", tt.text, r)
		}
	}
	if r := Read("京A12345", confirmJin); r.Intent != Confirm {
		t.Errorf("the plate itself: %s", r.Intent)
	}
}

func TestIsPrivate(t *testing.T) {
	for text, want := range map[string]bool{
		"13800138000": true, "8613800138000": true, "008613800138000": true, "138-0013-8000": true,
		"11010519491231002X": true, "110105194912310021": true, "6222021234567890123": true,
		"123456": false, "11800138000": false, "LZZTEST090A123456": false, "11111111111111111": false, "G4KD12345678": false,
	} {
		if got := isPrivate([]rune(text)); got != want {
			t.Errorf("%s: %v", text, got)
		}
	}
}
