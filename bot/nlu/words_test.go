package nlu

import (
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// A saved car is named by its position in both languages.
func TestReadPositions(t *testing.T) {
	for text, want := range map[string]asked{
		"check car 1":             {Intent: Query, Ref: 1},
		"check car #3":            {Intent: Query, Ref: 3},
		"check the second car":    {Intent: Query, Ref: 2},
		"check my 1st car":        {Intent: Query, Ref: 1},
		"查2号车":                    {Intent: Query, Ref: 2},
		"第一辆不要了":                  {Intent: DeleteVehicle, Ref: 1},
		"刚刚那个再查一遍":                {Intent: Query, Ref: LastRef},
		"unsubscribe car 2":       {Intent: Unsubscribe, Ref: 2},
		"会给第三方吗":                  {Intent: Help, Act: Privacy},
		"check car 12345":         {Intent: Query},
		"check violations of car": {Intent: Query},
	} {
		got := askedOf(text, fresh)
		got.Engine = ""
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%s:\n%s", text, diff)
		}
	}
}

// Labels bind their values however they are glued together.
func TestReadGluedLabels(t *testing.T) {
	for text, want := range map[string]asked{
		"沪A12345vin654321":             {Plate: "沪A12345", VIN: "654321"},
		"沪A12345engine123456":          {Plate: "沪A12345", Engine: "123456"},
		"沪A12345发动机ab1234vin 654321":   {Plate: "沪A12345", Engine: "AB1234", VIN: "654321"},
		"沪A12345 发动机123456vin654321":   {Plate: "沪A12345", Engine: "123456", VIN: "654321"},
		"沪A12345 654321车架 123456发动机":   {Plate: "沪A12345", Engine: "123456", VIN: "654321"},
		"沪A12345 LZZ-TEST-090A-123456": {Plate: "沪A12345", VIN: "LZZTEST090A123456"},
		"沪A12345 发动机号 4G15_1234567":    {Plate: "沪A12345", Engine: "4G15-1234567"},
		"沪A12345&vin=654321":           {Plate: "沪A12345"},
		"沪A12345&action=delete":        {Plate: "沪A12345"},
		"【违章提醒】沪A12345有一条新违章，请及时查看":    {Plate: "沪A12345"},
		"【12345678】":                   {Intent: Unknown},
		"发动机号最后一位是8不是3":                {Intent: Correct},
		"能不能不要发动机号":                    {Intent: Help, Act: NoDigits},
		"不好意思车架号是654322":               {Intent: Correct, VIN: "654322"},
		"不好意思，是沪A12346":                {Intent: Correct, Plate: "沪A12346"},
		"沪A12345 不好意思打扰了帮我查一下":         {Plate: "沪A12345"},
	} {
		if want.Intent == "" {
			want.Intent = Query
		}
		check(t, text, fresh, want)
	}
}

// Several cars may be put on watch, taken off it or dropped in one message.
func TestReadSeveralWishes(t *testing.T) {
	for text, want := range map[string]Intent{
		"订阅沪A12345和沪B12345": Subscribe, "关注 沪A12345、沪B12345": Subscribe, "帮我盯着沪A12345，还有沪B12345": Subscribe,
		"退订沪A12345、沪B12345": Unsubscribe, "沪A12345和沪B12345都不用提醒了": Unsubscribe, "/unsub 沪A12345 沪B12345": Unsubscribe,
		"删除沪A12345和沪B12345": DeleteVehicle,
	} {
		r := Read(text, fresh)
		if plates := r.Slots(text).Plates; r.Intent != want || !slices.Equal(plates, []string{"沪A12345", "沪B12345"}) {
			t.Errorf("%s: %s %v", text, r.Intent, plates)
		}
	}
}

// An offer to watch a car is taken by naming it, too.
func TestReadOffer(t *testing.T) {
	for _, text := range []string{"好的，订阅", "那就盯着吧", "好的帮我盯着", "可以，盯着吧", "要"} {
		if r := Read(text, offer); r.Intent != Confirm {
			t.Errorf("%s: %s", text, r.Intent)
		}
	}
	for text, want := range map[string]Intent{"订阅": Subscribe, "不订阅": Deny, "订阅沪C54321": Subscribe, "怎么订阅": Help, "用不着": Deny} {
		if r := Read(text, offer); r.Intent != want {
			t.Errorf("%s: %s, want %s", text, r.Intent, want)
		}
	}
}

// 不是大车 leaves one of two, 不是黄牌 does not.
func TestReadDeniedType(t *testing.T) {
	for text, want := range map[string]string{"不是大车": "02", "不是小车": "01", "大的": "01"} {
		if r := Read(text, askType); r.Intent != ProvideInfo || r.Type != want {
			t.Errorf("%s: %s %q", text, r.Intent, r.Type)
		}
	}
}
