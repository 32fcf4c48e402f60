package main

import (
	"context"
	"errors"
	"net"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/weizhangbot/weizhangbot/bot/telegram/telegramtest"
	"github.com/weizhangbot/weizhangbot/juhe/juhetest"
	"github.com/weizhangbot/weizhangbot/storage/boltstore"
	"github.com/weizhangbot/weizhangbot/storage/sealed"
)

// lines are the findings as they are printed.
func (d *doctor) lines() string {
	var b strings.Builder
	for _, f := range d.found {
		b.WriteString(f.line() + "\n")
	}
	return b.String()
}

// What the place of the store is worth.
func TestDoctorDisk(t *testing.T) {
	t.Parallel()
	const plenty = 100 << 30
	for _, tt := range []struct {
		name   string
		volume volume
		err    error
		stored int // bytes
		want   string
	}{
		{"a disk", volume{known: true, free: plenty}, nil, 0, "✓ disk: 100.00 GiB free\n"},
		{"an unknown system", volume{}, nil, 0, "cannot be seen on this system"},
		{"a system that does not tell", volume{}, errors.New("no such call"), 0, "! disk: "},
		{"NFS", volume{known: true, free: plenty, kind: "NFS", lock: unsafeLock}, nil, 0, "lies on NFS, where no lock keeps a second process out"},
		{"a foreign file system", volume{known: true, free: plenty, kind: "FUSE", lock: doubtfulLock}, nil, 0, "lies on FUSE: what serves it may not keep"},
		{"memory", volume{known: true, free: plenty, kind: "tmpfs", passing: true}, nil, 0, "lies in memory (tmpfs)"},
		{"a container", volume{known: true, free: plenty, kind: "overlay", layer: true}, nil, 0, "is gone with it: mount a volume"},
		{"snapshots", volume{known: true, free: plenty, kind: "btrfs", copies: true}, nil, 0, "exclude bot.db.people from its snapshots"},
		{"little room", volume{known: true, free: 100 << 20}, nil, 0, "! disk: 100.0 MiB free: make room: compact and rekey write the store once more (512.0 MiB)"},
		{"no room", volume{known: true, free: 10 << 20}, nil, 0, "✗ disk: 10.0 MiB free: make room: soon nothing"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			d := &doctor{volume: func(string) (volume, error) { return tt.volume, tt.err }}
			d.config.Storage.Path = filepath.Join(t.TempDir(), "bot.db")
			d.disk()
			if got := d.lines(); !strings.Contains(got, tt.want) {
				t.Errorf("no %q in\n%s", tt.want, got)
			}
			broken := strings.Contains(d.lines(), "✗")
			if want := tt.volume.lock == unsafeLock || tt.volume.known && tt.volume.free < leastRoom; broken != want {
				t.Errorf("broken %v, want %v:\n%s", broken, want, d.lines())
			}
		})
	}
}

// The disk of this machine is looked at as it is.
func TestDoctorDiskOfThisMachine(t *testing.T) {
	t.Parallel()
	d := &doctor{volume: volumeOf}
	d.config.Storage.Path = filepath.Join(t.TempDir(), "bot.db")
	d.disk()
	if got := d.lines(); !strings.Contains(got, "free") && !strings.Contains(got, "cannot be seen") {
		t.Error(got)
	}
	if left, err := filepath.Glob(filepath.Join(filepath.Dir(d.config.Storage.Path), "*")); err != nil || len(left) > 0 {
		t.Errorf("left behind: %v, %v", left, err)
	}
}

