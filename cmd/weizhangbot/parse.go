package main

import (
	"context"
	"encoding/json"
	"strings"

	"github.com/weizhangbot/weizhangbot/bot/nlu"
)

type parseCommand struct{}

// Help is the long description.
func (parseCommand) Help() string {
	return `Reads lines and writes one JSON object for each, in order: what the message wants and gives.
A line is a message, or {"text": "...", "ctx": "ask_engine6"} with the question that is open.

Examples:

  echo '查违章 沪C12345 发动机号123456' | weizhangbot parse
  echo '{"text":"123456","ctx":"ask_engine6"}' | weizhangbot parse`
}

// Run answers until stdin ends.
func (parseCommand) Run(ctx context.Context, p *program) error {
	return eachLine(ctx, p.stdin, p.stdout, func(l line) any { return viewMessage(l) })
}

func viewMessage(l line) nlu.Slots {
	if l.long {
		return nlu.Slots{Text: beginning(l.text), Intent: nlu.Unknown, Plates: []string{}, Note: tooLong}
	}
	text, open, err := question(l.text)
	slots := nlu.Read(text, open).Slots(text)
	if err != nil {
		slots.Note = err.Error() + "; read as in a fresh chat"
	}
	return slots
}

// question takes a line apart into the message and the question that is open.
// A line that only looks like JSON is a message.
func question(s string) (text string, open nlu.Open, err error) {
	var object struct {
		Text *string `json:"text"`
		Ctx  string  `json:"ctx"`
	}
	text = s
	if strings.HasPrefix(strings.TrimSpace(s), "{") && json.Unmarshal([]byte(s), &object) == nil && object.Text != nil {
		text = *object.Text
	}
	open, err = nlu.ParseOpen(object.Ctx)
	return text, open, err
}
