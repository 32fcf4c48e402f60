package plate_test

import (
	"testing"

	"github.com/weizhangbot/weizhangbot/bot/plate"
)

func TestTypeHint(t *testing.T) {
	for text, want := range map[string]string{
		"黄牌": "01", "黃牌": "01", "黄色车牌": "01", "大车": "01", "是大型汽车": "01", "大货车": "01", "半挂牵引车": "01",
		"蓝牌": "02", "是小型车": "02", "小轿车": "02", "绿牌": "52", "新能源": "52", "摩托车": "07", "临时牌照": "22",
		"黄牌不是蓝牌": "01", "不是黄牌是蓝牌": "02", "不是黄牌": "", "黄牌还是蓝牌": "", "货车": "", "大车货车": "01", "你好": "", "": "",
	} {
		if got := plate.TypeHint(plate.Fold(text)); got != want {
			t.Errorf("TypeHint(%s) = %q, want %q", text, got, want)
		}
	}
}

func TestHintsOnPlates(t *testing.T) {
	for text, want := range map[string]struct {
		summary string
		kind    plate.Kind
	}{
		"粤B12345 黄牌":     {"query 粤B12345", plate.Large},
		"粤B12345 不是黄牌":   {"query 粤B12345", plate.Small},
		"粤B12345 货车":     {"query 粤B12345 maybe_large", plate.Small},
		"黄牌货车粤B12345":    {"query 粤B12345", plate.Large},
		"护C12345 黄牌":     {"confirm 沪C12345 homophone", plate.Large},
		"粤BD12345 蓝牌":    {"query 粤BD12345 colour", plate.NEVSmall},
		"粤BD12345 绿牌":    {"query 粤BD12345", plate.NEVSmall},
		"黄牌 粤B12345D":    {"query 粤B12345D colour", plate.NEVLarge},
		"大型新能源 粤B12345D": {"query 粤B12345D", plate.NEVLarge},
		"绿牌 粤BD1234":     {"confirm 粤BD1234 green", plate.Small},
		"摩托车 粤B12345":    {"unsupported 粤B12345", plate.Motorcycle},
		"临牌 粤B12345":     {"unsupported 粤B临12345", plate.Temp},
		"黄牌 冀A1234挂":     {"unsupported 冀A1234挂", plate.Trailer},
		"黄牌 京12345":      {"ask missing_letter", plate.Unknown},
	} {
		r := plate.Parse(text)
		if summary(r) != want.summary || r.Kind != want.kind {
			t.Errorf("%s: %s %s, want %s %s", text, summary(r), r.Kind, want.summary, want.kind)
		}
	}
}
