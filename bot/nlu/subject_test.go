package nlu

import (
	"testing"

	"github.com/google/go-cmp/cmp"
)

// The plates of a reading, and what it says beside them.
type asked struct {
	Intent                                              Intent
	Act                                                 Act
	Plate                                               string
	Ref                                                 int
	Name, Code, Registered, Until, Engine, VIN, Vehicle string
	Page                                                int
}

func askedOf(text string, open Open) asked {
	r := Read(text, open)
	s := r.Slots(text)
	return asked{Intent: r.Intent, Act: r.Act, Plate: s.Plate, Ref: r.Ref, Name: r.Name, Code: r.Code,
		Registered: r.Registered, Until: r.Until, Engine: r.Engine, VIN: r.VIN, Page: r.Page}
}

func check(t *testing.T, text string, open Open, want asked) {
	t.Helper()
	if diff := cmp.Diff(want, askedOf(text, open)); diff != "" {
		t.Errorf("%s at %q:\n%s", text, open.Question, diff)
	}
}

func TestReadJustCaught(t *testing.T) {
	just := asked{Intent: Subscribe, Act: JustCaught}
	for _, text := range []string{
		"刚刚好像被拍了", "好像超速被抓拍了，帮我盯着", "刚才闪了一下", "昨天压线好像被拍", "刚刚闯红灯了", "我刚才好像闯了个红灯",
		"刚刚超速被拍了怕有违章", "刚才违停会不会被拍", "刚刚被闪了", "今早压实线了，可能被拍到了", "刚才好像違章了", "我的车刚刚被拍了",
		"昨晚超速闪了一下", "方才走错车道貌似被拍", "刚路过摄像头闪了我一下", "I think I just got flashed", "I just ran a red light",
	} {
		check(t, text, fresh, just)
		check(t, text, result, just)
	}
	check(t, "刚才闯红灯了会不会被拍 沪C12345", fresh, asked{Intent: Subscribe, Act: JustCaught, Plate: "沪C12345"})
	check(t, "沪C12345刚刚好像被拍了", fresh, asked{Intent: Subscribe, Act: JustCaught, Plate: "沪C12345"})
	check(t, "第2辆刚刚被拍了", fresh, asked{Intent: Subscribe, Act: JustCaught, Ref: 2})
	for text, want := range map[string]asked{
		"看看粤B7X8Y9最近有没有被拍":            {Intent: Query, Plate: "粤B7X8Y9"},
		"沪C12345昨天有没有被拍":              {Intent: Query, Plate: "沪C12345"},
		"沪C12345昨天闯红灯了，查一下":           {Intent: Query, Plate: "沪C12345"},
		"违章多久能查到":                     {Intent: Help, Act: Delay},
		"刚被拍了多久出来":                    {Intent: Help, Act: Delay},
		"我昨天闯红灯了怎么查不到":                {Intent: Help, Act: Delay},
		"刚才被拍了怎么处理":                   {Intent: Help, Act: Handling},
		"昨天有违章吗":                      {Intent: Query},
		"最近有没有被拍":                     {Intent: Query},
		"闯红灯扣几分":                      {Intent: Help, Act: Handling},
		"【交管12123】您的车沪C12345刚刚违停已被记录": {Intent: Query, Plate: "沪C12345"},
	} {
		check(t, text, fresh, want)
	}
}

func TestReadKeepOn(t *testing.T) {
	for _, text := range []string{"继续关注", "还要", "继续盯着", "保留", "继续关注吧", "还要的", "继续", "还在开", "别删", "keep watching", "繼續關注"} {
		check(t, text, push, asked{Intent: Subscribe, Act: KeepOn})
	}
	for _, text := range []string{"不用了", "不要了", "不需要了", "不用了谢谢", "不要继续关注了", "算了不用了", "no need"} {
		check(t, text, push, asked{Intent: Unsubscribe})
	}
	check(t, "继续关注沪C12345", fresh, asked{Intent: Subscribe, Act: KeepOn, Plate: "沪C12345"})
	check(t, "第二辆继续盯着", fresh, asked{Intent: Subscribe, Act: KeepOn, Ref: 2})
	check(t, "继续", Open{Question: ConfirmQuery}, asked{Intent: Confirm})
	check(t, "收到", push, asked{Intent: Smalltalk})
}

