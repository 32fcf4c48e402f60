package nlu

import "testing"

var askedJin = Open{Question: ConfirmPlate, Engine: Unwanted, VIN: Unwanted, Plate: "京A12345"}

// A plate's letter and its single characters can be corrected alone.
func TestReadRestated(t *testing.T) {
	tests := []struct{ text, province, letter string }{
		{"是B不是A", "", "B"},
		{"不是A是B", "", "B"},
		{"最后一位是6不是5", "", ""},
		{"津，不是京", "天津", ""},
		{"不是京，是津", "天津", ""},
	}
	for _, tt := range tests {
		r := Read(tt.text, askedJin)
		if r.Intent != Correct || r.Province != tt.province || r.Letter != tt.letter {
			t.Errorf("%s: %s province %q letter %q, want %q %q", tt.text, r.Intent, r.Province, r.Letter, tt.province, tt.letter)
		}
	}
}

// A letter with digits is a plate without its province only where it stands
// for itself.
func TestReadAccidentalPlate(t *testing.T) {
	tests := map[string]Intent{
		"A12345": Query, "我的车B12345": Query,
		"苏打水B12345": Unknown, "京东A12345订单到哪了": Unknown, "订单号A12345": Unknown,
	}
	for text, want := range tests {
		if r := Read(text, fresh); r.Intent != want {
			t.Errorf("%s: %s, want %s", text, r.Intent, want)
		}
	}
}

// Dictation writes a plate's letter as a character; that is a guess.
func TestReadDictatedPlate(t *testing.T) {
	tests := map[string]string{
		"沪诶一二三四五": "沪A12345", "京欸一二三四五查一下": "京A12345", "粤逼一二三四五": "粤B12345", "诶比一二三四五": "",
	}
	for text, want := range tests {
		r := Read(text, fresh)
		if got := r.Slots(text).Plate; got != want {
			t.Errorf("%s: %q, want %q", text, got, want)
		}
		if want != "" && r.Vehicles[0].Plate.Action != "confirm" {
			t.Errorf("%s: %s, want a confirmation", text, r.Vehicles[0].Plate.Action)
		}
	}
}

// What no rule names is a want of help if it asks about the service's things,
// or while a form is open.
func TestReadLeftQuestions(t *testing.T) {
	tests := []struct {
		text   string
		open   Open
		intent Intent
	}{
		{"包括横杠吗", askEngine, Help},
		{"是0还是O", askVIN, Help},
		{"一定要填吗", askVIN, Help},
		{"黄牌车能查吗", fresh, Help},
		{"粤B能查吗", fresh, Cities},
		{"川A演唱会门票", fresh, Unknown},
		{"今天天气怎么样", askEngine, Unknown},
		{"13800138000是吗", askEngine, Unknown},
		{"返回主菜单", fresh, Help},
		{"查一查吧", fresh, Query},
		{"跟上次那辆一样的", askEngine, ProvideInfo},
		{"没有违章就别打扰我", fresh, Subscribe},
		{"车卖了，不用查了", fresh, DeleteVehicle},
	}
	for _, tt := range tests {
		if r := Read(tt.text, tt.open); r.Intent != tt.intent {
			t.Errorf("%s at %q: %s/%s, want %s", tt.text, tt.open.Question, r.Intent, r.Act, tt.intent)
		}
	}
	if r := Read("/del 2", fresh); r.Intent != DeleteVehicle || r.Ref != 2 || r.Engine != "" {
		t.Errorf("/del 2: %+v", r)
	}
}
