package main

import (
	"bufio"
	"bytes"
	"crypto/x509"
	"debug/elf"
	"encoding/json"
	"encoding/pem"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// The image without Docker: what the Dockerfile would build is built, what it
// would copy is laid out, and the program runs in there as the image's user, on
// a root that it cannot write to.
func TestImage(t *testing.T) {
	if testing.Short() {
		t.Skip("builds the release")
	}
	c := newContainer(t)
	t.Run("holds what it says", c.holdsWhatItSays)
	t.Run("knows its version", c.knowsItsVersion)
	t.Run("demo", c.demo)
	t.Run("serve", c.serve)
	t.Run("trusts public authorities only", c.trustsPublicAuthoritiesOnly)
}

// A container is a directory that programs run in.
type container struct {
	image image
	root  string   // on this machine
	enter []string // what a command line begins with to run in there
}

// Invented names for a release.
const (
	aVersion = "v9.8.7"
	aCommit  = "55c8da6a0b1c2d3e4f5061728394a5b6c7d8e9f0"
	aDate    = "2026-11-26T04:11:09Z"
)

func newContainer(t *testing.T) *container {
	t.Helper()
	c := &container{image: readImage(t), root: filepath.Join(t.TempDir(), "root")}
	c.enter = c.entrance(t)
	out := c.build(t)
	for _, in := range c.image.all("COPY") {
		c.copy(t, in, out)
	}
	// Docker makes the places that are mounted.
	for _, dir := range []string{"run/secrets", "proc"} {
		if err := os.MkdirAll(filepath.Join(c.root, dir), 0o755); err != nil { //nolint:gosec // as Docker does
			t.Fatal(err)
		}
	}
	// Whatever the umask, as in an image.
	err := filepath.WalkDir(c.root, func(name string, d fs.DirEntry, err error) error {
		if err != nil || !d.IsDir() {
			return err
		}
		return os.Chmod(name, 0o755) //nolint:gosec // as in an image
	})
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// build runs the first stage, in a directory of its own in place of its WORKDIR,
// and returns what takes the place of /out. Modules are this machine's: the tests
// are made of the same.
func (c *container) build(t *testing.T) (out string) {
	t.Helper()
	src := filepath.Join(t.TempDir(), "src")
	for _, name := range buildContext(t) {
		copyFile(t, filepath.Join(root, name), filepath.Join(src, name), 0o644)
	}
	out = t.TempDir()
	for _, in := range c.image.build {
		if in.name != "RUN" || in.text == "go mod download" {
			continue
		}
		cmd := exec.CommandContext(t.Context(), "sh", "-c", "umask 022; "+strings.ReplaceAll(in.text, "/out", out))
		cmd.Dir = src
		cmd.Env = append(os.Environ(), "GOFLAGS=", "GOPROXY=off", "TARGETOS=linux", "VERSION="+aVersion, "COMMIT="+aCommit, "DATE="+aDate)
		if said, err := cmd.CombinedOutput(); err != nil {
			t.Fatalf("RUN %s: %v\n%s", in.text, err, said)
		}
	}
	return out
}

// copy does what COPY does with one file or one directory.
func (c *container) copy(t *testing.T, in instruction, out string) {
	t.Helper()
	from, to := in.args[0], filepath.Join(c.root, in.args[1])
	switch {
	case strings.HasPrefix(from, "/out/"):
		from = filepath.Join(out, strings.TrimPrefix(from, "/out/"))
	case in.flags["from"] == "": // else the base image's, for which this machine stands in
		from = filepath.Join(root, from)
	}
	info, err := os.Stat(from)
	if err != nil {
		t.Fatalf("COPY %s: %v", in.text, err)
	}
	if info.IsDir() {
		if err := os.CopyFS(to, os.DirFS(from)); err != nil {
			t.Fatal(err)
		}
		c.own(t, in, to)
		return
	}
	mode := info.Mode().Perm()
	if octal := in.flags["chmod"]; octal != "" {
		n, err := strconv.ParseUint(octal, 8, 32)
		if err != nil {
			t.Fatal(err)
		}
		mode = fs.FileMode(n)
	}
	if strings.HasSuffix(in.args[1], "/") {
		to = filepath.Join(to, path.Base(in.args[0]))
	}
	copyFile(t, from, to, mode)
}

// own gives a directory to the image's user. Who is not root may not, and need
// not: in the namespace the user is who runs the test.
func (c *container) own(t *testing.T, in instruction, dir string) {
	t.Helper()
	if in.flags["chown"] == "" || os.Getuid() != 0 {
		return
	}
	user := int(c.image.user(t))
	if err := os.Chown(dir, user, user); err != nil {
		t.Fatal(err)
	}
}

func copyFile(t *testing.T, from, to string, mode fs.FileMode) {
	t.Helper()
	b, err := os.ReadFile(from)
	if err == nil {
		err = os.MkdirAll(filepath.Dir(to), 0o755) //nolint:gosec // as in an image
	}
	if err == nil {
		err = os.WriteFile(to, b, mode)
	}
	if err == nil {
		err = os.Chmod(to, mode) // whatever the umask
	}
	if err != nil {
		t.Fatal(err)
	}
}

// readOnly has the shell see the directory $1 as a container would: read-only but
// for the volume $2. What follows them is run.
const readOnly = `set -e
mount --bind "$1" "$1"
mount --bind "$1$2" "$1$2"
mount -o remount,bind,ro "$1"
shift 2
exec "$@"`

// entrance is how to run something in the root as the image's user: by root in a
// mount namespace, by others in a user namespace.
func (c *container) entrance(t *testing.T) []string {
	t.Helper()
	user, volume := fmt.Sprint(c.image.user(t)), c.image.the(t, "VOLUME")
	unshare, inside := []string{"unshare", "-m"}, []string{"chroot", "--userspec=" + user + ":" + user, c.root}
	if os.Getuid() != 0 {
		unshare, inside = []string{"unshare", "-Urm"}, []string{"unshare", "-U", "--map-user=" + user, "--map-group=" + user, "-R", c.root}
	}
	if said, err := exec.CommandContext(t.Context(), unshare[0], append(unshare[1:], "mount", "--bind", t.TempDir(), t.TempDir())...).CombinedOutput(); err != nil {
		t.Skipf("cannot be tested here: no namespaces: %v: %s", err, bytes.TrimSpace(said))
	}
	return slices.Concat(unshare, []string{"sh", "-c", readOnly, "sh", c.root, volume}, inside)
}

// command is the program in the image with these arguments and this environment
// beside the image's.
func (c *container) command(t *testing.T, environ []string, args ...string) *exec.Cmd {
	t.Helper()
	line := slices.Concat(c.enter, c.image.command(t, "ENTRYPOINT"), args)
	cmd := exec.Command(line[0], line[1:]...)
	cmd.Env = slices.Concat([]string{"PATH=" + os.Getenv("PATH")}, c.image.environ(), environ)
	return cmd
}

// runs wants an exit code, and returns both outputs.
func (c *container) runs(t *testing.T, code int, environ []string, args ...string) string {
	t.Helper()
	got, out := c.try(t, environ, args...)
	if got != code {
		t.Errorf("%v: exit code %d, want %d:\n%s", args, got, code, out)
	}
	return out
}

func (c *container) try(t *testing.T, environ []string, args ...string) (code int, out string) {
	t.Helper()
	cmd := c.command(t, environ, args...)
	both, err := cmd.CombinedOutput()
	if exit := new(exec.ExitError); err != nil && !errors.As(err, &exit) {
		t.Fatal(err)
	}
	return cmd.ProcessState.ExitCode(), string(both)
}

// files are those of the root, with their modes, but for the volume's.
func (c *container) files(t *testing.T) map[string]fs.FileMode {
	t.Helper()
	files := map[string]fs.FileMode{}
	err := filepath.WalkDir(c.root, func(name string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		info, err := d.Info()
		rel, _ := filepath.Rel(c.root, name)
		if !strings.HasPrefix("/"+rel, c.image.the(t, "VOLUME")+"/") {
			files["/"+rel] = info.Mode()
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return files
}

const (
	imageBundle  = "/etc/ssl/certs/ca-certificates.crt"
	imageProgram = "/usr/local/bin/weizhangbot"
	imageConfig  = "/etc/weizhangbot/config.yaml"
)

func (c *container) holdsWhatItSays(t *testing.T) {
	want := map[string]fs.FileMode{imageBundle: 0o644, imageProgram: 0o755, imageConfig: 0o644}
	if diff := cmp.Diff(want, c.files(t)); diff != "" {
		t.Error(diff)
	}
	program, err := elf.Open(filepath.Join(c.root, imageProgram))
	if err != nil {
		t.Fatal(err)
	}
	defer program.Close()
	for _, p := range program.Progs {
		if p.Type == elf.PT_INTERP || p.Type == elf.PT_DYNAMIC {
			t.Errorf("the program is not static: it has a %v", p.Type)
		}
	}
	bundle := contents(t, filepath.Join(c.root, imageBundle))
	roots := 0
	for block, rest := pem.Decode([]byte(bundle)); block != nil; block, rest = pem.Decode(rest) {
		if _, err := x509.ParseCertificate(block.Bytes); err == nil {
			roots++
		}
	}
	if roots < 100 {
		t.Errorf("%d authorities, want over 100", roots)
	}
}

func (c *container) knowsItsVersion(t *testing.T) {
	var got buildInfo
	if err := json.Unmarshal([]byte(c.runs(t, exitFine, nil, "version", "--json")), &got); err != nil {
		t.Fatal(err)
	}
	if got.Version != aVersion || got.Commit != aCommit || got.Time != aDate || got.OS != "linux" || got.Modified {
		t.Errorf("%+v", got)
	}
}

// launch starts a server in the container and returns the first word of its
// output, which is its address; stop wants a good end.
func (c *container) launch(t *testing.T, environ []string, args ...string) (address string, log *journal, stop func()) {
	t.Helper()
	cmd, log := c.command(t, environ, args...), &journal{}
	cmd.Stderr = log
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = cmd.Process.Kill() }) // of a test that ended before stop
	lines := bufio.NewReader(out)
	line, err := lines.ReadString('\n')
	if err != nil {
		t.Fatalf("%v: %v\n%s", args, cmd.Wait(), log)
	}
	address, _, _ = strings.Cut(strings.TrimSpace(line), " ")
	return address, log, func() {
		if err := cmd.Process.Signal(syscall.SIGTERM); err != nil {
			t.Error(err)
		}
		_, _ = lines.WriteTo(log)
		if err := cmd.Wait(); err != nil {
			t.Errorf("%v: %v\n%s", args, err, log)
		}
	}
}

func (c *container) demo(t *testing.T) {
	page, _, stop := c.launch(t, nil, "demo", "--listen", "127.0.0.1:0")
	events, err := http.Get(page + "events?user=li")
	if err != nil {
		t.Fatal(err)
	}
	defer events.Body.Close()
	lines := bufio.NewScanner(events.Body)
	say(t, page, "a", "查违章 沪C12345")
	expect(t, lines, "发动机号")
	say(t, page, "b", "发动机号123456 车架号654321")
	expect(t, lines, "待交罚款")
	stop()
	if left, err := os.ReadDir(filepath.Join(c.root, c.image.the(t, "VOLUME"))); err != nil || len(left) > 0 {
		t.Errorf("left behind: %v (%v)", left, err)
	}
}

// As with Compose: the image's own configuration, the rest by variables, secrets
// in files, and the health that the image asks for.
func (c *container) serve(t *testing.T) {
	o := newOutside(t)
	before := c.files(t)
	secrets := map[string]string{"juhe_key": juheKey, "telegram_token": tgToken}
	for _, name := range slices.Sorted(maps.Keys(secrets)) {
		copyFile(t, c.secret(t, secrets[name]), filepath.Join(c.root, "run/secrets", name), 0o444)
	}
	// An address of this machine that nobody else uses, so that the port may be one
	// that is known beforehand.
	listen := fmt.Sprintf("127.%d.%d.%d:8080", 64+os.Getpid()>>16&63, os.Getpid()>>8&255, os.Getpid()&255)
	environ := []string{
		"WEIZHANG_SERVER_LISTEN=" + listen, "WEIZHANG_SERVER_ADMIN_LISTEN=127.0.0.1:0",
		"WEIZHANG_JUHE_KEY_FILE=/run/secrets/juhe_key", "WEIZHANG_JUHE_BASE_URL=" + o.juheURL + "/sweizhang",
		"WEIZHANG_TELEGRAM_TOKEN_FILE=/run/secrets/telegram_token", "WEIZHANG_TELEGRAM_API_BASE=" + o.telegramURL,
		"WEIZHANG_PUSH_TIMEZONE=Asia/Shanghai", // which is nowhere but in the program
	}
	health := c.image.command(t, "HEALTHCHECK")[1:]
	if got := c.runs(t, exitFailed, environ, health...); !strings.Contains(got, "connection refused") {
		t.Errorf("nobody serves yet, and the health is %q", got)
	}
	address, log, stop := c.launch(t, environ, c.image.command(t, "CMD")...)
	if address != "http://"+listen {
		t.Errorf("serves at %s, want %s", address, listen)
	}
	o.telegram.Say(42, "/query 沪C12345")
	o.reads("发动机号")
	o.telegram.Say(42, "发动机号123456 车架号654321")
	o.reads("待交罚款")
	until(t, "the health of a running serve is good", func() bool {
		code, out := c.try(t, environ, health...)
		return code == exitFine && out == "ready\n"
	})
	stop()
	if strings.Contains(log.String(), "anary") {
		t.Errorf("a secret in the log:\n%s", log)
	}
	c.runs(t, exitFailed, append(environ, "WEIZHANG_PUSH_TIMEZONE=Nowhere/City"), health...) // control: zones are looked up

	volume := c.image.the(t, "VOLUME")
	for _, name := range []string{"weizhangbot.db", "weizhangbot.db.key", "weizhangbot.db.people"} {
		info, err := os.Stat(filepath.Join(c.root, volume, name))
		if err != nil || info.Mode().Perm() != 0o600 {
			t.Errorf("%s: %v, %v", name, info, err)
			continue
		}
		if owner := info.Sys().(*syscall.Stat_t).Uid; os.Getuid() == 0 && owner != c.image.user(t) {
			t.Errorf("%s belongs to %d", name, owner)
		}
	}
	for name := range secrets {
		before["/run/secrets/"+name] = 0o444
	}
	if diff := cmp.Diff(before, c.files(t)); diff != "" {
		t.Errorf("written outside of the volume: %s", diff)
	}
	// Control: there is a volume because nothing else can be written to.
	if got := c.runs(t, exitFailed, append(environ, "WEIZHANG_STORAGE_PATH=/etc/weizhangbot/bot.db"), c.image.command(t, "CMD")...); !strings.Contains(got, "read-only file system") {
		t.Errorf("a store on the root: %s", got)
	}
}

// secret is a file with a secret, and the line end that an editor adds.
func (c *container) secret(t *testing.T, text string) string {
	t.Helper()
	name := filepath.Join(t.TempDir(), "secret")
	if err := os.WriteFile(name, []byte(text+"\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	return name
}

// A server with a certificate of nobody's is refused, until the bundle of the
// image has its issuer: so that it is this bundle that decides.
func (c *container) trustsPublicAuthoritiesOnly(t *testing.T) {
	s := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { respond(w, http.StatusOK, "ready") }))
	s.Config.ErrorLog = standardLog(silent()) // it is to be refused
	s.StartTLS()
	defer s.Close()
	if got := c.runs(t, exitFailed, nil, "health", "--url", s.URL, "--timeout", "30s"); !strings.Contains(got, "certificate signed by unknown authority") {
		t.Errorf("unknown authority: %s", got)
	}
	bundle := filepath.Join(c.root, imageBundle)
	issuer := pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: s.Certificate().Raw})
	if err := os.WriteFile(bundle, append([]byte(contents(t, bundle)), issuer...), 0o644); err != nil { //nolint:gosec // as it was
		t.Fatal(err)
	}
	if got := c.runs(t, exitFine, nil, "health", "--url", s.URL, "--timeout", "30s"); got != "ready\n" {
		t.Errorf("known authority: %s", got)
	}
}
