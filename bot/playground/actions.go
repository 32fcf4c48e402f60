package playground

import (
	"encoding/json"
	"errors"
	"net/http"
)

// ErrNoAction tells that there is no action of this id.
var ErrNoAction = errors.New("playground: no such action")

// An Action is a button of the side panel that lets something happen in the
// world round the bot.
type Action struct {
	ID    string `json:"id"`
	Label string `json:"label"` // 新增一条违章
	Hint  string `json:"hint"`  // what it is for
	// Look tells that what comes of it is seen in the chat: where the panel
	// covers the chat, it makes way.
	Look bool `json:"look,omitempty"`
}

// said is the body of the answer to POST /act.
type said struct {
	Said string `json:"said"`
}

// postAct does an action once, and answers with the line that tells what
// happened. A press whose answer was lost is not repeated by the page.
func (p *Page) postAct(w http.ResponseWriter, r *http.Request) {
	if p.cfg.Panel == nil {
		refuse(w, http.StatusNotFound, "没有侧栏")
		return
	}
	var body struct {
		ID string `json:"id"`
	}
	if !readJSON(w, r, &body) {
		return
	}
	text, err := p.cfg.Panel.Do(r.Context(), body.ID)
	switch {
	case errors.Is(err, ErrNoAction):
		refuse(w, http.StatusNotFound, "没有这个按钮")
		return
	case err != nil:
		p.cfg.Log("action", err)
		refuse(w, http.StatusInternalServerError, "没有做成")
		return
	}
	p.Nudge()
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("Cache-Control", "no-store")
	if err := json.NewEncoder(w).Encode(said{text}); err != nil {
		p.cfg.Log("action", err)
	}
}
