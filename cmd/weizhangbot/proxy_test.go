package main

import (
	"bytes"
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"fmt"
	"io"
	"math/big"
	"net"
	"net/http"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"runtime"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/weizhangbot/weizhangbot/bot/wechat/wechattest"
	"github.com/weizhangbot/weizhangbot/juhe/juhetest"
)

// fenced is the only block of that language in the README.
func fenced(t *testing.T, language, contains string) string {
	t.Helper()
	var found []string
	for _, m := range regexp.MustCompile("(?ms)^```"+language+"\n(.*?)^```$").FindAllStringSubmatch(contents(t, root+"/README.md"), -1) {
		if strings.Contains(m[1], contains) {
			found = append(found, m[1])
		}
	}
	if len(found) != 1 {
		t.Fatalf("%d blocks of %s with %q in the README, want one", len(found), language, contains)
	}
	return found[0]
}

// needed is the path of a program. Without it the test is left out; the gate has
// it, and so fails.
func needed(t *testing.T, program string) string {
	t.Helper()
	path, err := exec.LookPath(program)
	if err != nil { // where Debian has nginx, and an ordinary PATH does not look
		path, err = exec.LookPath("/usr/sbin/" + program)
	}
	switch {
	case err == nil:
		return path
	case os.Getenv("CI") == "true":
		t.Fatal(err)
	}
	t.Skip(err)
	return ""
}

// A proxy is a reverse proxy before a serve, as the README sets it up.
type proxy struct {
	t       *testing.T
	dir     string
	behind  string // http://127.0.0.1:…
	address string // 127.0.0.1:…, where it listens
	trusted *x509.CertPool
	said    journal
}

// replaced puts what differs on this machine into a text: each of it is there.
func (p *proxy) replaced(text string, pairs ...string) string {
	p.t.Helper()
	for i := 0; i < len(pairs); i += 2 {
		if !strings.Contains(text, pairs[i]) {
			p.t.Fatalf("no %q in\n%s", pairs[i], text)
		}
		text = strings.ReplaceAll(text, pairs[i], pairs[i+1])
	}
	return text
}

// nginx starts nginx with the README's file for conf.d.
func (p *proxy) nginx() *exec.Cmd {
	const live = "/etc/letsencrypt/live/your.host/"
	server := p.replaced(fenced(p.t, "nginx", "server_name"), "listen 443 ssl;", "listen "+p.address+" ssl;",
		live+"fullchain.pem", filepath.Join(p.dir, "cert.pem"), live+"privkey.pem", filepath.Join(p.dir, "key.pem"), "http://127.0.0.1:8080", p.behind)
	whole := "daemon off;\nworker_processes 1;\npid nginx.pid;\nevents {}\n"
	if os.Getuid() == 0 {
		whole = "user root root;\n" + whole // so that it reads this test's files
	}
	whole += "http {\n"
	for _, of := range []string{"client_body", "proxy", "fastcgi", "uwsgi", "scgi"} {
		whole += of + "_temp_path temp;\n"
	}
	writeFile(p.t, filepath.Join(p.dir, "nginx.conf"), whole+server+"}\n")
	return exec.Command(needed(p.t, "nginx"), "-p", p.dir, "-e", "stderr", "-c", "nginx.conf") //nolint:noctx // ended by close, in order
}

// caddy starts Caddy with the README's Caddyfile.
func (p *proxy) caddy() *exec.Cmd {
	site := p.replaced(fenced(p.t, "caddyfile", "reverse_proxy"), "your.host {\n",
		"https://your.host:"+p.port()+" {\nbind 127.0.0.1\ntls cert.pem key.pem\n", "127.0.0.1:8080", strings.TrimPrefix(p.behind, "http://"))
	writeFile(p.t, filepath.Join(p.dir, "Caddyfile"), "{\nadmin off\nauto_https disable_redirects\n}\n"+site)
	cmd := exec.Command(needed(p.t, "caddy"), "run", "--config", "Caddyfile", "--adapter", "caddyfile") //nolint:noctx // ended by close, in order
	cmd.Env = append(os.Environ(), "HOME="+p.dir, "XDG_DATA_HOME="+p.dir, "XDG_CONFIG_HOME="+p.dir)
	return cmd
}

func (p *proxy) port() string {
	_, port, err := net.SplitHostPort(p.address)
	if err != nil {
		p.t.Fatal(err)
	}
	return port
}