// A running serve is asked, and told from what else may hold the store.
func TestDoctorAsksTheRunningServe(t *testing.T) {
	t.Parallel()
	o := newOutside(t)
	r := o.serve(withSafe)
	file := o.config(withSafe)
	at := func(listen, admin, token string) []string {
		return []string{"WEIZHANG_SERVER_LISTEN=" + listen, "WEIZHANG_SERVER_ADMIN_LISTEN=" + admin, "WEIZHANG_SERVER_ADMIN_TOKEN=" + token}
	}
	listen, admin := strings.TrimPrefix(r.url, "http://"), adminAt(t, r)
	for name, tt := range map[string]struct {
		environ []string
		code    int
		want    string
	}{
		"well":         {at(listen, admin, ""), exitFine, "✓ serve: it runs and is ready at " + listen + "\n✓ serve: it reads its store; queries paid today: 0\n"},
		"elsewhere":    {at("127.0.0.1:1", admin, ""), exitFine, "! serve: another process holds "},
		"no operators": {at(listen, "127.0.0.1:1", ""), exitFine, "! serve: nobody answers at server.admin_listen (127.0.0.1:1)"},
	} {
		if code, out := o.doctorWith(tt.environ, file, "--listen", "0"); code != tt.code || !strings.Contains(out, tt.want) || strings.Contains(out, "address already in use") {
			t.Errorf("%s: exit code %d, want %q:\n%s", name, code, tt.want, out)
		}
	}
	r.end()
}

// What a serve that is not well says to the doctor.
func TestDoctorAsksASickServe(t *testing.T) {
	t.Parallel()
	o := newOutside(t)
	file := o.config(withSafe)
	store, err := boltstore.Open(filepath.Join(o.dir, "bot.db"), boltstore.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = store.Close() }()
	public := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.WriteHeader(http.StatusServiceUnavailable)
		_, _ = w.Write([]byte("the store cannot write\n"))
	}))
	defer public.Close()
	for status, want := range map[int]string{
		http.StatusUnauthorized:        "! serve: it has another server.admin_token",
		http.StatusInternalServerError: "✗ serve: it cannot read its store",
	} {
		admin := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(status) }))
		code, out := o.doctorWith([]string{"WEIZHANG_SERVER_LISTEN=" + public.Listener.Addr().String(), "WEIZHANG_SERVER_ADMIN_LISTEN=" + admin.Listener.Addr().String(),
			"WEIZHANG_STORAGE_ENCRYPTION_KEY=" + other["storage.encryption_key"]}, file, "--listen", "0")
		admin.Close()
		if code != exitFailed || !strings.Contains(out, "✗ serve: it runs, and is not ready: 503 the store cannot write: see its log") || !strings.Contains(out, want) {
			t.Errorf("exit code %d, want %q:\n%s", code, want, out)
		}
	}
}

// Who listens where serve is to listen.
func TestDoctorAddresses(t *testing.T) {
	t.Parallel()
	taken, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = taken.Close() }()
	o := newOutside(t)
	file, at := o.config(withSafe), taken.Addr().String()
	for variable, tt := range map[string]struct {
		code int
		want string
	}{
		"WEIZHANG_SERVER_LISTEN":       {exitFailed, "✗ address: server.listen: " + at + ": address already in use: choose another"},
		"WEIZHANG_SERVER_ADMIN_LISTEN": {exitFine, "! address: server.admin_listen: " + at + ": address already in use"},
	} {
		if code, out := o.doctorWith([]string{variable + "=" + at}, file, "--listen", "0"); code != tt.code || !strings.Contains(out, tt.want) {
			t.Errorf("exit code %d, want %d and %q:\n%s", code, tt.code, tt.want, out)
		}
	}
}

