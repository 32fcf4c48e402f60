// Package admin is the operator's listener: importing cars for a person,
// handing them out again, what it all costs, and what can be done about people. It
// is no page: programs ask, and `weizhangbot admin` is the one that comes with it.
//
//	POST /import            a table of cars → a report; ?dry_run=1, ?skip_faulty=1
//	GET  /export            cars.csv; ?what=violations
//	GET  /calendar          calendar.ics
//	GET  /costs             what was paid; ?days=30
//	GET  /stats             how the bot stands
//	GET  /conversation      where a person stands; POST /reset has it begin anew
//	POST /block             has a person get nothing any more; POST /unblock ends it
//	GET  /alerts            which admins hear alarms; POST, of one: ?on=1, ?on=0
//	GET  /broadcast         how far it is; POST /broadcast/stop ends it
//	POST /broadcast         begins one with the text of the body: ?id=…; ?dry_run=1
//	GET  /backup            a consistent copy of the store, sealed, without its key
//
// About whom it is stands in the header UserHeader: addresses end up in logs.
package admin

import (
	"context"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/json"
	"errors"
	"io"
	"net"
	"net/http"
	"net/netip"
	"strconv"
	"strings"
	"time"

	"github.com/sirupsen/logrus"

	"github.com/weizhangbot/weizhangbot/bot"
)

const (
	// UserHeader names the person: telegram:123456.
	UserHeader = "X-Weizhangbot-User"
	// Header must stand in every request when there is no token. A page in the
	// operator's browser cannot send it to another origin without asking first,
	// and is refused then.
	Header = "X-Weizhangbot-Admin"
	// answerTime is how long an answer may take. An import looks up a rule for
	// each city in it.
	answerTime = 50 * time.Second
	// MaxDays is over how many days costs are added up, at most.
	MaxDays = bot.MostCostDays
)

// An Office does what operators ask for; *bot.Fleet is one.
type Office interface {
	Cars
	People
	Broadcasts
}

// Cars are brought in and handed out.
type Cars interface {
	Import(ctx context.Context, o bot.ImportOrder) (bot.ImportReport, error)
	Export(ctx context.Context, u bot.UserID, what bot.Export, l bot.Lang) (bot.File, error)
	Costs(ctx context.Context, days int) (bot.CostReport, error)
}

var _ Office = (*bot.Fleet)(nil)

// Config is what a Handler needs.
type Config struct {
	Office func() Office // the one of now
	// Store is what /backup copies; nil: there is no /backup.
	Store Copier
	// Stopping ends when the bot stops; a backup ends then too. nil: never.
	Stopping context.Context
	// Token is what every request bears. Without one the listener must be on
	// loopback: then Header is asked for, and a Host that is this machine, so
	// that no page in a browser here gets in, also not by a name of its own
	// that leads to this machine.
	Token string
	Log   logrus.FieldLogger
}

// New is the handler of the operator's listener.
func New(c Config) http.Handler {
	a := &desk{c}
	mux := http.NewServeMux()
	mux.HandleFunc("POST /import", a.imports)
	mux.HandleFunc("GET /export", a.exports)
	mux.HandleFunc("GET /calendar", a.calendar)
	mux.HandleFunc("GET /costs", a.costs)
	a.acts(mux)
	// Browsers tell where a write comes from; no page is to make any.
	writes := http.NewCrossOriginProtection().Handler(mux)
	copies := http.NewServeMux() // what takes longer than an answer
	copies.Handle("GET /backup", newBackups(c))
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		h := w.Header()
		h.Set("Cache-Control", "no-store")
		h.Set("X-Content-Type-Options", "nosniff")
		h.Set("Content-Security-Policy", "default-src 'none'; frame-ancestors 'none'")
		if !a.admits(r) {
			h.Set("WWW-Authenticate", `Bearer realm="weizhangbot"`)
			http.Error(w, "not for you", http.StatusUnauthorized)
			return
		}
		if r.URL.Path == "/backup" {
			copies.ServeHTTP(w, r)
			return
		}
		ctx, cancel := context.WithTimeout(r.Context(), answerTime)
		defer cancel()
		r.Body = http.MaxBytesReader(w, r.Body, bot.MaxRoster)
		writes.ServeHTTP(w, r.WithContext(ctx))
	})
}

type desk struct{ Config }

// admits tells whether a request is the operator's.
func (a *desk) admits(r *http.Request) bool {
	if a.Token == "" {
		return local(r.Host) && (r.Header.Get(Header) != "" || sealed(r))
	}
	given, ok := strings.CutPrefix(r.Header.Get("Authorization"), "Bearer ")
	want, got := sha256.Sum256([]byte(a.Token)), sha256.Sum256([]byte(given))
	return ok && subtle.ConstantTimeCompare(want[:], got[:]) == 1
}

