package admin

import (
	"context"
	"errors"
	"io"
	"net/http"
	"strings"

	"github.com/sirupsen/logrus"

	"github.com/weizhangbot/weizhangbot/bot"
)

// People are who use the bot. who is an id, telegram:123456, or the name that the
// log has for somebody.
type People interface {
	Stats(ctx context.Context) (bot.Stats, error)
	Alerts(ctx context.Context, who string, on *bool) ([]bot.AlertState, error)
	Block(ctx context.Context, who string, on bool) (bot.BlockState, error)
	Conversation(ctx context.Context, who string) (bot.Conversation, error)
	Reset(ctx context.Context, who string) (bot.Conversation, error)
}

// Broadcasts are an operator's words to everybody.
type Broadcasts interface {
	PlanBroadcast(ctx context.Context, text string) (bot.BroadcastPlan, error)
	Broadcast(ctx context.Context, o bot.BroadcastOrder) (bot.BroadcastReport, error)
	BroadcastReport(ctx context.Context) (bot.BroadcastReport, error)
	StopBroadcast(ctx context.Context) (bot.BroadcastReport, error)
}

// mostText is how much of a broadcast's text is read: more than it may have.
const mostText = 16 << 10

// acts are the paths of what is done about people.
func (a *desk) acts(mux *http.ServeMux) {
	mux.HandleFunc("GET /stats", a.stats)
	mux.HandleFunc("GET /alerts", a.alerts)
	mux.HandleFunc("POST /alerts", a.alerts)
	mux.HandleFunc("POST /block", a.about("block", func(ctx context.Context, who string) (any, error) { return a.Office().Block(ctx, who, true) }))
	mux.HandleFunc("POST /unblock", a.about("unblock", func(ctx context.Context, who string) (any, error) { return a.Office().Block(ctx, who, false) }))
	mux.HandleFunc("GET /conversation", a.about("conversation", func(ctx context.Context, who string) (any, error) { return a.Office().Conversation(ctx, who) }))
	mux.HandleFunc("POST /reset", a.about("reset", func(ctx context.Context, who string) (any, error) { return a.Office().Reset(ctx, who) }))
	mux.HandleFunc("GET /broadcast", a.progress)
	mux.HandleFunc("POST /broadcast", a.broadcast)
	mux.HandleFunc("POST /broadcast/stop", a.stop)
}

// about does something about the person that the request names.
func (a *desk) about(what string, do func(ctx context.Context, who string) (any, error)) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		who := r.Header.Get(UserHeader)
		if who == "" {
			http.Error(w, UserHeader+": about whom, such as telegram:123456", http.StatusBadRequest)
			return
		}
		a.answered(w, what, func() (any, error) { return do(r.Context(), who) })
	}
}

// answered does something, logs that it was done, without about whom, and
// answers with what came of it.
func (a *desk) answered(w http.ResponseWriter, what string, do func() (any, error)) {
	v, err := do()
	if err != nil {
		a.failed(w, what, err)
		return
	}
	a.Log.WithFields(logrus.Fields{"event": "admin", "what": what}).Info("an operator acts")
	answer(w, v)
}

func (a *desk) stats(w http.ResponseWriter, r *http.Request) {
	s, err := a.Office().Stats(r.Context())
	if err != nil {
		a.failed(w, "stats", err)
		return
	}
	answer(w, s)
}

func (a *desk) alerts(w http.ResponseWriter, r *http.Request) {
	who := r.Header.Get(UserHeader)
	var on *bool
	if r.Method == http.MethodPost {
		given := r.URL.Query().Get("on")
		if who == "" || given != "0" && given != "1" {
			http.Error(w, "on: 1 or 0, for the admin in "+UserHeader, http.StatusBadRequest)
			return
		}
		on = new(bool)
		*on = given == "1"
	}
	a.answered(w, "alerts", func() (any, error) { return a.Office().Alerts(r.Context(), who, on) })
}

func (a *desk) progress(w http.ResponseWriter, r *http.Request) {
	report, err := a.Office().BroadcastReport(r.Context())
	if err != nil {
		a.failed(w, "broadcast", err)
		return
	}
	answer(w, report)
}

func (a *desk) broadcast(w http.ResponseWriter, r *http.Request) {
	text, err := io.ReadAll(io.LimitReader(r.Body, mostText))
	if err != nil {
		http.Error(w, "the text: "+err.Error(), http.StatusBadRequest)
		return
	}
	query := r.URL.Query()
	id := query.Get("id")
	if query.Get("dry_run") == "1" {
		a.answered(w, "broadcast, dry run", func() (any, error) { return a.Office().PlanBroadcast(r.Context(), string(text)) })
		return
	}
	if id == "" || len(id) > 64 || strings.Trim(id, "abcdefghijklmnopqrstuvwxyz0123456789") != "" {
		http.Error(w, "id: one of your choice, up to 64 small letters and digits: the same one again begins nothing", http.StatusBadRequest)
		return
	}
	a.answered(w, "broadcast", func() (any, error) {
		return a.Office().Broadcast(r.Context(), bot.BroadcastOrder{ID: id, Text: string(text)})
	})
}

func (a *desk) stop(w http.ResponseWriter, r *http.Request) {
	a.answered(w, "stop of a broadcast", func() (any, error) { return a.Office().StopBroadcast(r.Context()) })
}

// refusedWith is the status for what an operator asked for and cannot have; 0:
// err is something else.
func refusedWith(err error) int {
	for _, one := range []struct {
		err    error
		status int
	}{
		{bot.ErrNobody, http.StatusNotFound}, {bot.ErrNoAdmin, http.StatusNotFound}, {bot.ErrAdmin, http.StatusConflict},
		{bot.ErrBroadcasting, http.StatusConflict}, {bot.ErrNoBroadcast, http.StatusConflict}, {bot.ErrBroadcastText, http.StatusBadRequest},
	} {
		if errors.Is(err, one.err) {
			return one.status
		}
	}
	return 0
}