// One process per token: another one is noticed, without taking anything from it.
func TestDoctorListensForPollers(t *testing.T) {
	t.Parallel()
	o := newOutside(t)
	file := o.config(withTelegram)
	if code, out := o.doctorWith(nil, file, "--listen", "1s"); code != exitFine || !strings.Contains(out, "✓ telegram polling: nobody else polls with the token (listened for 1s)") {
		t.Errorf("alone: exit code %d:\n%s", code, out)
	}
	ctx, stop := context.WithCancel(t.Context())
	var polling sync.WaitGroup
	polling.Go(func() { // another installation, which tries again as they all do
		for ctx.Err() == nil {
			req, err := http.NewRequestWithContext(ctx, http.MethodGet, o.telegramURL+"/bot"+tgToken+"/getUpdates?timeout=50", nil)
			if err != nil {
				t.Error(err)
				return
			}
			if resp, err := http.DefaultClient.Do(req); err == nil {
				_ = resp.Body.Close()
			}
		}
	})
	if code, out := o.doctorWith(nil, file, "--listen", "30s"); code != exitFailed || !strings.Contains(out, "✗ telegram polling: somebody else polls with this token") {
		t.Errorf("beside another: exit code %d:\n%s", code, out)
	}
	stop()
	polling.Wait()
	o.telegram.Say(42, "你好")
	if code, out := o.doctorWith(nil, file, "--listen", "30s"); code != exitFine || !strings.Contains(out, "✓ telegram webhook: none, as polling wants it; updates waiting: 1") || strings.Contains(out, "telegram polling") {
		t.Errorf("what waits is left alone: exit code %d:\n%s", code, out)
	}
	if n := o.telegram.Pending(); n != 1 {
		t.Errorf("%d updates wait", n)
	}
}

// A webhook is compared with the mode, and set or taken away where nobody else
// can need it.
func TestDoctorWebhook(t *testing.T) {
	t.Parallel()
	hook := httptest.NewTLSServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusBadGateway) }))
	defer hook.Close()
	webhook := "telegram: {token: '" + tgToken + "', api_base: 'TELEGRAM', mode: webhook, webhook_url: '" + hook.URL + "/telegram', webhook_secret: " + tgSecret + "}\n"
	polling := strings.Replace(webhook, "mode: webhook", "mode: polling", 1)
	o := newOutside(t)
	defer o.telegram.Close()
	expect := func(section, want string, args ...string) {
		t.Helper()
		if code, out := o.doctor(o.config(section), args...); code != exitFine || !strings.Contains(out, want) {
			t.Errorf("exit code %d, want %q:\n%s", code, want, out)
		}
	}
	expect(webhook, "! telegram webhook: not set yet: serve sets it, and so does --fix")
	o.telegram.Fail(faultOnce("setWebhook"))
	expect(webhook, "! telegram webhook: Telegram refuses the change: ", "--fix")
	expect(webhook, "✓ telegram webhook: set\n", "--fix")
	if calls := o.telegram.Calls("setWebhook"); calls[len(calls)-1].Params["secret_token"] != tgSecret || !strings.Contains(calls[len(calls)-1].Params["allowed_updates"], "callback_query") {
		t.Errorf("set as %v", calls[len(calls)-1].Params)
	}
	expect(webhook, "✓ telegram webhook: set; updates waiting: 0")
	o.telegram.Say(42, "你好")
	until(t, "Telegram could not deliver", func() bool {
		_, out := o.doctor(o.config(webhook))
		return strings.Contains(out, "! telegram webhook: Telegram could not deliver ") && strings.Contains(out, "Wrong response from the webhook: 502 Bad Gateway; updates waiting: 1: see that ")
	})
	expect(polling, "! telegram webhook: set to "+strings.TrimPrefix(hook.URL, "https://")+", though updates are to be polled")
	expect(withTelegram, "though updates are to be polled", "--fix") // it may be another installation's
	expect(strings.Replace(webhook, "/telegram'", "/elsewhere', path: /elsewhere", 1), ", not to telegram.webhook_url")
	expect(polling, "✓ telegram webhook: taken away, as polling wants it; updates waiting: 1", "--fix")
	expect(polling, "✓ telegram webhook: none")
}