func TestReadRename(t *testing.T) {
	names := Open{Engine: Unwanted, VIN: Unwanted, Names: []string{"老婆的车", "", "小白"}}
	tests := []struct {
		text string
		open Open
		want asked
	}{
		{"叫它老婆的车", fresh, asked{Name: "老婆的车"}},
		{"叫它老婆的车吧", result, asked{Name: "老婆的车"}},
		{"把沪C12345叫做公司车", fresh, asked{Plate: "沪C12345", Name: "公司车"}},
		{"沪C12345叫小白", fresh, asked{Plate: "沪C12345", Name: "小白"}},
		{"第2辆叫公司的车", fresh, asked{Ref: 2, Name: "公司的车"}},
		{"第一辆改名 小白", fresh, asked{Ref: 1, Name: "小白"}},
		{"备注 沪C12345 老婆的车", fresh, asked{Plate: "沪C12345", Name: "老婆的车"}},
		{"給沪C12345備註：老婆的車", fresh, asked{Plate: "沪C12345", Name: "老婆的車"}},
		{"把第二辆改名为“Model Y”", fresh, asked{Ref: 2, Name: "Model Y"}},
		{"第2辆备注成🚗小蓝", fresh, asked{Ref: 2, Name: "🚗小蓝"}},
		{"上次那辆叫小蓝", fresh, asked{Ref: LastRef, Name: "小蓝"}},
		{"把小白改名小黑", names, asked{Ref: 3, Name: "小黑"}},
		{"叫它小白", names, asked{Name: "小白"}},
		{"沪C12345备注老婆的车", names, asked{Plate: "沪C12345", Name: "老婆的车"}},
		{"就叫它小黑吧", result, asked{Name: "小黑"}},
		{"rename my second car to Blue", fresh, asked{Ref: 2, Name: "Blue"}},
		{"rename car 2 to Blue", fresh, asked{Ref: 2, Name: "Blue"}},
		{"/rename 2 Blue", fresh, asked{Ref: 2, Name: "Blue"}},
		{"call it Daisy", fresh, asked{Name: "Daisy"}},
		{"改名", fresh, asked{}},
		{"给沪C12345起个名字", fresh, asked{Plate: "沪C12345"}},
		{"叫它沪C12345", fresh, asked{Plate: "沪C12345"}},
		{"叫它一二三四五六七八九十一二三", fresh, asked{}},
		{"叫它\u0007x\u200b\u202ey", fresh, asked{Name: "xy"}},
		{"叫它13800138000", fresh, asked{}},
		{"叫它老公13800138", fresh, asked{}},
		{"叫它退订", fresh, asked{}},
		{"叫它 第一行\n第二行", fresh, asked{}},
	}
	for _, tt := range tests {
		tt.want.Intent, tt.want.Act = Correct, Rename
		check(t, tt.text, tt.open, tt.want)
	}
	for _, text := range []string{"你叫什么名字", "叫人来", "怎么改名", "有违章叫我", "这个叫什么", "沪C12345叫什么"} {
		if r := Read(text, fresh); r.Act == Rename {
			t.Errorf("%s: %+v", text, r)
		}
	}
}

