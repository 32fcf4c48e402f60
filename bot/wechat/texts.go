package wechat

import "github.com/weizhangbot/weizhangbot/bot"

// The entries of the menu, and what a template message says of an unknown
// value, by their names in the bot's catalogue.
const (
	wordQuery   bot.Text = "tap.query"
	wordCars    bot.Text = "tap.cars"
	wordHelp    bot.Text = "tap.help"
	textUnknown bot.Text = "sum.unknown"
	textYuan    bot.Text = "unit.yuan"
)