// A query is paid when it is asked for, once, and stands in the ledger.
func TestDoctorQuery(t *testing.T) {
	t.Parallel()
	o := newOutside(t)
	file := o.config(withTelegram, "limits: {queries_per_user_per_day: 1}\n")
	for _, tt := range []struct {
		name    string
		args    []string
		code    int
		want    string
		charged int
	}{
		{"digits are missing", []string{"--query", "沪C12345"}, exitFailed, "✗ query: --engine: ", 0},
		{"no plate", []string{"--query", "沪C1"}, exitFailed, "nothing was paid: give the plate as it is on the car", 0},
		{"one", []string{"--query", "沪C12345", "--engine", "123456", "--vin", "654321"}, exitFine, "violations; it was charged\n", 1},
		{"the same again", []string{"--query", "沪C12345", "--engine", "123456", "--vin", "654321"}, exitFine, "not charged again", 1},
		{"none", nil, exitFine, "so none was made", 1},
	} {
		if code, out := o.doctor(file, tt.args...); code != tt.code || !strings.Contains(out, tt.want) || o.juhe.Meter().Charged != tt.charged {
			t.Errorf("%s: exit code %d, charged %d times, want %q:\n%s", tt.name, code, o.juhe.Meter().Charged, tt.want, out)
		}
	}
	r := o.serve(withTelegram)
	if code, out := o.doctor(file, "--query", "沪C54321", "--engine", "123456", "--vin", "654321"); code != exitFine || !strings.Contains(out, "! query: nothing was paid: the running serve holds the store") {
		t.Errorf("beside serve: exit code %d:\n%s", code, out)
	}
	r.end()
}

// The clock is compared with whoever answers first, in the order of trust.
func TestDoctorReadsTheClock(t *testing.T) {
	t.Parallel()
	fake := juhetest.New(juhetest.WithKeys(juheKey))
	noon := time.Date(2026, 11, 24, 12, 0, 0, 0, time.UTC)
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Date", noon.Format(http.TimeFormat))
		fake.ServeHTTP(w, r)
	}))
	defer srv.Close()
	for _, tt := range []struct {
		off  time.Duration
		ok   bool
		want string
	}{
		{0, true, "within 1s of Juhe's"}, {20 * time.Second, true, "within 20s"}, {-20 * time.Second, true, "within"},
		{10 * time.Minute, false, "ahead of Juhe's"}, {-time.Hour, false, "behind Juhe's"},
	} {
		d := &doctor{now: func() time.Time { return noon.Add(tt.off) }}
		d.config.Juhe = Juhe{Key: juheKey, BaseURL: srv.URL + "/sweizhang", Timeout: 5 * time.Second}
		d.juhe(t.Context())
		d.clock()
		if f := d.found[len(d.found)-1]; f.OK != tt.ok || !strings.Contains(f.What, tt.want) {
			t.Errorf("%v off: %+v", tt.off, f)
		}
	}
	gone := httptest.NewServer(http.NotFoundHandler())
	gone.Close()
	o := newOutside(t)
	o.juheURL = gone.URL
	if _, out := o.doctor(o.config(withSafe)); !strings.Contains(out, "✓ clock: within 1s of WeChat's") {
		t.Errorf("without Juhe:\n%s", out)
	}
	if _, out := o.doctor(o.config(withTelegram)); !strings.Contains(out, "✓ clock: within 1s of Telegram's") {
		t.Errorf("without Juhe and WeChat:\n%s", out)
	}
	o.telegramURL = gone.URL
	if _, out := o.doctor(o.config(withTelegram)); !strings.Contains(out, "! clock: not checked") {
		t.Errorf("with nobody:\n%s", out)
	}
}

func faultOnce(method string) telegramtest.Fault {
	return telegramtest.Fault{Method: method, Code: http.StatusBadRequest, Description: "Bad Request: bad webhook: Failed to resolve host", Times: 1}
}

// A rotation of the key that did not end is told.
func TestDoctorOfAnUnfinishedRotation(t *testing.T) {
	t.Parallel()
	o := newOutside(t)
	o.serve(withSafe).end()
	keys := filepath.Join(o.dir, "bot.db.key")
	ring, err := sealed.LoadRing(keys)
	if err != nil {
		t.Fatal(err)
	}
	if err := sealed.SaveRing(keys, ring[0], make([]byte, sealed.KeySize)); err != nil {
		t.Fatal(err)
	}
	if code, out := o.doctor(o.config(withSafe)); code != exitFine || !strings.Contains(out, "bot.db.key holds two keys: a rotation is not finished: stop serve and run weizhangbot rekey once more") {
		t.Errorf("exit code %d:\n%s", code, out)
	}
}
