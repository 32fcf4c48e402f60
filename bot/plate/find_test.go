package plate_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/weizhangbot/weizhangbot/bot/plate"
)

// found prints what Find reads in a message: span, action and plate.
func found(text string) string {
	t := plate.Fold(text)
	var b strings.Builder
	for _, m := range plate.Find(t) {
		plates := m.Normalized
		if m.Action == plate.Choose {
			plates = strings.Join(m.Candidates, "/")
		}
		if b.Len() > 0 {
			b.WriteString(" | ")
		}
		fmt.Fprintf(&b, "%s: %s %s %s", t.Slice(m.Start, m.End), m.Action, plates, m.HPZL)
	}
	return strings.Join(strings.Fields(b.String()), " ")
}

func TestFind(t *testing.T) {
	for text, want := range map[string]string{
		// where a plate ends
		"沪A12345vin654321":          "沪A12345: query 沪A12345 02",
		"沪AD12345fdj123456":         "沪AD12345: query 沪AD12345 52",
		"沪A1234VIN":                 "沪A1234VIN: reject",
		"川A五个八":                     "川A五个八: query 川A88888 02",
		"粤B两个六三个8有违章吗":              "粤B两个六三个8: query 粤B66888 02",
		"沪A12345两个违章":               "沪A12345: query 沪A12345 02",
		"京A⑴⑵⑶⑷⑸":                   "京A12345: query 京A12345 02",
		"浙A|12345":                  "浙A|12345: query 浙A12345 02",
		"京A12345|沪B12345":           "京A12345: query 京A12345 02 | 沪B12345: query 沪B12345 02",
		"昆山E12345":                  "昆山E12345: confirm 苏E12345 02",
		"义乌12345":                   "义乌12345: confirm 浙G12345 02",
		"鲸A12345":                   "鲸A12345: confirm 京A12345 02",
		"沪C12345 123456":            "沪C12345: query 沪C12345 02",
		"沪C12345,02,AB123456":       "沪C12345: query 沪C12345 02",
		"京a12345发动机号ab123456":       "京A12345: query 京A12345 02",
		"沪AD1234 5":                 "沪AD1234: query 沪AD1234 02",
		"沪C123 45":                  "沪C123 45: query 沪C12345 02",
		"沪C1234 567890":             "沪C1234: ask",
		"苏 E 1 2 3 4 5":             "苏 E 1 2 3 4 5: query 苏E12345 02",
		"苏 E D 1 2 3 4 5 查一下":       "苏 E D 1 2 3 4 5: query 苏ED12345 52",
		"沪A\n12345":                 "",
		"京A12345二手车":                "京A12345: query 京A12345 02",
		"京A一二三四五一起查":                "京A一二三四五: query 京A12345 02",
		"粤B12345-D":                 "粤B12345-D: query 粤B12345D 51",
		"**粤B12345**":               "粤B12345: query 粤B12345 02",
		"粤B123**":                   "粤B123**: reject",
		"粤B1?345 和 粤B12345":         "粤B1?345: reject | 粤B12345: query 粤B12345 02",
		"京A1234超速":                  "京A1234: ask",
		"京A1234学车":                  "京A1234: ask",
		"京A1234警有违章吗":               "京A1234警: unsupported 京A1234警 23",
		"粤B12345 LZZDEM201JG481635": "粤B12345: query 粤B12345 02",
		"川A 13800138000":            "",

		// several plates
		"京A12345、沪B67890":               "京A12345: query 京A12345 02 | 沪B67890: query 沪B67890 02",
		"京A12345京A12345":                "京A12345: query 京A12345 02 | 京A12345: query 京A12345 02",
		"不是京A12345是京A12346":             "京A12345: query 京A12345 02 | 京A12346: query 京A12346 02",
		"京A12345,02\n沪B67890,02":        "京A12345: query 京A12345 02 | 沪B67890: query 沪B67890 02",
		"黄牌粤B12345和蓝牌粤B54321":           "粤B12345: query 粤B12345 01 | 粤B54321: query 粤B54321 02",
		"粤B12345黄牌，粤B54321":             "粤B12345: query 粤B12345 01 | 粤B54321: query 粤B54321 02",
		"粤B12345和粤B54321都是黄牌":           "粤B12345: query 粤B12345 01 | 粤B54321: query 粤B54321 01",
		"挂车 黄牌 鲁B1234挂 和车头 鲁B12345 一起查": "鲁B1234挂: unsupported 鲁B1234挂 15 | 鲁B12345: query 鲁B12345 01",

		// where it begins
		"查护C12345":                            "护C12345: confirm 沪C12345 02",
		"我住中山路B12345":                         "B12345: ask",
		"订阅A12345":                            "A12345: ask",
		"12月A12345":                           "A12345: ask",
		"刷新沪C12345":                           "沪C12345: query 沪C12345 02",
		"江浙沪C12345":                           "沪C12345: query 沪C12345 02",
		"上海京A12345":                           "京A12345: query 京A12345 02",
		"我在河南京A12345":                         "京A12345: query 京A12345 02",
		"any violations for Shanghai A12345?": "SHANGHAI A12345: confirm 沪A12345 02",
		"jingA12345":                          "JINGA12345: choose 京A12345/津GA12345/晋GA12345",
		"key=abc123 http://x.cn/A12345":       "",

		// what is missing or doubtful
		"A12345 呢":  "A12345: ask",
		"KA12345":   "KA12345: unsupported KA12345 32",
		"京12345":    "京12345: ask",
		"苏州12345":   "苏州12345: ask",
		"A12345京":   "A12345京: reject",
		"龙A12345":   "龙A12345: reject",
		"这条龙A12345": "A12345: ask",
		"深圳A12345":  "深圳A12345: choose 粤A12345/粤BA12345",
	} {
		t.Run(text, func(t *testing.T) {
			got := found(text)
			if got != want {
				t.Errorf("got  %s\nwant %s", got, want)
			}
		})
	}
}

// TestFindNothing holds what people write that only looks like plates.
func TestFindNothing(t *testing.T) {
	for _, text := range []string{
		"", "   ", "。", "哈哈哈", "你好", "😂😂😂", "帮助", "查违章", "我的车", "苏州能查吗", "支持哪些城市", "沪",
		"13800138000", "京13800138000", "川A13呢", "11010519491231002X", "我的电话是13800138000",
		"LZZDEM201JG481635", "车架号LZZDEM201JG481635", "后六位 004567", "123456", "12345",
		"川A套餐多少钱", "我住新区A栋12345号", "京东A店", "云A100呢", "新A4L多少钱", "黑B20团队", "A座1205室", "B12号楼",
		"上海2024年", "贵12345元", "太贵了12345", "北京12345元", "新20240101年", "藏10000元", "川20公里", "沪昆高速G60",
		"12:30见", "2026年4月2日18时18分", "扣3分罚200元", "G15沈海高速", "在S20外环", "K123次列车", "Z12345次",
		"订单号2024010112345", "https://example.com/A12345", "a_b12345", "?a12345", "abc@b12345.com", "v1.2.3-b12345",
		"我想A一下", "嗯嗯这A", "微信A1", "今天B2", "民航局", "使用A1", "应急中心", "临时A3", "临沂", "大使馆",
		"WJ", "wjk", "iphone15", "win11", "covid19", "MP3", "iPhone 15 Pro Max 256G", "GPT4", "A4纸", "5G", "CR7",
		"查一下", "再查一次", "下一页", "两辆车", "一二三四五", "第二辆", "幺幺零",
	} {
		if got := found(text); got != "" {
			t.Errorf("%q: found %s", text, got)
		}
	}
}
