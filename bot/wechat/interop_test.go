package wechat_test

import (
	"encoding/json"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"github.com/weizhangbot/weizhangbot/bot/wechat"
	"github.com/weizhangbot/weizhangbot/bot/wechat/wechattest"
)

// wecomCrypto is an implementation of the sealing by others, in another
// language: https://www.npmjs.com/package/@wecom/crypto
const wecomCrypto = "@wecom/crypto@1.0.1"

// What others seal is opened here, and what is sealed here others open.
func TestInteroperation(t *testing.T) {
	dir := install(t)
	s := newStage(t, wechat.Service, wechattest.Safe)
	s.added.Store(0)
	srv := httptest.NewServer(s.adapter)
	defer srv.Close()
	for _, text := range []string{"沪C12345 发动机号", "🚗 ]]> <a>", strings.Repeat("长", 600), "x"} {
		xml := `<xml><ToUserName><![CDATA[gh_1]]></ToUserName><FromUserName><![CDATA[oUSER]]></FromUserName><CreateTime>1</CreateTime><MsgType><![CDATA[text]]></MsgType><Content><![CDATA[` + text + `]]></Content><MsgId>1` + strconv.Itoa(len(text)) + `</MsgId></xml>`
		in, err := json.Marshal(map[string]string{"url": srv.URL, "token": token, "aesKey": aesKey, "appID": appID, "xml": xml})
		if err != nil {
			t.Fatal(err)
		}
		script, err := filepath.Abs("testdata/interop.mjs")
		if err != nil {
			t.Fatal(err)
		}
		cmd := exec.CommandContext(t.Context(), "node", script)
		cmd.Dir, cmd.Env = dir, append(os.Environ(), "INTEROP="+string(in))
		out, err := cmd.CombinedOutput()
		if err != nil {
			t.Fatalf("%v\n%s", err, out)
		}
		var got struct {
			Status            int
			Signed            bool
			ID, Message, Body string
		}
		if err := json.Unmarshal(out, &got); err != nil {
			t.Fatalf("%v\n%s", err, out)
		}
		content := "你说：" + strings.NewReplacer("]]>", "]]]]><![CDATA[>", "<a", "<\u200ba").Replace(text)
		if got.Status != 200 || !got.Signed || got.ID != appID || !strings.Contains(got.Message, content) {
			t.Errorf("%.20s: %+v", text, got)
		}
		if s.echo.last(t).Text != text {
			t.Errorf("heard %q", s.echo.last(t).Text)
		}
	}
}

// install fetches the package into a directory of the test. Where there is no
// node, npm or registry the test is left out; in CI they must be there.
func install(t *testing.T) string {
	t.Helper()
	missing := t.Skipf
	if inCI() {
		missing = t.Fatalf
	}
	for _, tool := range []string{"node", "npm"} {
		if _, err := exec.LookPath(tool); err != nil {
			missing("needs %s: %v", tool, err)
		}
	}
	dir := t.TempDir()
	cmd := exec.CommandContext(t.Context(), "npm", "install", "--no-audit", "--no-fund", "--ignore-scripts", "--prefix", dir, wecomCrypto)
	cmd.Dir = dir
	if out, err := cmd.CombinedOutput(); err != nil {
		missing("npm install %s: %v\n%s", wecomCrypto, err, out)
	}
	return dir
}
