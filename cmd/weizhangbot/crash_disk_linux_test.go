package main

import (
	"context"
	"encoding/base64"
	"errors"
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/weizhangbot/weizhangbot/bot/wechat/wechattest"
	"github.com/weizhangbot/weizhangbot/juhe/juhetest"
)

// A disk is what a store may lie on, and how it goes bad and well again.
type disk struct {
	dir   string
	spoil func()
	heal  func()
}

// cannot skips a test that the machine does not let happen, and says why: who
// may not mount anything (an ordinary user, a container without CAP_SYS_ADMIN),
// or has no FUSE, cannot help it. Anything else is a failure.
func cannot(t *testing.T, why error) {
	t.Helper()
	for _, no := range []syscall.Errno{syscall.EPERM, syscall.EACCES, syscall.ENOENT, syscall.ENODEV} {
		if errors.Is(why, no) {
			t.Skipf("cannot be tested here: %v", why)
		}
	}
	t.Fatalf("a bad disk: %v", why)
}

// fullDisk is a small file system of its own that something else fills.
func fullDisk(t *testing.T) disk {
	dir := t.TempDir()
	if err := syscall.Mount("small", dir, "tmpfs", 0, "size=4m"); err != nil {
		cannot(t, err)
	}
	t.Cleanup(func() { _ = syscall.Unmount(dir, syscall.MNT_DETACH) })
	ballast := filepath.Join(dir, "ballast")
	return disk{
		dir: dir,
		spoil: func() {
			if out, err := exec.Command("dd", "if=/dev/zero", "of="+ballast, "bs=4k").CombinedOutput(); err == nil {
				t.Errorf("the disk does not fill: %s", out)
			}
		},
		heal: func() { _ = os.Remove(ballast) },
	}
}

// failing is a disk of which some operations fail.
func failing(fail func(*badDisk)) func(*testing.T) disk {
	return func(t *testing.T) disk {
		d, err := mountBadDisk(t)
		if err != nil {
			cannot(t, err)
		}
		return disk{dir: d.dir, spoil: func() { fail(d) }, heal: d.heal}
	}
}

// A driver's two messages, with the disk going bad between them: what was
// acknowledged is kept, the service says that it is not ready, the driver reads
// a sentence, and all goes on as soon as the disk does.
func TestDisk(t *testing.T) {
	if testing.Short() {
		t.Skip("runs the program for seconds")
	}
	binary := buildProgram(t, "")
	for _, tt := range []struct {
		name   string
		disk   func(*testing.T) disk
		logged string
		reads  string // what the driver reads meanwhile
	}{
		{"full", failing(func(d *badDisk) { d.write.Store(int32(syscall.ENOSPC)) }), "storage: full", "暂时无法保存"},
		{"over quota", failing(func(d *badDisk) { d.write.Store(int32(syscall.EDQUOT)) }), "storage: full", "暂时无法保存"},
		{"read-only", failing(func(d *badDisk) { d.write.Store(int32(syscall.EROFS)) }), "read-only file system", "服务出了问题"},
		{"errors of input and output", failing(func(d *badDisk) { d.write.Store(int32(syscall.EIO)) }), "input/output error", "服务出了问题"},
		{"errors of syncing", failing(func(d *badDisk) { d.sync.Store(int32(syscall.EIO)) }), "input/output error", "服务出了问题"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			d := tt.disk(t)
			r := newDiskRig(t, binary, d.dir)
			stop := r.last()
			defer func() { stop() }()
			r.isReady(http.StatusOK)
			r.wants("查违章 苏E54321", "需要：")

			d.spoil()
			r.isReady(http.StatusServiceUnavailable)
			r.wants("发动机号123456 车架号654321", tt.reads)
			until(t, "the log says "+tt.logged, func() bool {
				log := r.log.String()
				return strings.Contains(log, tt.logged) && strings.Contains(log, `"event":"unready"`)
			})
			if n := r.o.juhe.Meter().Queries; n != 0 {
				t.Errorf("asked %d times while nothing can be written down", n)
			}

			d.heal()
			r.isReady(http.StatusOK)
			until(t, "the log says that it is well", func() bool { return strings.Contains(r.log.String(), "the store can write again") })
			r.wants("发动机号123456 车架号654321", "查询时间") // the form is where it was
			if n := r.o.juhe.Meter().Queries; n != 1 {
				t.Errorf("asked %d times, want once", n)
			}
		})
	}
}

