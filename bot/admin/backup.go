package admin

import (
	"context"
	"errors"
	"io"
	"net/http"
	"time"

	"github.com/sirupsen/logrus"
)

const (
	// backupTime is how long a backup may take: while it runs, pages that are
	// written anew cannot be used again, and the file grows.
	backupTime = 10 * time.Minute
	// stallTime is how long whoever fetches it may take nothing.
	stallTime = 20 * time.Second
)

// A Copier writes a consistent copy of all that is stored, sealed as it is, until
// ctx ends. storage.Store has one.
type Copier interface {
	Backup(ctx context.Context, w io.Writer) error
}

// backups hands out copies, one at a time.
type backups struct {
	Config
	total, stall time.Duration
	free         chan struct{} // holds one while no copy is being made
}

func newBackups(c Config) *backups {
	b := &backups{Config: c, total: backupTime, stall: stallTime, free: make(chan struct{}, 1)}
	b.free <- struct{}{}
	return b
}

// ServeHTTP answers with a copy of the store. One that could not be finished is
// cut off, so that nobody takes a part for the whole; it ends at once when
// whoever fetches it leaves, stalls or takes too long, and when the bot stops.
func (b *backups) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	switch {
	case b.Store == nil:
		http.NotFound(w, r)
		return
	case r.Method == http.MethodHead: // which a GET pattern lets in: all that work for nothing
		http.Error(w, "GET only", http.StatusMethodNotAllowed)
		return
	}
	select {
	case <-b.free:
		defer func() { b.free <- struct{}{} }()
	default:
		w.Header().Set("Retry-After", "60")
		http.Error(w, "another backup is being made", http.StatusServiceUnavailable)
		return
	}
	ctx, cancel := context.WithTimeout(r.Context(), b.total)
	defer cancel()
	if b.Stopping != nil {
		defer context.AfterFunc(b.Stopping, cancel)()
	}
	out := &outgoing{w: w, control: http.NewResponseController(w), stall: b.stall}
	err := b.Store.Backup(ctx, out)
	log := b.Log.WithFields(logrus.Fields{"event": "backup", "bytes": out.sent})
	if err == nil {
		err = out.control.Flush()
	}
	if err != nil {
		log.WithError(err).Error("a backup was not finished")
		if out.sent == 0 && ctx.Err() == nil {
			http.Error(w, err.Error(), http.StatusInternalServerError)
			return
		}
		// Nothing more gets through, not even the mark of the answer's end.
		_ = out.control.SetWriteDeadline(time.Unix(1, 0))
		return
	}
	log.Info("an operator has fetched a backup")
}

// outgoing is the way to whoever fetches a copy. Each write has its own time.
type outgoing struct {
	w       http.ResponseWriter
	control *http.ResponseController
	stall   time.Duration
	sent    int64
}

// Write implements io.Writer.
func (o *outgoing) Write(p []byte) (int, error) {
	if o.sent == 0 {
		h := o.w.Header()
		h.Set("Content-Type", "application/octet-stream")
		h.Set("Content-Disposition", `attachment; filename="weizhangbot.backup"`)
	}
	// The server's own limit is for answers that are short.
	if err := o.control.SetWriteDeadline(time.Now().Add(o.stall)); err != nil && !errors.Is(err, http.ErrNotSupported) {
		return 0, err
	}
	n, err := o.w.Write(p)
	o.sent += int64(n)
	return n, err
}