func TestReadNames(t *testing.T) {
	names := Open{Engine: Unwanted, VIN: Unwanted, Names: []string{"老婆的车", "", "小白", "Model Y", "退订"}}
	for text, want := range map[string]asked{
		"查老婆的车":         {Intent: Query, Ref: 1},
		"老婆的车有没有违章":     {Intent: Query, Ref: 1},
		"老婆车有违章吗":       {Intent: Query, Ref: 1},
		"查小白":           {Intent: Query, Ref: 3},
		"小白":            {Intent: Query, Ref: 3},
		"退订小白":          {Intent: Unsubscribe, Ref: 3},
		"删除小白":          {Intent: DeleteVehicle, Ref: 3},
		"小白刚刚被拍了":       {Intent: Subscribe, Act: JustCaught, Ref: 3},
		"check model y": {Intent: Query, Ref: 4},
		"小白什么时候年检":      {Intent: Help, Act: Inspection, Ref: 3},
		"分享小白给老公":       {Intent: Subscribe, Act: Invite, Ref: 3},
		"退订":            {Intent: Unsubscribe},
		"邀请老婆":          {Intent: Subscribe, Act: Invite},
		"让老婆也能收到提醒":     {Intent: Subscribe, Act: Invite},
		"退订老婆":          {Intent: Unsubscribe, Ref: 1},
		"查老公的车":         {Intent: Query, Name: "老公"},
		"查沪C12345":      {Intent: Query, Plate: "沪C12345"},
	} {
		check(t, text, names, want)
	}
	check(t, "查老婆的车", fresh, asked{Intent: Query, Name: "老婆"})
}

func TestReadInvite(t *testing.T) {
	for text, want := range map[string]asked{
		"邀请":            {},
		"邀请家人":          {},
		"分享沪C12345给老婆":  {Plate: "沪C12345"},
		"第2辆分享给家人":      {Ref: 2},
		"把上次那辆共享给朋友":    {Ref: LastRef},
		"share car 2":   {Ref: 2},
		"/invite 2":     {Ref: 2},
		"邀请 粤BD12345":   {Plate: "粤BD12345"},
		"我想邀请老婆一起关注这辆车": {},
	} {
		want.Intent, want.Act = Subscribe, Invite
		check(t, text, fresh, want)
	}
	for text, want := range map[string]Intent{"怎么邀请家人": Help, "你们会分享我的信息吗": Help} {
		if r := Read(text, fresh); r.Intent != want || r.Act == Invite {
			t.Errorf("%s: %s/%s", text, r.Intent, r.Act)
		}
	}
}

func TestReadAccept(t *testing.T) {
	for _, text := range []string{
		"邀请码 K7M2-9QXP", "接受邀请 k7m29qxp", "加入 K7M2 9QXP", "/start K7M29QXP", "/start@weizhangbot K7M29QXP", "/start k7m29qxp",
		"邀请码：Ｋ７Ｍ２－９ＱＸＰ", "邀请码是k7m2 9qxp", "K7M2-9QXP 邀请码", "我的邀请码是K 7 M 2 9 Q X P", "加入K7M29QXP", "join k7m2-9qxp",
		"/join K7M2-9QXP", "邀请 K7M2_9QXP",
	} {
		for _, open := range []Open{fresh, askEngine, askBoth, push, result, askPlate} {
			check(t, text, open, asked{Intent: Subscribe, Act: Accept, Code: "K7M29QXP"})
		}
	}
	check(t, "/start CARSCLUB", fresh, asked{Intent: Subscribe, Act: Accept, Code: "CARSCLUB"})
	check(t, "我有邀请码", fresh, asked{Intent: Subscribe, Act: Accept})
	for text, want := range map[string]asked{
		"K7M29QXP":          {Intent: ProvideInfo, Engine: "K7M29QXP"},
		"发动机号 K7M29QXP":     {Intent: ProvideInfo, Engine: "K7M29QXP"},
		"/start telegram":   {Intent: Help, Act: Start},
		"/start K7M29QX":    {Intent: Help, Act: Start},
		"/start K7M29QX0":   {Intent: Help, Act: Start},
		"/start K7M29QXP x": {Intent: Help, Act: Start},
		"加入 沪C12345":        {Intent: Subscribe, Plate: "沪C12345"},
		"邀请码怎么用":            {Intent: Help},
		"join telegram":     {Intent: Unknown},
	} {
		check(t, text, fresh, want)
	}
	check(t, "K7M29QXP", askEngine, asked{Intent: ProvideInfo, Engine: "K7M29QXP"})
}

