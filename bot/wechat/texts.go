package wechat

import "github.com/weizhangbot/weizhangbot/bot"

// textMore is said under a page when the rest waits for the next message. Its
// place is the bot's catalogue, as "adapter.more".
const textMore = "还有内容，发「结果」继续看。"

// The entries of the menu, and what a template message says of an unknown
// value, by their names in the bot's catalogue.
const (
	wordQuery   bot.Text = "tap.query"
	wordCars    bot.Text = "tap.cars"
	wordHelp    bot.Text = "tap.help"
	textUnknown bot.Text = "sum.unknown"
	textYuan    bot.Text = "unit.yuan"
)