// A small disk that something else fills: what the file has room for is still
// taken; once a message does not fit, its sender reads so and the service is
// not ready, until there is room again.
func TestDiskFills(t *testing.T) {
	if testing.Short() {
		t.Skip("runs the program for seconds")
	}
	d := fullDisk(t)
	r := newDiskRig(t, buildProgram(t, ""), d.dir)
	stop := r.last()
	defer func() { stop() }()
	r.isReady(http.StatusOK)
	r.wants("查违章 苏E54321", "需要：")
	d.spoil()
	refused := func() bool { return strings.Contains(r.all(), "暂时无法保存") }
	// New people need new room: what the journal has is taken, for a second.
	for person := 0; person < 700 && !refused(); person++ {
		r.driver.openid = fmt.Sprintf("oCanary5678901234567890%04d", person)
		r.driver.say(t.Context(), "查违章 苏E54321")
	}
	if !refused() {
		t.Fatal("the disk takes everything")
	}
	r.isReady(http.StatusServiceUnavailable)
	if log := r.log.String(); !strings.Contains(log, "storage: full") || !strings.Contains(log, `"event":"unready"`) {
		t.Errorf("the log does not say so:\n%s", log)
	}
	d.heal()
	r.isReady(http.StatusOK)
	r.driver.openid = aDriver
	r.wants("发动机号123456 车架号654321", "查询时间")
}

// A disk that goes bad while a query is out: what was paid for is not lost, and
// not paid again.
func TestDiskFailsWhileAQueryIsOut(t *testing.T) {
	if testing.Short() {
		t.Skip("runs the program for seconds")
	}
	binary := buildProgram(t, "")
	for name, make := range map[string]func(*testing.T) disk{
		"full":   failing(func(d *badDisk) { d.write.Store(int32(syscall.ENOSPC)) }),
		"errors": failing(func(d *badDisk) { d.write.Store(int32(syscall.EIO)) }),
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			d := make(t)
			r := newDiskRig(t, binary, d.dir)
			stop := r.last()
			defer func() { stop() }()
			r.isReady(http.StatusOK)
			r.wants("查违章 苏E54321", "需要：")
			r.o.juhe.Set(juhetest.Faults{Endpoint: "query", Latency: 2 * time.Second})
			asked := r.sends("发动机号123456 车架号654321")
			until(t, "the query is out", func() bool { return r.asked.of("苏E54321") == 1 })
			d.spoil()
			r.isReady(http.StatusServiceUnavailable)
			pause(t.Context(), 2500*time.Millisecond) // the answer is back, and cannot be written down
			d.heal()
			<-asked
			until(t, "the answer reaches the driver", func() bool {
				return strings.Contains(r.all(), "查询时间")
			})
			if m := r.o.juhe.Meter(); m.Queries != 1 {
				t.Errorf("asked %d times, want once", m.Queries)
			}
		})
	}
}

// A store that cannot be opened: one line says so, with its path and the cause,
// and the program does not start.
func TestDiskAtTheStart(t *testing.T) {
	if testing.Short() {
		t.Skip("runs the program for seconds")
	}
	binary := buildProgram(t, "")
	for _, tt := range []struct {
		name  string
		disk  func(*testing.T) disk
		spoil func(t *testing.T, file string)
		want  string
	}{
		{"full", fullDisk, nil, "storage: full"},
		{"read-only", failing(func(d *badDisk) { d.write.Store(int32(syscall.EROFS)) }), nil, "read-only file system"},
		{"errors of writing", failing(func(d *badDisk) { d.write.Store(int32(syscall.EIO)) }), nil, "input/output error"},
		{"errors of reading", failing(func(d *badDisk) { d.read.Store(int32(syscall.EIO)) }), nil, "or the disk fails"},
		{"a truncated file", nil, func(t *testing.T, file string) { truncate(t, file) }, "storage: corrupt"},
		{"bits turned in what is used", nil, func(t *testing.T, file string) { flip(t, file) }, "storage: corrupt"},
		{"not its own file", nil, func(t *testing.T, file string) { replace(t, file) }, "storage: corrupt"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			d := disk{dir: t.TempDir(), spoil: func() {}, heal: func() {}}
			if tt.disk != nil {
				d = tt.disk(t)
			}
			r := newDiskRig(t, binary, d.dir)
			if tt.spoil != nil {
				r.last()() // makes the file
				tt.spoil(t, filepath.Join(d.dir, "bot.db"))
			}
			d.spoil()
			p := r.start("")
			select {
			case <-p.gone:
			case <-p.ready:
				t.Fatal("it serves")
			}
			log := p.log.String()
			if p.cmd.ProcessState.ExitCode() != exitFailed || !strings.Contains(log, "weizhangbot: storage: ") ||
				!strings.Contains(log, tt.want) || !strings.Contains(log, "bot.db") || strings.Contains(log, "goroutine ") {
				t.Errorf("exit code %d:\n%s", p.cmd.ProcessState.ExitCode(), log)
			}
			if tt.spoil != nil {
				return
			}
			d.heal()
			r.last()()
		})
	}
}

