// Package nlu reads one message of a driver: what it wants and what it gives.
//
// Read goes four steps, and so may its reader: scan.go cuts the message into
// tokens, by a lexicon of phrases (lexicon.go, words.go, formwords.go,
// smalltalk.go) that gives each a set of meanings (concept.go); cars.go and
// fill.go give every value to its vehicle; read.go decides what is wanted, from
// the most certain to the least: a whole message with a fixed meaning
// (whole.go), one of the wishes with words of their own (subject.go, asks.go;
// name.go, code.go and date.go for what they tell), an answer to the open
// question (answer.go, place.go), at last the rules over the meanings of its
// words (rules.go). There are no regular
// expressions, no model and no state: a message that is misread is mended by a
// phrase or a rule, and added to testdata/more.jsonl.
package nlu

import "github.com/weizhangbot/weizhangbot/bot/plate"

// An Intent is what a message wants.
type Intent string

// The intents.
const (
	Query         Intent = "query"
	ProvideInfo   Intent = "provide_info"
	Correct       Intent = "correct"
	Confirm       Intent = "confirm"
	Deny          Intent = "deny"
	Cancel        Intent = "cancel"
	Help          Intent = "help"
	Cities        Intent = "cities"
	Subscribe     Intent = "subscribe"
	Unsubscribe   Intent = "unsubscribe"
	ListVehicles  Intent = "list_vehicles"
	DeleteVehicle Intent = "delete_vehicle"
	ForgetMe      Intent = "forget_me"
	Smalltalk     Intent = "smalltalk"
	Unknown       Intent = "unknown"
)

// An Act is what exactly is meant within an intent, where the dialogue must
// tell. "" is the plain form.
type Act string

// The acts.
const (
	Again       Act = "again"        // Query: 再查一次, 刷新
	All         Act = "all"          // Query: 全部查一遍; Unsubscribe: 全部退订
	NextPage    Act = "next_page"    // Query: 下一页, 更多
	PrevPage    Act = "prev_page"    // Query: 上一页
	Back        Act = "back"         // Correct: 上一步
	Swap        Act = "swap"         // Correct: 发动机号和车架号写反了
	SameAs      Act = "same_as"      // ProvideInfo: 跟上次一样
	MyData      Act = "my_data"      // Help: 我的数据
	Privacy     Act = "privacy"      // Help: 隐私, 会不会泄露
	WhereEngine Act = "where_engine" // Help: 怎么找发动机号
	WhereVIN    Act = "where_vin"    // Help: 车架号在哪
	LastN       Act = "last_n"       // Help: 后6位是从后面数吗
	NoDigits    Act = "no_digits"    // Help: 没有, 电车没有发动机号怎么办
	Price       Act = "price"        // Help: 多少钱
	Delay       Act = "delay"        // Help: 违章多久能查到
	Handling    Act = "handling"     // Help: 怎么处理违章, 罚款在哪交
	Elsewhere   Act = "elsewhere"    // Help: 外地违章怎么处理
	Accuracy    Act = "accuracy"     // Help: 准不准, 跟12123不一样
	Agent       Act = "agent"        // Help: 代缴
	Points      Act = "points"       // Help: 消分
	Human       Act = "human"        // Help: 转人工
	Start       Act = "start"        // Help: /start, a first contact
	Refuse      Act = "refuse"       // Cancel: 我不想给
	Wait        Act = "wait"         // Smalltalk: 等一下我去拿行驶证
	Thanks      Act = "thanks"       // Smalltalk: 谢谢, 辛苦了
	Greeting    Act = "greeting"     // Smalltalk: 你好
	WhoAreYou   Act = "who"          // Smalltalk: 你是机器人吗
	Sensitive   Act = "sensitive"    // Unknown: a phone or ID-card number and nothing else; never kept
	NoCommand   Act = "no_command"   // Unknown: an unknown /command
	JustCaught  Act = "just_caught"  // Subscribe: 刚刚好像被拍了; with Vehicles or Ref, or neither
	KeepOn      Act = "keep_on"      // Subscribe: 继续关注, as an answer to "still wanted?"
	Rename      Act = "rename"       // Correct: 叫它老婆的车, 第2辆叫公司的车; Reading.Name is the new name
	Invite      Act = "invite"       // Subscribe: 邀请, 分享给家人; with Vehicles or Ref, or neither
	Accept      Act = "accept"       // Subscribe: 邀请码 K7M2-9QXP; Reading.Code
	Inspection  Act = "inspection"   // Help: 年检什么时候; ProvideInfo with Reading.Registered or Reading.Until
	Export      Act = "export"       // ListVehicles: 导出
	Calendar    Act = "calendar"     // ListVehicles: 日历
	MoreCars    Act = "more_cars"    // ListVehicles: 我的车 第2页; Reading.Page
)

