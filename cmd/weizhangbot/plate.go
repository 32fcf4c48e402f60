package main

import (
	"context"

	"github.com/weizhangbot/weizhangbot/bot/plate"
)

type plateCommand struct{}

// Help is the long description.
func (plateCommand) Help() string {
	return `Reads lines and writes one JSON object for each, in order: what the plate is, and what
the bot would do with it (query, confirm, choose, ask, unsupported, reject).

Example:

  echo 沪C·12345 | weizhangbot plate`
}

// A plateView is a plate.Reading as the command prints it.
type plateView struct {
	Input      string       `json:"input"`
	Action     plate.Action `json:"action"`
	Normalized string       `json:"normalized"`
	Kind       plate.Kind   `json:"kind"`
	HPZL       string       `json:"hpzl"`
	Province   string       `json:"province"`
	Prefix     string       `json:"prefix"`
	Candidates []string     `json:"candidates"`
	Note       string       `json:"note"`
}

// Run answers until stdin ends.
func (plateCommand) Run(ctx context.Context, p *program) error {
	return eachLine(ctx, p.stdin, p.stdout, func(l line) any { return viewPlate(l) })
}

func viewPlate(l line) plateView {
	if l.long {
		return plateView{Input: beginning(l.text), Action: plate.Reject, Kind: plate.Unknown, Candidates: []string{}, Note: tooLong}
	}
	r := plate.Parse(l.text)
	return plateView{
		Input: l.text, Action: r.Action, Normalized: r.Normalized, Kind: r.Kind, HPZL: r.HPZL,
		Province: r.Province, Prefix: r.Prefix, Candidates: append([]string{}, r.Candidates...), Note: r.Note,
	}
}

// tooLong is the note on a line that was not read to its end.
const tooLong = "the line is longer than 1 MiB and was not read"

// beginning is enough of an over-long line to recognise it by.
func beginning(text string) string {
	runes := 0
	for i := range text {
		if runes == 60 {
			return text[:i] + "…"
		}
		runes++
	}
	return text
}