// A file that is damaged while it is in use: the program says so and ends, for
// nothing can be trusted then; with the file put back it goes on where it was.
func TestFileDamagedWhileRunning(t *testing.T) {
	if testing.Short() {
		t.Skip("runs the program for seconds")
	}
	binary := buildProgram(t, "")
	for name, spoil := range map[string]func(*testing.T, string){"truncated": truncate, "bits turned": flip} {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			file := filepath.Join(dir, "bot.db")
			r := newDiskRig(t, binary, dir)
			stop := r.last()
			r.isReady(http.StatusOK)
			r.wants("查违章 苏E54321", "需要：")
			stop()
			good, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}

			p := r.start("")
			<-p.ready
			spoil(t, file)
			<-p.gone
			if log := p.log.String(); p.cmd.ProcessState.ExitCode() != exitFailed || !strings.Contains(log, "storage: corrupt") ||
				strings.Contains(log, "nil pointer") || strings.Contains(log, "goroutine ") {
				t.Errorf("it ended with %d, and does not say why:\n%s", p.cmd.ProcessState.ExitCode(), log)
			}

			if err := os.WriteFile(file, good, 0o600); err != nil {
				t.Fatal(err)
			}
			stop = r.last()
			r.isReady(http.StatusOK)
			r.wants("发动机号123456 车架号654321", "查询时间")
			stop()
		})
	}
}

func truncate(t *testing.T, file string) {
	t.Helper()
	if err := os.Truncate(file, 8192); err != nil {
		t.Fatal(err)
	}
}

// flip turns the first bits of every page behind the two that say where all
// else is.
func flip(t *testing.T, file string) {
	t.Helper()
	f, err := os.OpenFile(file, os.O_RDWR, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		t.Fatal(err)
	}
	for at := int64(8192); at < info.Size(); at += 4096 {
		b := make([]byte, 16)
		if _, err := f.ReadAt(b, at); err != nil {
			t.Fatal(err)
		}
		for i := range b {
			b[i] ^= 0x10
		}
		if _, err := f.WriteAt(b, at); err != nil {
			t.Fatal(err)
		}
	}
}

func replace(t *testing.T, file string) {
	t.Helper()
	if err := os.WriteFile(file, []byte(strings.Repeat("plate,city\n", 10_000)), 0o600); err != nil {
		t.Fatal(err)
	}
}

// A diskRig is the program with its store on a disk, and one driver.
type diskRig struct {
	*crashRig
	driver *inWeChat
}

func newDiskRig(t *testing.T, binary, dir string) *diskRig {
	r := &diskRig{crashRig: newCrashRig(t, binary)}
	r.section = never + withSafe
	r.environ = append(impatient(), "WEIZHANG_STORAGE_PATH="+filepath.Join(dir, "bot.db"),
		"WEIZHANG_STORAGE_ENCRYPTION_KEY="+base64.StdEncoding.EncodeToString([]byte("0123456789abcdef0123456789abcdef")))
	r.driver = &inWeChat{api: r.o.wechat, openid: aDriver, platform: &wechattest.Platform{
		URL: r.front.URL + "/wechat", Account: "gh_0123456789ab", AppID: wxAppID, Token: wxToken, AESKey: wxAESKey,
		Mode: wechattest.Safe, API: r.o.wechat,
	}}
	return r
}

// isReady waits until /readyz says so.
func (r *diskRig) isReady(want int) {
	r.t.Helper()
	deadline := time.Now().Add(60 * time.Second)
	for {
		got := 0
		if resp, err := http.Get(r.front.URL + readyPath); err == nil {
			got = resp.StatusCode
			_ = resp.Body.Close()
		}
		if got == want {
			return
		}
		if time.Now().After(deadline) {
			r.t.Fatalf("/readyz is %d, want %d:\n%s", got, want, r.log)
		}
		pause(r.t.Context(), 50*time.Millisecond)
	}
}

// all is everything that the driver has read.
func (r *diskRig) all() string {
	var b strings.Builder
	for _, one := range r.driver.read() {
		b.WriteString(one.text + "\n")
	}
	return b.String()
}

// wants says something, and wants these words in what comes back.
func (r *diskRig) wants(said, words string) {
	r.t.Helper()
	before := len(r.all())
	ctx, cancel := context.WithTimeout(r.t.Context(), 60*time.Second)
	defer cancel()
	r.driver.say(ctx, said)
	if got := r.all()[before:]; !strings.Contains(got, words) {
		r.t.Errorf("%s: the driver reads %q, want %q", said, got, words)
	}
}

// sends says something, and waits for its delivery elsewhere.
func (r *diskRig) sends(said string) (done chan struct{}) {
	done = make(chan struct{})
	go func() {
		defer close(done)
		r.driver.say(r.t.Context(), said)
	}()
	return done
}