// Whole, as a wanted count, asks for the whole number; Unwanted for nothing.
const (
	Whole    = 0
	Unwanted = -1
)

// A Question is what the bot asked last, or what it showed last.
type Question string

// The questions.
const (
	None           Question = ""
	AskPlate       Question = "ask_plate"
	AskCity        Question = "ask_city"        // which city or province
	AskCityLetter  Question = "ask_city_letter" // which agency letter
	AskType        Question = "ask_type"        // 01 or 02
	AskDigits      Question = "ask_digits"      // engine and/or VIN characters: Open.Engine, Open.VIN
	ConfirmPlate   Question = "confirm_plate"
	ConfirmVIN     Question = "confirm_vin"
	ConfirmQuery   Question = "confirm_query"
	ConfirmDelete  Question = "confirm_delete"
	ConfirmOther   Question = "confirm"      // any other yes or no
	ConfirmMenu    Question = "confirm_menu" // 1 yes, 2 no
	ChooseOne      Question = "choose"       // a numbered list of Open.Choices was shown
	ResultShown    Question = "result_shown"
	OfferSubscribe Question = "offer_subscribe"
	Push           Question = "push"
)

// Open is the question that is open when a message arrives.
type Open struct {
	Question Question
	Engine   int      // with AskDigits: last characters wanted, Whole or Unwanted
	VIN      int      // likewise
	Plate    string   // the plate that is asked about, if there is one
	Choices  []string // with ChooseOne: what was offered, in order
	Names    []string // how the person calls their saved cars, in order; "" for one without a name
}

// A Vehicle is one car of a message.
type Vehicle struct {
	Plate  plate.Reading
	Type   string // hpzl: 02 01 52 51 or another that is recognised only; "" unknown
	Engine string // as given: upper case, blanks removed, not cut
	VIN    string // likewise
}

// A Reading is what one message says.
type Reading struct {
	Intent     Intent
	Act        Act
	Vehicles   []Vehicle // every plate-like thing in order, one entry a vehicle; Plate.Action tells how sure
	Engine     string    // of the first vehicle, or given without a plate
	VIN        string
	Type       string // hpzl, likewise
	Unlabelled bool   // Engine or VIN came without a label
	Ref        int    // refers to a saved car: its position from 1, LastRef the one used last, 0 none
	Choice     int    // with Open.Choices: the position chosen from 1, 0 none
	Name       string // whose car is meant: 老婆 of 老婆的车; with Rename the new name, whole
	Code       string // with Accept: the invitation code, upper case, without separators
	Page       int    // with MoreCars, from 1
	Registered string // a date of first registration: 2020-05-12
	Until      string // 检验有效期至, as 2026-05-31; a month alone is its last day
	City       string // a place that is asked about or answered, not part of a plate
	Province   string // a province's name, likewise; with Correct the plate's right one
	Letter     string // an agency letter answered to AskCityLetter
	Sensitive  bool   // a phone or ID-card number was in the message and was dropped
	Note       string
}

// LastRef is Reading.Ref for 上次那辆.
const LastRef = -1
