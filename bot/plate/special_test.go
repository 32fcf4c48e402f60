package plate_test

import (
	"testing"

	"github.com/weizhangbot/weizhangbot/bot/plate"
)

// TestSpecialPlates names the kind of each and refuses what cannot be one.
func TestSpecialPlates(t *testing.T) {
	for text, want := range map[string]struct {
		plate string // "" : rejected
		kind  plate.Kind
		hpzl  string
	}{
		"冀A1234挂":     {"冀A1234挂", plate.Trailer, "15"},
		"冀A12B4挂":     {"冀A12B4挂", plate.Trailer, "15"},
		"冀A12345挂":    {},
		"冀AABC4挂":     {},
		"京A1234学":     {"京A1234学", plate.Coach, "16"},
		"京A1O34學":     {"京A1034学", plate.Coach, "16"},
		"京A0006警":     {"京A0006警", plate.Police, "23"},
		"京A0006警警":    {},
		"粤Z1234港":     {"粤Z1234港", plate.HongKong, "26"},
		"粤Z·AB12 澳":   {"粤ZAB12澳", plate.Macau, "27"},
		"粤B1234港":     {},
		"粤Z1234警":     {},
		"粤Z12345":     {},
		"粤ZD12345":    {},
		"224578使":     {"224578使", plate.Embassy, "03"},
		"224·578 使":   {"224578使", plate.Embassy, "03"},
		"使224578":     {"224578使", plate.Embassy, "03"},
		"22457使":      {},
		"22A578使":     {},
		"2245789使":    {},
		"京A1234使":     {},
		"沪22478领":     {"沪22478领", plate.Consulate, "04"},
		"沪2247A领":     {"沪2247A领", plate.Consulate, "04"},
		"沪224A8领":     {},
		"沪224781领":    {},
		"沪A1234领":     {"沪A1234领", plate.Consulate, "04"},
		"粤B1234试":     {"粤B1234试", plate.Test, "18"},
		"粤B1234超":     {"粤B1234超", plate.SpecialVehicle, ""},
		"京X0119应急":    {"京X0119应急", plate.Emergency, "33"},
		"京·S 0119 应急": {"京S0119应急", plate.Emergency, "33"},
		"京A0119应急":    {},
		"京X011A应急":    {},
		"应急京119X":     {"应急京119X", plate.Emergency, "33"},
		"应急京1191":     {},
		"WJ京12345":    {"WJ京12345", plate.ArmedPolice, "31"},
		"wj·京 1234x":  {"WJ京1234X", plate.ArmedPolice, "31"},
		"WJ京12345X":   {"WJ京12345X", plate.ArmedPolice, "31"},
		"WJ01-12345":  {"WJ0112345", plate.ArmedPolice, "31"},
		"WJ12345":     {"WJ12345", plate.ArmedPolice, "31"},
		"WJ京123":      {},
		"WJ京12AB5":    {},
		"KA12345":     {"KA12345", plate.Military, "32"},
		"PU·12345":    {"PU12345", plate.Military, "32"},
		"苏0112345":    {"苏0112345", plate.Agri, "25"},
		"苏01·12345":   {"苏0112345", plate.Agri, "25"},
		"苏01A2345":    {},
		"粤B12345 摩托车": {"粤B12345", plate.Motorcycle, "07"},
		"临粤B12345":    {"粤B临12345", plate.Temp, "22"},
		"粤B临12345":    {"粤B临12345", plate.Temp, "22"},
		"粤B12345临":    {"粤B临12345", plate.Temp, "22"},
		"民航A1234":     {"民航A1234", plate.CivilAviation, ""},
		"民航":          {},
	} {
		r := plate.Parse(text)
		if want.plate == "" {
			if r.Action != plate.Reject {
				t.Errorf("%s: %s %s, want it rejected", text, r.Action, r.Normalized)
			}
			continue
		}
		if r.Action != plate.Unsupported || r.Normalized != want.plate || r.Kind != want.kind || r.HPZL != want.hpzl {
			t.Errorf("%s: %s %s %s %s, want %+v", text, r.Action, r.Normalized, r.Kind, r.HPZL, want)
		}
	}
}

// TestReasons: whoever asks or refuses can say why.
func TestReasons(t *testing.T) {
	for text, want := range map[string]string{
		"":                      "reject",
		"你好":                    "reject",
		"B12345":                "ask missing_province",
		"京12345":                "ask missing_letter",
		"沪C1234":                "ask too_short",
		"沪":                     "ask too_short",
		"12345":                 "ask missing_province",
		"沪C1234567":             "reject too_long",
		"沪I12345":               "reject bad_letter",
		"沪812345":               "reject bad_letter",
		"沪012345":               "ask bad_letter",
		"沪CABC12":               "reject too_many",
		"粤Z12345":               "reject bad_serial",
		"沪C1**45":               "reject masked",
		"沪CL12345":              "reject not_energy",
		"京津A12345":              "reject two_provinces",
		"港A12345":               "reject bad_province",
		"A粤12345":               "reject wrong_order",
		"12345粤":                "reject",
		"A12345粤":               "reject wrong_order",
		"护C12345":               "confirm 沪C12345 homophone",
		"hu C12345":             "confirm 沪C12345 pinyin",
		"深圳B12345":              "confirm 粤B12345 city_name",
		"申C12345":               "confirm 沪C12345 nickname",
		"宁F12345":               "confirm 宁F12345 new_letter",
		"绿牌沪C12345":             "confirm 沪C12345 green",
		"蓝牌沪CD12345":            "query 沪CD12345 colour",
		"货车沪C12345":             "query 沪C12345 maybe_large",
		"沪C1O345":               "query 沪C10345 repaired",
		"沪CO12345":              "confirm 沪CD12345 repaired",
		"沪A12345 沪B12345":       "choose 沪A12345/沪B12345 several",
		"沪A12345 鱼B12345":       "choose 沪A12345/渝B12345/豫B12345 several",
		"A12345 B12345":         "ask missing_province",
		"沪A1234 粤B12345":        "query 粤B12345",
		"粤B12345 AB12345":       "query 粤B12345",
		"粤B12345 hu C12345":     "query 粤B12345",
		"hu C12345 沪A123456":    "confirm 沪C12345 pinyin",
		"沪C12345 绿牌 护C12345":    "confirm 沪C12345 green",
		"车架号 LZZDEM201JG481635": "reject",
	} {
		if got := summary(plate.Parse(text)); got != want {
			t.Errorf("%s: %s, want %s", text, got, want)
		}
	}
}
