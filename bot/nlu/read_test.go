package nlu

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/weizhangbot/weizhangbot/bot/plate"
)

var (
	fresh      = Open{Engine: Unwanted, VIN: Unwanted}
	askEngine  = Open{Question: AskDigits, Engine: 6, VIN: Unwanted}
	askVIN     = Open{Question: AskDigits, Engine: Unwanted, VIN: 6}
	askBoth    = Open{Question: AskDigits, Engine: 6, VIN: 6}
	askType    = Open{Question: AskType, Engine: Unwanted, VIN: Unwanted}
	askCity    = Open{Question: AskCity, Engine: Unwanted, VIN: Unwanted}
	askLetter  = Open{Question: AskCityLetter, Engine: Unwanted, VIN: Unwanted}
	askPlate   = Open{Question: AskPlate, Engine: Unwanted, VIN: Unwanted}
	confirmJin = Open{Question: ConfirmPlate, Engine: Unwanted, VIN: Unwanted, Plate: "京A12345"}
	choose     = Open{Question: ChooseOne, Engine: Unwanted, VIN: Unwanted, Choices: []string{"津A12345", "晋A12345", "京A12345"}}
	result     = Open{Question: ResultShown, Engine: Unwanted, VIN: Unwanted}
	push       = Open{Question: Push, Engine: Unwanted, VIN: Unwanted}
	offer      = Open{Question: OfferSubscribe, Engine: Unwanted, VIN: Unwanted}
)

// The words that CONTRACT promises mean the same whatever is open.
func TestReadGlobalWords(t *testing.T) {
	words := []struct {
		text   string
		intent Intent
		act    Act
	}{
		{"帮助", Help, ""}, {"取消", Cancel, ""}, {"上一步", Correct, Back}, {"查违章", Query, ""}, {"我的车", ListVehicles, ""},
		{"订阅", Subscribe, ""}, {"退订", Unsubscribe, ""}, {"城市", Cities, ""}, {"我的数据", Help, MyData}, {"忘记我", ForgetMe, ""},
		{"/help", Help, ""}, {"/cancel@weizhangbot", Cancel, ""}, {"/query", Query, ""}, {"/cars", ListVehicles, ""},
		{"/subscribe", Subscribe, ""}, {"/unsubscribe", Unsubscribe, ""}, {"/cities", Cities, ""}, {"/mydata", Help, MyData},
		{"/forgetme", ForgetMe, ""}, {"/start", Help, Start}, {"/refresh", Query, Again}, {"/nonsense", Unknown, NoCommand},
	}
	states := []Open{fresh, askEngine, askVIN, askBoth, askType, askCity, askLetter, askPlate, confirmJin, choose, result, push}
	for _, w := range words {
		for _, open := range states {
			if r := Read(w.text, open); r.Intent != w.intent || r.Act != w.act {
				t.Errorf("%s at %q: %s/%s, want %s/%s", w.text, open.Question, r.Intent, r.Act, w.intent, w.act)
			}
		}
	}
}

func TestReadActs(t *testing.T) {
	tests := []struct {
		text   string
		open   Open
		intent Intent
		act    Act
	}{
		{"再查一次", result, Query, Again},
		{"刷新一下吧", result, Query, Again},
		{"全部查一遍", fresh, Query, All},
		{"下一页", result, Query, NextPage},
		{"还有更多吗", result, Query, NextPage},
		{"上一页", result, Query, PrevPage},
		{"返回上一步", askVIN, Correct, Back},
		{"发动机号和车架号写反了", confirmJin, Correct, Swap},
		{"跟上次一样", askEngine, ProvideInfo, SameAs},
		{"你们存了我什么信息", fresh, Help, MyData},
		{"为什么要发动机号", askEngine, Help, Privacy},
		{"会不会泄露我的信息", fresh, Help, Privacy},
		{"怎么找发动机号", askEngine, Help, WhereEngine},
		{"在哪里看", askEngine, Help, WhereEngine},
		{"在哪里看", askVIN, Help, WhereVIN},
		{"車架號在邊度", askVIN, Help, WhereVIN},
		{"后6位是从后面数吗", askEngine, Help, LastN},
		{"没有", askEngine, Help, NoDigits},
		{"不知道啊", askVIN, Help, NoDigits},
		{"电车没有发动机号怎么办", fresh, Help, NoDigits},
		{"多少钱", askEngine, Help, Price},
		{"违章多久能查到", fresh, Help, Delay},
		{"我昨天闯红灯了怎么查不到", fresh, Help, Delay},
		{"罚款在哪交", fresh, Help, Handling},
		{"外地违章怎么处理", fresh, Help, Elsewhere},
		{"准不准", fresh, Help, Accuracy},
		{"可以代缴吗", fresh, Help, Agent},
		{"能消分吗", fresh, Help, Points},
		{"转人工", fresh, Help, Human},
		{"我不想给", askEngine, Cancel, Refuse},
		{"等一下我去拿行驶证", askEngine, Smalltalk, Wait},
		{"谢谢您", fresh, Smalltalk, Thanks},
		{"您好", fresh, Smalltalk, Greeting},
		{"你是机器人吗", fresh, Smalltalk, WhoAreYou},
		{"13800138000", askEngine, Unknown, Sensitive},
	}
	for _, tt := range tests {
		if r := Read(tt.text, tt.open); r.Intent != tt.intent || r.Act != tt.act {
			t.Errorf("%s at %q: %s/%s, want %s/%s", tt.text, tt.open.Question, r.Intent, r.Act, tt.intent, tt.act)
		}
	}
}