func TestReadInspection(t *testing.T) {
	for text, want := range map[string]asked{
		"年检什么时候":                    {Intent: Help},
		"年审提醒":                      {Intent: Help},
		"我的车什么时候年检 沪C12345":         {Intent: Help, Plate: "沪C12345"},
		"第2辆什么时候年检":                 {Intent: Help, Ref: 2},
		"什么时候该验车了":                  {Intent: Help},
		"今年要不要年检":                   {Intent: Help},
		"when is my inspection due": {Intent: Help},
		"注册日期 2020-05-12":           {Intent: ProvideInfo, Registered: "2020-05-12"},
		"2020年5月上牌":                 {Intent: ProvideInfo, Registered: "2020-05-01"},
		"我20年5月上的牌":                 {Intent: ProvideInfo, Registered: "2020-05-01"},
		"註冊日期20200512":              {Intent: ProvideInfo, Registered: "2020-05-12"},
		"检验有效期至2026年5月":             {Intent: ProvideInfo, Until: "2026-05-31"},
		"年检到2026-05-31":             {Intent: ProvideInfo, Until: "2026-05-31"},
		"年检到2026-5":                 {Intent: ProvideInfo, Until: "2026-05-31"},
		"行驶证上写的有效期2026.5":           {Intent: ProvideInfo, Until: "2026-05-31"},
		"有效期至2028年2月":               {Intent: ProvideInfo, Until: "2028-02-29"},
		"2020/5/12注册，有效期到2026/5":    {Intent: ProvideInfo, Registered: "2020-05-12", Until: "2026-05-31"},
		"年审到明年5月":                   {Intent: ProvideInfo},
		"有效期至2026年13月":              {Intent: ProvideInfo},
		"年检到2026-02-31":             {Intent: ProvideInfo},
		"沪C12345 注册日期2020-05-12":    {Intent: ProvideInfo, Plate: "沪C12345", Registered: "2020-05-12"},
		"第2辆 年检到2026年5月":            {Intent: ProvideInfo, Ref: 2, Until: "2026-05-31"},
		"registered May 2020":       {Intent: ProvideInfo, Registered: "2020-05-01"},
		"valid until 31 May 2026":   {Intent: ProvideInfo, Until: "2026-05-31"},
	} {
		want.Act = Inspection
		for _, open := range []Open{fresh, result, askEngine} {
			check(t, text, open, want)
		}
	}
	for text, want := range map[string]asked{
		"沪C12345 发动机号123456 注册日期2020-05-12": {Intent: Query, Plate: "沪C12345", Engine: "123456", Registered: "2020-05-12"},
		"年检到期提醒我":                           {Intent: Subscribe},
		"沪C12345年检能过吗":                      {Intent: Query, Plate: "沪C12345"},
		"违章影响年检吗":                           {Intent: Help, Act: Handling},
	} {
		check(t, text, fresh, want)
	}
}

func TestReadGarage(t *testing.T) {
	for text, want := range map[string]asked{
		"导出": {Act: Export}, "导出违章": {Act: Export}, "发个表格给我": {Act: Export}, "导出违章记录": {Act: Export},
		"導出excel": {Act: Export}, "export": {Act: Export}, "/export": {Act: Export}, "导出沪C12345的违章": {Act: Export, Plate: "沪C12345"},
		"第2辆的违章导出": {Act: Export, Ref: 2},
		"日历":       {Act: Calendar}, "导出日历": {Act: Calendar}, "年检日历": {Act: Calendar}, "加到日历里": {Act: Calendar}, "calendar": {Act: Calendar},
		"我的车 第2页": {Act: MoreCars, Page: 2}, "我的车第三页": {Act: MoreCars, Page: 3}, "我的车 下一页": {Act: MoreCars},
		"车库第2页": {Act: MoreCars, Page: 2}, "my cars page 2": {Act: MoreCars, Page: 2}, "第2页": {Act: MoreCars, Page: 2},
		"我的车": {},
	} {
		want.Intent = ListVehicles
		check(t, text, fresh, want)
	}
	check(t, "我的车 下一页", result, asked{Intent: ListVehicles, Act: MoreCars})
	check(t, "第2页", result, asked{Intent: Query, Act: NextPage})
	check(t, "导出我的数据", fresh, asked{Intent: Help, Act: MyData})
	check(t, "怎么导出违章", fresh, asked{Intent: Help})
}