// start runs the proxy until the test ends.
func (p *proxy) start(command func(*proxy) *exec.Cmd) {
	p.t.Helper()
	free, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		p.t.Fatal(err)
	}
	p.address = free.Addr().String()
	p.certify()
	cmd := command(p)
	cmd.Dir, cmd.Stdout, cmd.Stderr = p.dir, &p.said, &p.said
	_ = free.Close()
	if err := cmd.Start(); err != nil {
		p.t.Fatal(err)
	}
	ended := make(chan error, 1)
	go func() { ended <- cmd.Wait() }()
	p.t.Cleanup(func() {
		_ = cmd.Process.Signal(syscall.SIGTERM)
		<-ended
	})
	until(p.t, "the proxy listens", func() bool {
		select {
		case err := <-ended:
			ended <- err
			p.t.Fatalf("the proxy ended: %v\n%s", err, &p.said)
		default:
		}
		c, err := net.Dial("tcp", p.address)
		if err == nil {
			_ = c.Close()
		}
		return err == nil
	})
}

// certify makes the certificate of your.host.
func (p *proxy) certify() {
	p.t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		p.t.Fatal(err)
	}
	c := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "your.host"}, DNSNames: []string{"your.host"},
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour), IsCA: true, BasicConstraintsValid: true,
		KeyUsage: x509.KeyUsageDigitalSignature | x509.KeyUsageCertSign, ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth},
	}
	cert, err := x509.CreateCertificate(rand.Reader, c, c, &key.PublicKey, key)
	if err != nil {
		p.t.Fatal(err)
	}
	private, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		p.t.Fatal(err)
	}
	public := pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: cert})
	writeFile(p.t, filepath.Join(p.dir, "cert.pem"), string(public))
	writeFile(p.t, filepath.Join(p.dir, "key.pem"), string(pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: private})))
	p.trusted = x509.NewCertPool()
	p.trusted.AppendCertsFromPEM(public)
}

// client comes from another address than the proxy's own.
func (p *proxy) client() *http.Client {
	from := &net.Dialer{Timeout: 10 * time.Second, LocalAddr: &net.TCPAddr{IP: net.IPv4(127, 0, 0, 2)}}
	return &http.Client{Timeout: 30 * time.Second, Transport: &http.Transport{
		DisableKeepAlives: true,
		TLSClientConfig:   &tls.Config{RootCAs: p.trusted, MinVersion: tls.VersionTLS12},
		DialContext: func(ctx context.Context, network, _ string) (net.Conn, error) {
			return from.DialContext(ctx, network, p.address)
		},
	}}
}

// send sends a request to a path of your.host.
func (p *proxy) send(method, path string, body io.Reader, headers ...string) (status int, answer string) {
	p.t.Helper()
	req, err := http.NewRequestWithContext(p.t.Context(), method, "https://your.host"+path, body)
	if err != nil {
		p.t.Fatal(err)
	}
	for i := 0; i < len(headers); i += 2 {
		req.Header.Set(headers[i], headers[i+1])
	}
	resp, err := p.client().Do(req)
	if err != nil {
		p.t.Fatalf("%s %s: %v\n%s", method, path, err, &p.said)
	}
	defer func() { _ = resp.Body.Close() }()
	text, err := io.ReadAll(resp.Body)
	if err != nil {
		p.t.Errorf("%s %s: %v", method, path, err)
	}
	return resp.StatusCode, string(text)
}

// What the README tells to put in front of the bot lets the platforms through, in
// time, and nobody else to anything else.
func TestReverseProxies(t *testing.T) {
	t.Parallel()
	if runtime.GOOS != "linux" {
		t.Skip("only Linux has a second address for this machine")
	}
	for name, command := range map[string]func(*proxy) *exec.Cmd{"nginx": (*proxy).nginx, "caddy": (*proxy).caddy} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			needed(t, name)
			o := newOutside(t)
			r := o.serveWith([]string{"WEIZHANG_SERVER_TRUSTED_PROXIES=127.0.0.1"}, withSafe,
				"telegram: {token: '"+tgToken+"', api_base: 'TELEGRAM', mode: webhook, webhook_url: 'https://your.host/telegram', webhook_secret: "+tgSecret+"}\n",
				"limits: {refusals_per_address_per_minute: 60}\n")
			until(t, "the webhook is set", func() bool { return len(o.telegram.Calls("setWebhook")) > 0 })
			p := &proxy{t: t, dir: t.TempDir(), behind: r.url}
			p.start(command)
			p.letsPlatformsIn(o, r)
			p.hidesTheRest()
			p.boundsBodies(r)
			p.tellsWhoKnocks(r)
			r.end()
		})
	}
}