// The same short message answers the question that is open.
func TestReadTheOpenQuestionDecides(t *testing.T) {
	tests := []struct {
		text string
		open Open
		want Reading
	}{
		{"1", Open{Question: ConfirmMenu}, Reading{Intent: Confirm}},
		{"2", Open{Question: ConfirmMenu}, Reading{Intent: Deny}},
		{"1", askEngine, Reading{Intent: ProvideInfo, Engine: "1", Unlabelled: true}},
		{"1", fresh, Reading{Intent: Unknown}},
		{"123456", askEngine, Reading{Intent: ProvideInfo, Engine: "123456", Unlabelled: true}},
		{"123456", askVIN, Reading{Intent: ProvideInfo, VIN: "123456", Unlabelled: true}},
		{"123456 654321", askBoth, Reading{Intent: ProvideInfo, Engine: "123456", VIN: "654321", Unlabelled: true}},
		{"车架号 654321", askEngine, Reading{Intent: ProvideInfo, VIN: "654321"}},
		{"LZZTEST090A123456", askEngine, Reading{Intent: ProvideInfo, VIN: "LZZTEST090A123456"}},
		{"好的", askEngine, Reading{Intent: Smalltalk}},
		{"好的", confirmJin, Reading{Intent: Confirm}},
		{"算了", askEngine, Reading{Intent: Cancel}},
		{"算了", offer, Reading{Intent: Deny}},
		{"错了", confirmJin, Reading{Intent: Deny}},
		{"错了", askVIN, Reading{Intent: Correct}},
		{"stop", push, Reading{Intent: Unsubscribe}},
		{"stop", askEngine, Reading{Intent: Cancel}},
		{"哈哈哈", askEngine, Reading{Intent: Smalltalk}},
		{"黄牌", askType, Reading{Intent: ProvideInfo, Type: "01"}},
		{"大的", askType, Reading{Intent: ProvideInfo, Type: "01"}},
		{"苏州的", askCity, Reading{Intent: ProvideInfo, City: "苏州"}},
		{"沪", askCity, Reading{Intent: ProvideInfo, Province: "上海"}},
		{"江苏", askPlate, Reading{Intent: ProvideInfo, Province: "江苏"}},
		{"a", askLetter, Reading{Intent: ProvideInfo, Letter: "A"}},
		{"不是京是津", confirmJin, Reading{Intent: Correct, Province: "天津"}},
		{"是苏E的，不是京", confirmJin, Reading{Intent: Correct, Province: "江苏", Letter: "E"}},
		{"2", choose, Reading{Intent: ProvideInfo, Choice: 2}},
		{"选第二个", choose, Reading{Intent: ProvideInfo, Choice: 2}},
		{"第三个吧", choose, Reading{Intent: ProvideInfo, Choice: 3}},
		{"晋", choose, Reading{Intent: ProvideInfo, Choice: 2}},
		{"9", choose, Reading{Intent: Unknown}},
		{"查第二辆", fresh, Reading{Intent: Query, Ref: 2}},
		{"上次那辆", fresh, Reading{Intent: Query, Ref: LastRef}},
		{"删除第一辆", fresh, Reading{Intent: DeleteVehicle, Ref: 1}},
		{"查老婆的车", fresh, Reading{Intent: Query, Name: "老婆"}},
		{"苏州能查吗", fresh, Reading{Intent: Cities, City: "苏州"}},
		{"/cities 江苏", fresh, Reading{Intent: Cities, Province: "江苏"}},
		{"外地车能查吗", fresh, Reading{Intent: Cities, City: "外地"}},
		{"", askEngine, Reading{Intent: Unknown}},
	}
	for _, tt := range tests {
		if diff := cmp.Diff(tt.want, Read(tt.text, tt.open)); diff != "" {
			t.Errorf("%s at %q:\n%s", tt.text, tt.open.Question, diff)
		}
	}
}

