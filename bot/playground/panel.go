package playground

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
)

// ErrNoSwitch tells that there is no switch of this id.
var ErrNoSwitch = errors.New("playground: no such switch")

// A Panel is what the side panel shows, switches and does. Its methods may be
// called from any goroutine.
type Panel interface {
	// Meter tells what was spent so far. It is asked after every answer and at
	// every heartbeat, once for each open page, so it must be quick.
	Meter(ctx context.Context) (Meter, error)
	// Switches lists what can be turned on and off, in the order shown, with
	// its present state.
	Switches() []Switch
	// Set turns a switch, or returns ErrNoSwitch.
	Set(id string, on bool) error
	// Actions lists the buttons, in the order shown.
	Actions() []Action
	// Do lets the action happen, and returns one line that says what did; or
	// ErrNoAction. It may block for as long as a person waits for a button.
	Do(ctx context.Context, id string) (said string, err error)
}

// A Meter tells what was spent, and what was not.
type Meter struct {
	Calls     int        `json:"calls"`     // queries sent
	Charged   int        `json:"charged"`   // those that cost something
	YuanText  string     `json:"yuan"`      // about how much: 0.40
	CacheHits int        `json:"cacheHits"` // questions answered without paying again
	Rows      []MeterRow `json:"rows"`      // whatever else is worth a line
}

// A MeterRow is one more line of the meter.
type MeterRow struct {
	Label string `json:"label"`
	Value string `json:"value"`
}

// A Switch makes the world round the bot worse.
type Switch struct {
	ID    string `json:"id"`
	Label string `json:"label"` // 每次查询慢 8 秒
	Hint  string `json:"hint"`  // what to look for
	On    bool   `json:"on"`
}

func (p *Page) panelView(ctx context.Context) (json.RawMessage, error) {
	m, err := p.cfg.Panel.Meter(ctx)
	if err != nil {
		return nil, fmt.Errorf("playground: meter: %w", err)
	}
	view, err := json.Marshal(struct {
		Meter    Meter    `json:"meter"`
		Actions  []Action `json:"actions"`
		Switches []Switch `json:"switches"`
	}{m, p.cfg.Panel.Actions(), p.cfg.Panel.Switches()})
	if err != nil {
		return nil, fmt.Errorf("playground: panel: %w", err)
	}
	return view, nil
}

func (p *Page) getPanel(w http.ResponseWriter, r *http.Request) {
	if p.cfg.Panel == nil {
		refuse(w, http.StatusNotFound, "没有侧栏")
		return
	}
	view, err := p.panelView(r.Context())
	if err != nil {
		p.cfg.Log("meter", err)
		refuse(w, http.StatusInternalServerError, "暂时读不到费用")
		return
	}
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("Cache-Control", "no-store")
	if _, err := w.Write(view); err != nil {
		p.cfg.Log("panel", err)
	}
}

func (p *Page) postPanel(w http.ResponseWriter, r *http.Request) {
	if p.cfg.Panel == nil {
		refuse(w, http.StatusNotFound, "没有侧栏")
		return
	}
	var body struct {
		ID string `json:"id"`
		On bool   `json:"on"`
	}
	if !readJSON(w, r, &body) {
		return
	}
	switch err := p.cfg.Panel.Set(body.ID, body.On); {
	case errors.Is(err, ErrNoSwitch):
		refuse(w, http.StatusNotFound, "没有这个开关")
	case err != nil:
		p.cfg.Log("switch", err)
		refuse(w, http.StatusInternalServerError, "开关没有动")
	default:
		p.Nudge()
		w.WriteHeader(http.StatusNoContent)
	}
}