func (p *proxy) letsPlatformsIn(o *outside, r *running) {
	t := p.t
	if status, echo := p.send(http.MethodGet, "/wechat?"+signedNow()+"&echostr=4711", nil); status != http.StatusOK || echo != "4711" {
		t.Errorf("the check of the address: %d %q", status, echo)
	}
	platform := o.platform(r, wechattest.Safe)
	platform.URL, platform.Client = "https://your.host/wechat", p.client()
	got, err := platform.Deliver(t.Context(), aDriver, wechattest.Text("帮助"))
	if err != nil || got.Banner != "" || !strings.Contains(got.Text, "查违章") {
		t.Errorf("a message: %+v, %v", got, err)
	}
	// The police take longer than WeChat waits, twice: what the driver reads
	// meanwhile must not lie in a buffer.
	o.juhe.Set(juhetest.Faults{Endpoint: "query", Latency: 12 * time.Second})
	got, err = platform.Deliver(t.Context(), aDriver, wechattest.Text("查违章 沪C12345 发动机号123456 车架号654321"))
	if err != nil || got.Tries > 2 || !strings.Contains(got.Text, "正在查询") {
		t.Errorf("a slow query: %+v, %v", got, err)
	}
	o.juhe.Set(juhetest.Faults{})

	update := `{"update_id":1,"message":{"message_id":1,"date":1,"text":"/query 沪C54321","chat":{"id":42,"type":"private"},"from":{"id":42,"is_bot":false,"first_name":"x","language_code":"zh"}}}`
	o.telegram.Send(42, "zh", map[string]any{"text": "只是让这个人存在"})
	for secret, want := range map[string]int{"guessed": http.StatusUnauthorized, tgSecret: http.StatusOK} {
		status, _ := p.send(http.MethodPost, "/telegram", strings.NewReader(update), "X-Telegram-Bot-Api-Secret-Token", secret, "Content-Type", "application/json")
		if status != want {
			t.Errorf("an update with another secret, or the right one: %d, want %d", status, want)
		}
	}
	o.reads("发动机号")
}

func (p *proxy) hidesTheRest() {
	for _, path := range []string{
		"/", "/metrics", "/debug/pprof/", "/backup", "/unread.jsonl", "/costs", "/healthz", "/readyz", "/wechat/", "/telegram/x",
		"/wechat/../metrics", "/wechat/%2e%2e/readyz", "//readyz", "/%72eadyz",
	} {
		if status, text := p.send(http.MethodGet, path, nil); status != http.StatusNotFound || strings.Contains(text, "weizhang") {
			p.t.Errorf("%s: %d %q", path, status, text)
		}
	}
}

// boundsBodies: the bot's own limit for WeChat, and the proxy's for everybody.
func (p *proxy) boundsBodies(r *running) {
	for size, path := range map[int]string{100 << 10: "/wechat?" + signedNow(), 2 << 20: "/telegram"} {
		status, _ := p.send(http.MethodPost, path, bytes.NewReader(bytes.Repeat([]byte("x"), size)), "X-Telegram-Bot-Api-Secret-Token", tgSecret)
		if size > 1<<20 && status == http.StatusBadGateway { // as Caddy 2.6 says it
			continue
		}
		if status != http.StatusRequestEntityTooLarge {
			p.t.Errorf("%d bytes: %d", size, status)
		}
	}
	if log := r.log.String(); strings.Contains(log, `"level":"error"`) {
		p.t.Errorf("the log:\n%s", log)
	}
}

// tellsWhoKnocks: a stranger is counted under their own address, whatever they
// say it is.
func (p *proxy) tellsWhoKnocks(r *running) {
	for i := range 61 {
		status, _ := p.send(http.MethodGet, "/wechat?"+url.Values{"signature": {fmt.Sprint(i)}}.Encode(), nil, "X-Forwarded-For", "203.0.113.9")
		if status != http.StatusForbidden {
			p.t.Fatalf("unsigned: %d", status)
		}
	}
	until(p.t, "the flood is told", func() bool { return strings.Contains(r.log.String(), `"event":"flood"`) })
	if log := r.log.String(); !strings.Contains(log, `"address":"127.0.0.2/32","event":"flood"`) {
		p.t.Errorf("another address:\n%s", log)
	}
}
