package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net"
	"net/http"
	"os"
	"runtime"
	"strings"
	"time"

	"github.com/weizhangbot/weizhangbot/bot/admin"
	"github.com/weizhangbot/weizhangbot/storage"
	"github.com/weizhangbot/weizhangbot/storage/sealed"
)

// store reads all of what is there, and makes nothing. A running serve is asked
// instead.
func (d *doctor) store(ctx context.Context) {
	const check = "store"
	c := d.config.Storage
	if c.Driver == "postgres" {
		d.database(ctx, c)
		return
	}
	d.disk()
	d.modes(c)
	if _, err := os.Stat(c.Path); errors.Is(err, fs.ErrNotExist) {
		d.fine(check, c.Path+" is made at the first start"+keyNote(c))
		return
	}
	sum, err := verify(ctx, c.Path, c)
	switch {
	case err == nil:
		d.fine(check, fmt.Sprintf("%s: %s%s", c.Path, sum, keyNote(c)))
		d.rotation(check, c)
	case errors.Is(err, storage.ErrLocked):
		d.held = true
		d.ask(ctx)
	case errors.Is(err, sealed.ErrWrongKey):
		d.broken(check, err.Error(), "")
	case errors.Is(err, storage.ErrCorrupt):
		d.broken(check, err.Error(), "put a backup in its place: weizhangbot restore")
	case errors.Is(err, storage.ErrNewer):
		d.broken(check, err.Error(), "run the newer version of weizhangbot")
	default:
		d.broken(check, err.Error(), "")
	}
}

// rotation tells of a rekey that did not end.
func (d *doctor) rotation(check string, c Storage) {
	if ring, err := presentKeys(c); err == nil && len(ring) > 1 {
		d.slight(check, c.Path+".key holds two keys: a rotation is not finished", "stop serve and run weizhangbot rekey once more")
	}
}

// askTime bounds one question to the running serve.
const askTime = 10 * time.Second

// ask has the serve that holds the store tell how it is.
func (d *doctor) ask(ctx context.Context) {
	const check = "serve"
	ctx, cancel := context.WithTimeout(ctx, askTime)
	defer cancel()
	server := d.config.Server
	status, text, err := getText(ctx, reachable(server.Listen)+readyPath)
	switch {
	case err != nil:
		d.slight(check, "another process holds "+d.config.Storage.Path+", and nobody answers at server.listen ("+server.Listen+"): "+reason(err),
			"is it a serve with another configuration, or a backup, compact or rekey that still runs?")
		return
	case status != http.StatusOK:
		d.broken(check, fmt.Sprintf("it runs, and is not ready: %d %s", status, text), "see its log for the cause")
	default:
		d.fine(check, "it runs and is ready at "+server.Listen)
	}
	client := admin.NewClient(reachable(server.AdminListen), string(server.AdminToken))
	defer client.Close()
	switch costs, err := client.Costs(ctx, 1); {
	case errors.Is(err, admin.ErrNobody):
		d.slight(check, "nobody answers at server.admin_listen ("+server.AdminListen+")", "see its log: the address may be taken; without it there is no dashboard, and no backup while it runs")
	case errors.Is(err, admin.ErrRefused):
		d.slight(check, "it has another server.admin_token than this configuration", "restart it, or use its configuration")
	case err != nil:
		d.broken(check, "it cannot read its store: "+err.Error(), "see its log")
	default:
		d.fine(check, fmt.Sprintf("it reads its store; queries paid today: %d", costs.Today))
	}
}

// getText asks a listener of this machine.
func getText(ctx context.Context, url string) (status int, text string, err error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
	if err != nil {
		return 0, "", err
	}
	direct := &http.Client{Transport: &http.Transport{DisableKeepAlives: true}}
	resp, err := direct.Do(req)
	if err != nil {
		return 0, "", err
	}
	defer func() { _ = resp.Body.Close() }()
	body, err := io.ReadAll(io.LimitReader(resp.Body, 1<<10))
	return resp.StatusCode, strings.TrimSpace(string(body)), err
}

// addresses looks whether serve can listen where it is to, unless it does so
// already.
func (d *doctor) addresses(ctx context.Context) {
	if d.held {
		return
	}
	for _, a := range []struct {
		key, address string
		needed       bool
	}{{"server.listen", d.config.Server.Listen, true}, {"server.admin_listen", d.config.Server.AdminListen, false}} {
		var lc net.ListenConfig
		l, err := lc.Listen(ctx, "tcp", a.address)
		if err == nil {
			_ = l.Close() // nobody came
			continue
		}
		f := finding{Check: "address", Needed: a.needed, What: fmt.Sprintf("%s: %s: %s", a.key, a.address, listenCause(err)), Todo: "choose another, or end who listens there"}
		d.note(f)
	}
}

// listenCause is an error without the address, which stands before it.
func listenCause(err error) string {
	if op, ok := errors.AsType[*net.OpError](err); ok {
		err = op.Err
	}
	if sys, ok := errors.AsType[*os.SyscallError](err); ok {
		err = sys.Err
	}
	return err.Error()
}

// keyNote tells where the key is. Whoever loses it loses the store.
func keyNote(c Storage) string {
	if c.key() != nil {
		return ", sealed with storage.encryption_key"
	}
	return ", sealed with " + c.Path + ".key: back that up, apart from the store"
}

// modes looks who else may open the store, its key and people's shares.
func (d *doctor) modes(c Storage) {
	for _, name := range []string{c.Path, c.Path + ".key", peopleFile(c)} {
		if open, mode := openToOthers(name); open {
			d.mend("store", name, mode, "is for the bot's own account")
		}
	}
}

// mend closes a file to others, if that is wanted, and tells so otherwise.
func (d *doctor) mend(check, name string, mode fs.FileMode, why string) {
	what := fmt.Sprintf("others on this machine may open %s (mode %04o), which %s", name, mode, why)
	if !d.fix {
		d.slight(check, what, "chmod 600 "+name+", or run with --fix")
		return
	}
	if err := os.Chmod(name, 0o600); err != nil {
		d.slight(check, what, "chmod 600 "+name+" ("+cause(err)+")")
		return
	}
	d.fine(check, name+" has now mode 0600")
}

// openToOthers tells whether the file's mode lets other accounts in. Windows
// has no such modes.
func openToOthers(name string) (open bool, mode fs.FileMode) {
	info, err := os.Stat(name)
	if err != nil || runtime.GOOS == "windows" {
		return false, 0
	}
	mode = info.Mode().Perm()
	return mode&0o077 != 0, mode
}
