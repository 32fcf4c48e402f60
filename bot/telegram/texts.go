package telegram

import "github.com/weizhangbot/weizhangbot/bot"

// Sentences of the catalogue that only this adapter asks for.
const (
	wordNext bot.Text = "tap.next" // turns a report's page
	wordPrev bot.Text = "tap.prev"
)

// A command is one of the slash commands in the client's menu. Its description
// is the catalogue's sentence "command." + name.
type command struct{ name string }

// commands, in the order of the menu. The dialogue reads more; these are shown.
var commands = []command{
	{"query"}, {"cars"}, {"subscribe"}, {"unsubscribe"}, {"refresh"}, {"cities"},
	{"mydata"}, {"forgetme"}, {"cancel"}, {"help"},
}

// describe is what the menu says about the command.
func (c command) describe(l bot.Lang) string { return bot.Sentence(l, bot.Text("command."+c.name)) }