// sealed tells whether a request asks for what is sealed, so that curl needs no
// header for it, and no page of a stranger makes it.
func sealed(r *http.Request) bool {
	switch r.Header.Get("Sec-Fetch-Site") {
	case "", "none", "same-origin":
		return r.URL.Path == "/backup" && r.Method == http.MethodGet
	}
	return false
}

// local tells whether a Host is this machine by its address, which no name of a
// stranger is.
func local(host string) bool {
	if h, _, err := net.SplitHostPort(host); err == nil {
		host = h
	}
	if host == "localhost" {
		return true
	}
	ip, err := netip.ParseAddr(strings.Trim(host, "[]"))
	return err == nil && ip.IsLoopback()
}

func (a *desk) imports(w http.ResponseWriter, r *http.Request) {
	u, ok := person(w, r)
	if !ok {
		return
	}
	table, err := io.ReadAll(r.Body)
	if err != nil {
		status := http.StatusBadRequest
		if errors.As(err, new(*http.MaxBytesError)) {
			status = http.StatusRequestEntityTooLarge
		}
		http.Error(w, "the table: "+err.Error(), status)
		return
	}
	o := bot.ImportOrder{User: u, Table: table, DryRun: r.URL.Query().Get("dry_run") == "1", SkipFaulty: r.URL.Query().Get("skip_faulty") == "1"}
	report, err := a.Office().Import(r.Context(), o)
	if err != nil {
		a.failed(w, "import", err)
		return
	}
	a.Log.WithFields(logrus.Fields{"event": "import", "dry_run": report.DryRun, "cars": report.Cars, "imported": report.Imported, "faulty": report.Faulty}).Info("an operator imports cars")
	answer(w, report)
}

func (a *desk) exports(w http.ResponseWriter, r *http.Request) {
	switch what := bot.Export(r.URL.Query().Get("what")); what {
	case "":
		a.file(w, r, bot.ExportCars)
	case bot.ExportCars, bot.ExportViolations:
		a.file(w, r, what)
	default:
		http.Error(w, "what: cars or violations", http.StatusBadRequest)
	}
}

func (a *desk) calendar(w http.ResponseWriter, r *http.Request) { a.file(w, r, bot.ExportCalendar) }

func (a *desk) file(w http.ResponseWriter, r *http.Request, what bot.Export) {
	u, ok := person(w, r)
	if !ok {
		return
	}
	f, err := a.Office().Export(r.Context(), u, what, bot.Chinese)
	if err != nil {
		a.failed(w, string(what), err)
		return
	}
	a.Log.WithFields(logrus.Fields{"event": "export", "what": string(what)}).Info("an operator takes somebody's cars out")
	w.Header().Set("Content-Type", f.MIME)
	w.Header().Set("Content-Disposition", `attachment; filename="`+f.Name+`"`)
	_, _ = w.Write(f.Data) // whoever asked has left
}

func (a *desk) costs(w http.ResponseWriter, r *http.Request) {
	days := 30
	if s := r.URL.Query().Get("days"); s != "" {
		var err error
		if days, err = strconv.Atoi(s); err != nil || days < 1 || days > MaxDays {
			http.Error(w, "days: 1 to "+strconv.Itoa(MaxDays), http.StatusBadRequest)
			return
		}
	}
	report, err := a.Office().Costs(r.Context(), days)
	if err != nil {
		a.failed(w, "costs", err)
		return
	}
	answer(w, report)
}

// person is whom a request is about.
func person(w http.ResponseWriter, r *http.Request) (bot.UserID, bool) {
	u := r.Header.Get(UserHeader)
	if channel, id, ok := strings.Cut(u, ":"); !ok || channel == "" || id == "" {
		http.Error(w, UserHeader+": whose cars, such as telegram:123456", http.StatusBadRequest)
		return "", false
	}
	return bot.UserID(u), true
}

// failed answers with what went wrong, which holds no personal data.
func (a *desk) failed(w http.ResponseWriter, what string, err error) {
	if status := refusedWith(err); status != 0 {
		http.Error(w, err.Error(), status)
		return
	}
	a.Log.WithError(err).WithFields(logrus.Fields{"event": "admin", "what": what}).Error("an operator's request failed")
	http.Error(w, err.Error(), http.StatusInternalServerError)
}

func answer(w http.ResponseWriter, v any) {
	w.Header().Set("Content-Type", "application/json; charset=utf-8")
	e := json.NewEncoder(w)
	e.SetEscapeHTML(false)
	_ = e.Encode(v) // whoever asked has left
}