// Every detail belongs to the nearest plate before it; what stands before the
// first belongs to the first.
func TestReadSeveralVehicles(t *testing.T) {
	type car struct{ Plate, Type, Engine, VIN string }
	tests := []struct {
		text string
		want []car
	}{
		{"京A12345 发动机123456；沪B67890 发动机654321 车架号111222", []car{
			{"京A12345", "02", "123456", ""}, {"沪B67890", "02", "654321", "111222"}}},
		{"京A12345,02,AB123456,LZZTEST090A123456\n沪B67890,02,,654321\n", []car{
			{"京A12345", "02", "AB123456", "LZZTEST090A123456"}, {"沪B67890", "02", "", "654321"}}},
		{"发动机号123456 京A12345", []car{{"京A12345", "02", "123456", ""}}},
		{"发动机123456 京A12345，发动机654321 沪B67890", []car{
			{"京A12345", "02", "123456", ""}, {"沪B67890", "02", "654321", ""}}},
		{"沪C12345 沪C12345 123456", []car{{"沪C12345", "02", "123456", ""}}},
		{"挂车 黄牌 鲁B1234挂 和车头 鲁B12345", []car{{"鲁B12345", "01", "", ""}, {"鲁B1234挂", "15", "", ""}}},
		{"不是京A12345是京A12346 发动机123456", []car{{"京A12346", "02", "123456", ""}}},
	}
	for _, tt := range tests {
		var got []car
		for _, v := range Read(tt.text, fresh).Vehicles {
			got = append(got, car{v.Number(), v.Type, v.Engine, v.VIN})
		}
		if diff := cmp.Diff(tt.want, got); diff != "" {
			t.Errorf("%s:\n%s", tt.text, diff)
		}
	}
}

// What is no engine number or VIN fills nothing.
func TestReadTakesOnlyValues(t *testing.T) {
	for _, text := range []string{
		"沪C12345 12123", "沪C12345&key=abc123&city=BJ", "沪C12345 2026-04-02 18:18", "沪C12345 2026年4月2日18时18分被拍",
		"沪C12345 罚了200元扣3分", "沪C12345 http://x.example/a12345", "沪C12345 第2次", "沪C12345 13800138000",
		"沪C12345 11010519491231002X", "沪C12345 138 0013 8000", "沪C12345 发动机号 138-0013-8000", "沪C12345 电话 12345678",
		"沪C12345 哈哈哈", "沪C12345 6222 0212 3456 7890",
	} {
		if r := Read(text, fresh); r.Engine != "" || r.VIN != "" || len(r.Vehicles) != 1 {
			t.Errorf("%s: engine %q, VIN %q, %d vehicles", text, r.Engine, r.VIN, len(r.Vehicles))
		}
	}
	for _, text := range []string{"13800138000", "我的手机 138-0013-8000", "身份证11010519491231002x", "+86 13800138000"} {
		if r := Read(text, askEngine); !r.Sensitive || r.Engine != "" || r.Intent != Unknown {
			t.Errorf("%s: %+v", text, r)
		}
	}
}

func TestReadDoubtfulPlates(t *testing.T) {
	tests := []struct {
		text   string
		number string
		action plate.Action
	}{
		{"护A12345", "沪A12345", plate.Confirm},
		{"想A12345", "", plate.Ask},
		{"绿牌粤BD1234", "", plate.Confirm},
		{"鱼A12345", "", plate.Choose},
		{"A12345", "", plate.Ask},
		{"京A12345临", "", plate.Unsupported},
	}
	for _, tt := range tests {
		r := Read(tt.text, fresh)
		if r.Intent != Query || len(r.Vehicles) != 1 {
			t.Errorf("%s: %+v", tt.text, r)
			continue
		}
		if v := r.Vehicles[0]; v.Number() != tt.number || v.Plate.Action != tt.action {
			t.Errorf("%s: %q %s, want %q %s", tt.text, v.Number(), v.Plate.Action, tt.number, tt.action)
		}
	}
}

func TestSlots(t *testing.T) {
	got := Read("沪C12345 和 户B12345 发动机123456", fresh).Slots("x")
	want := Slots{Text: "x", Intent: Query, Plate: "沪C12345", Type: "02", Plates: []string{"沪C12345", "沪B12345"}, Action: plate.Query, Note: got.Note}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	if s := Read("你好", fresh).Slots("你好"); s.Plates == nil || s.Action != "" || s.Note != string(Greeting) {
		t.Errorf("%+v", s)
	}
}
