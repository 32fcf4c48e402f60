package main

import (
	"encoding/base64"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"reflect"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"go.yaml.in/yaml/v3"
)

const reference = root + "/config.yaml"

// The reference file is documentation that cannot go stale: it has every key,
// with its default.
func TestReferenceFileIsTheDefaults(t *testing.T) {
	got, err := load(reference, nil)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(plain(defaults()), plain(got)); diff != "" {
		t.Errorf("config.yaml differs from the defaults (-default +file):\n%s", diff)
	}
	text, err := os.ReadFile(reference)
	if err != nil {
		t.Fatal(err)
	}
	var tree map[string]any
	if err := yaml.Unmarshal(text, &tree); err != nil {
		t.Fatal(err)
	}
	for _, k := range keysOf(&got) {
		if !has(tree, strings.Split(k.path, ".")) {
			t.Errorf("config.yaml does not show %s", k.path)
		}
	}
}

// plain makes an empty list or map and none the same: a file cannot tell them
// apart, and nobody needs to.
func plain(c Config) Config {
	if len(c.Admins) == 0 {
		c.Admins = nil
	}
	if len(c.Server.TrustedProxies) == 0 {
		c.Server.TrustedProxies = nil
	}
	if len(c.WeChat.Template.Fields) == 0 {
		c.WeChat.Template.Fields = nil
	}
	return c
}

func has(tree map[string]any, path []string) bool {
	v, ok := tree[path[0]]
	if len(path) == 1 {
		return ok
	}
	section, isSection := v.(map[string]any)
	return ok && isSection && has(section, path[1:])
}

// other is, for each key, a value that is not the default and passes the checks.
var other = map[string]string{
	"server.listen":                          "127.0.0.1:8081",
	"server.admin_listen":                    "127.0.0.1:9091",
	"server.admin_token":                     "admin-token",
	"log.level":                              "debug",
	"log.format":                             "text",
	"storage.driver":                         "postgres",
	"storage.path":                           "other.db",
	"storage.dsn":                            "postgres://bot:pw@db/weizhang",
	"storage.encryption_key":                 "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=",
	"juhe.key":                               "juhe-key",
	"juhe.base_url":                          "http://127.0.0.1:8900/sweizhang",
	"juhe.timeout":                           "20s",
	"juhe.cache_for":                         "0s",
	"juhe.daily_budget":                      "100",
	"juhe.monthly_budget":                    "2000",
	"juhe.price":                             "0.15",
	"limits.queries_per_user_per_day":        "3",
	"limits.queries_per_user_per_month":      "31",
	"limits.queries_per_new_user":            "4",
	"limits.queries_of_new_users_per_hour":   "50",
	"limits.refusals_per_address_per_minute": "10",
	"limits.connections_per_address":         "20",
	"server.trusted_proxies":                 "127.0.0.1,10.0.0.0/8",
	"limits.vehicles_per_user":               "2",
	"limits.messages_per_user_per_minute":    "30",
	"wechat.app_id":                          "wx0123456789abcdef",
	"wechat.app_secret":                      "app-secret",
	"wechat.token":                           "wechattoken",
	"wechat.aes_key":                         "abcdefghijklmnopqrstuvwxyz0123456789ABCDEFG",
	"wechat.account":                         "basic",
	"wechat.path":                            "/wx",
	"wechat.api_base":                        "https://wechat.example",
	"wechat.max_clock_skew":                  "1m",
	"wechat.template.id":                     "TEMPLATE",
	"wechat.template.url":                    "https://bot.example/how",
	"wechat.template.fields":                 "car_number1:plate,amount2:money",
	"telegram.token":                         "123456:telegram-token",
	"telegram.api_base":                      "https://telegram.example",
	"telegram.proxy":                         "socks5://user:pw@127.0.0.1:1080",
	"telegram.mode":                          "webhook",
	"telegram.webhook_url":                   "https://bot.example/telegram",
	"telegram.webhook_secret":                "webhook-secret",
	"telegram.ocr.url":                       "https://ocr.example/licence",
	"telegram.ocr.token":                     "ocr-token",
	"telegram.path":                          "/tg",
	"push.every":                             "24h",
	"push.quiet":                             "22:30-07:15",
	"push.timezone":                          "Asia/Urumqi",
	"privacy.file":                           "privacy.txt",
	"admins":                                 "telegram:123456,telegram:7",
}

func TestEveryKeyFromTheEnvironment(t *testing.T) {
	var environ []string
	for path, value := range other {
		environ = append(environ, key{path: path}.variable()+"="+value)
	}
	got, err := load(reference, environ)
	if err != nil {
		t.Fatal(err)
	}
	standard := defaults()
	unset := keysOf(&standard)
	for i, k := range keysOf(&got) {
		value, known := other[k.path]
		if !known {
			t.Errorf("%s: no value in this test's table", k.path)
		} else if reflect.DeepEqual(k.value.Interface(), unset[i].value.Interface()) {
			t.Errorf("%s: %s=%q changed nothing", k.path, k.variable(), value)
		}
	}
	want := Push{Every: 24 * time.Hour, Quiet: Quiet{From: 22*time.Hour + 30*time.Minute, To: 7*time.Hour + 15*time.Minute}, Timezone: "Asia/Urumqi"}
	if got.Push != want {
		t.Errorf("push = %v, want %v", got.Push, want)
	}
	if want := map[string]string{"car_number1": "plate", "amount2": "money"}; !reflect.DeepEqual(got.WeChat.Template.Fields, want) {
		t.Errorf("fields = %v", got.WeChat.Template.Fields)
	}
	if len(got.Admins) != 2 || got.Admins[1] != "telegram:7" {
		t.Errorf("admins = %v", got.Admins)
	}
}

func TestEverySecretFromAFile(t *testing.T) {
	dir := t.TempDir()
	var environ []string
	c := defaults()
	for _, k := range keysOf(&c) {
		name, value := k.variable(), other[k.path]
		if k.secret() {
			file := filepath.Join(dir, name)
			if err := os.WriteFile(file, []byte(value+"\n"), 0o600); err != nil {
				t.Fatal(err)
			}
			environ = append(environ, name+"_FILE="+file)
		} else {
			environ = append(environ, name+"="+value)
		}
	}
	got, err := load("", environ)
	if err != nil {
		t.Fatal(err)
	}
	secrets := 0
	for _, k := range keysOf(&got) {
		if k.secret() {
			secrets++
			if k.value.String() != other[k.path] {
				t.Errorf("%s was not read from its file", k.path)
			}
		}
	}
	if secrets != 11 {
		t.Errorf("%d keys are secret, want 11: a key that opens something must be a Secret", secrets)
	}
}

// One rule leads from a key's path to its variable; the tags must follow it.
func TestVariablesFollowPaths(t *testing.T) {
	var walk func(path, variable string, section reflect.Type)
	walk = func(path, variable string, section reflect.Type) {
		for i := range section.NumField() {
			f := section.Field(i)
			name := path + f.Tag.Get("yaml")
			if prefix, ok := f.Tag.Lookup("envPrefix"); ok {
				walk(name+".", variable+prefix, f.Type)
			} else if got, want := variable+f.Tag.Get("env"), (key{path: name}).variable(); got != want {
				t.Errorf("%s: variable %s, want %s", name, got, want)
			}
		}
	}
	walk("", envPrefix, reflect.TypeFor[Config]())
}

// A file beats the defaults, the environment beats the file.
func TestPrecedence(t *testing.T) {
	file := write(t, "juhe:\n  timeout: 10s\n  daily_budget: 5\n")
	c, err := load(file, []string{"WEIZHANG_JUHE_DAILY_BUDGET=7", "WEIZHANG_JUHE_TIMEOUT=", "WEIZHANG_SERVICE_HOST=10.0.0.1", "HOME=/root"})
	if err != nil {
		t.Fatal(err)
	}
	if c.Juhe.Timeout != 10*time.Second || c.Juhe.DailyBudget != 7 || c.Juhe.CacheFor != 6*time.Hour {
		t.Errorf("juhe = %+v", c.Juhe)
	}
}

func TestConfigThatIsFine(t *testing.T) {
	for name, text := range map[string]string{
		"empty":                        "",
		"comments only":                "# nothing\n",
		"sections without keys":        "wechat:\ntelegram:\njuhe:\n",
		"keys without values":          "juhe:\n  key:\n",
		"a token of digits":            "juhe:\n  key: 0123\n",
		"an anchor":                    "wechat:\n  path: &p /wx\n  template: {url: https://a.example}\ntelegram:\n  path: /tg\n",
		"telegram alone":               "telegram:\n  token: 1:a\n",
		"never quiet":                  "push:\n  quiet: \"\"\n",
		"never quiet, in a word":       "push:\n  quiet: none\n",
		"any port, twice":              "server:\n  listen: 127.0.0.1:0\n  admin_listen: 127.0.0.1:0\n",
		"open to operators with token": "server:\n  admin_listen: :9090\n  admin_token: t\n",
		"the fake on this machine":     "juhe:\n  base_url: http://localhost:8900/sweizhang\n",
		"IPv6 loopback":                "juhe:\n  base_url: http://[::1]:8900\n",
		"JSON is YAML":                 `{"juhe": {"timeout": "5s"}}`,
		"a basic account has no API":   "wechat:\n  app_id: a\n  token: abc\n  account: basic\n",
	} {
		t.Run(name, func(t *testing.T) {
			if _, err := load(write(t, text), nil); err != nil {
				t.Error(err)
			}
		})
	}
}

// Each fault names its key, says what is wrong, and how to mend it.
func TestConfigFaults(t *testing.T) {
	for _, tt := range []struct{ name, text, want string }{
		{"unknown key", "juhe:\n  kye: a\n", `config: juhe.kye: unknown key (line 2): did you mean juhe.key?`},
		{"unknown section", "telegramm:\n  token: a\n", `config: telegramm: unknown key (line 1): did you mean telegram?`},
		{"a key in the wrong section", "server:\n  daily_budget: 3\n", `config: server.daily_budget: unknown key (line 2): did you mean juhe.daily_budget?`},
		{"a key like no other", "juhe:\n  zzzzzzzzzzzz: 1\n", `config: juhe.zzzzzzzzzzzz: unknown key (line 2): config.yaml of the repository lists all keys`},
		{"twice", "juhe:\n  timeout: 1s\n  timeout: 2s\n", `config: juhe.timeout: given twice, first in line 2 (line 3): keep one of them`},
		{"a value for a section", "juhe: 3\n", `config: juhe: not a section (line 1): write its keys below it, indented`},
		{"a list for the file", "- a\n", `config: the file: not a section (line 1)`},
		{"a list for a value", "juhe:\n  timeout: [1s]\n", `config: juhe.timeout: a list where a single value belongs (line 2): a duration`},
		{"no duration", "juhe:\n  timeout: soon\n", `config: juhe.timeout: "soon" does not fit (line 2): a duration such as 30s`},
		{"a number as duration", "juhe:\n  timeout: 30\n", `config: juhe.timeout: "30" does not fit (line 2): a duration such as 30s`},
		{"no number", "juhe:\n  daily_budget: many\n", `config: juhe.daily_budget: "many" does not fit (line 2): a whole number`},
		{"a fraction", "juhe:\n  daily_budget: 1.5\n", `config: juhe.daily_budget: "1.5" does not fit`},
		{"below zero", "juhe:\n  monthly_budget: -1\n", `config: juhe.monthly_budget: below zero: 0 or more`},
		{"no timeout at all", "juhe:\n  timeout: 0s\n", `config: juhe.timeout: 0s is not above zero`},
		{"not YAML", "juhe: [\n", `the file must be YAML`},
		{"two documents", "juhe: {}\n---\njuhe: {}\n", `more than one document`},
		{"no such driver", "storage:\n  driver: sqlite\n", `config: storage.driver: "sqlite" is not known: one of bbolt, postgres`},
		{"no file name", "storage:\n  path: \"\"\n", `config: storage.path: missing: name the file`},
		{"postgres with an sslmode that is none", "storage:\n  driver: postgres\n  dsn: postgres://bot:pw@db/x?sslmode=maybe\n  encryption_key: " + other["storage.encryption_key"] + "\n", "config: storage.dsn: has a part that cannot be read (a port, sslmode, search_path, a certificate's file): postgres://user:password@host/database"},
		{"postgres without its address", "storage:\n  driver: postgres\n", "config: storage.dsn: missing or no address of a database: postgres://user:password@host/database\nconfig: storage.encryption_key: missing"},
		{"a short encryption key", "storage:\n  encryption_key: c2hvcnQ=\n", `config: storage.encryption_key: not 32 bytes in base64: openssl rand -base64 32`},
		{"an encryption key that is none", "storage:\n  encryption_key: '***'\n", `config: storage.encryption_key: not 32 bytes in base64`},
		{"http to the world", "juhe:\n  base_url: http://v.juhe.cn/sweizhang\n", `config: juhe.base_url: http sends keys and plates in the clear: use https`},
		{"no address", "juhe:\n  base_url: v.juhe.cn\n", `config: juhe.base_url: "v.juhe.cn" is no address`},
		{"a password in an address", "juhe:\n  base_url: https://me:hunter2@v.juhe.cn\n", `config: juhe.base_url: "https:…@v.juhe.cn" is no address`},
		{"a port that is none", "server:\n  listen: localhost:http\n", `config: server.listen: "localhost:http" is no address: host:port`},
		{"a port too high", "server:\n  listen: localhost:70000\n", `config: server.listen: "localhost:70000" is no address`},
		{"one address for both", "server:\n  admin_listen: 127.0.0.1:8080\n", `config: server.admin_listen: the same as server.listen`},
		{"operators' door open", "server:\n  admin_listen: 0.0.0.0:9090\n", `config: server.admin_token: missing, and server.admin_listen is open to others`},
		{"no level", "log:\n  level: loud\n", `config: log.level: "loud" is no level`},
		{"no format", "log:\n  format: xml\n", `config: log.format: "xml" is not known: one of json, text`},
		{"no time zone", "push:\n  timezone: Moon/Crater\n", `config: push.timezone: "Moon/Crater" is no time zone`},
		{"no quiet hours", "push:\n  quiet: night\n", `config: push.quiet: "night" does not fit (line 2): two times of day`},
		{"never a check", "push:\n  every: 0s\n", `config: push.every: 0s is not above zero`},
		{"a proxy by name", "server: {trusted_proxies: [proxy.example]}\n", `config: server.trusted_proxies: "proxy.example" is no address: such as 127.0.0.1 or 10.0.0.0/8`},
		{"an admin from nowhere", "admins: [bob]\n", `config: admins: "bob" cannot be right: user ids such as telegram:123456`},
		{"half a WeChat account", "wechat:\n  app_id: wx1\n", "config: wechat.app_secret: missing: set it in the file or as WEIZHANG_WECHAT_APP_SECRET\nconfig: wechat.token: missing"},
		{"no such account", "wechat:\n  app_id: a\n  app_secret: b\n  token: abc\n  account: gold\n", `config: wechat.account: "gold" is not known: one of service, subscription, basic`},
		{"half an AES key", "wechat:\n  app_id: a\n  app_secret: b\n  token: abc\n  aes_key: short\n", `config: wechat.aes_key: the value cannot be right: EncodingAESKey: 43`},
		{"a template field nobody fills", "wechat:\n  app_id: a\n  app_secret: b\n  token: abc\n  template: {fields: {thing1: colour}}\n", `config: wechat.template.fields.thing1: "colour" is not known: one of plate, count`},
		{"no path", "telegram:\n  token: 1:a\n  path: telegram\n", `config: telegram.path: "telegram" is no path: begin it with /`},
		{"one path for both", "telegram:\n  token: 1:a\n  path: /wechat\nwechat:\n  app_id: a\n  app_secret: b\n  token: abc\n", `config: telegram.path: the same as wechat.path`},
		{"no Telegram token", "telegram:\n  token: abc\n", `config: telegram.token: the value cannot be right: as @BotFather gave it`},
		{"a webhook without anything", "telegram:\n  token: 1:a\n  mode: webhook\n", "config: telegram.webhook_url: \"\" is no address: such as https://host/path\nconfig: telegram.webhook_secret: missing"},
		{"no mode", "telegram:\n  token: 1:a\n  mode: magic\n", `config: telegram.mode: "magic" is not known: one of polling, webhook`},
		{"no proxy", "telegram:\n  token: 1:a\n  proxy: ftp://u:hunter2@x\n", `config: telegram.proxy: no address of a proxy`},
	} {
		t.Run(tt.name, func(t *testing.T) {
			_, err := load(write(t, tt.text), []string{"WEIZHANG_JUHE_KEY=k"}, toServe...)
			if err == nil {
				t.Fatalf("accepted, want %q", tt.want)
			}
			if got := strings.Join(faultLines(err), "\n"); !strings.Contains(got, tt.want) {
				t.Errorf("got  %q\nwant %q", got, tt.want)
			}
			if strings.Contains(err.Error(), "hunter2") {
				t.Errorf("a password is in the message: %s", err)
			}
			if exitCode(err) != exitUsage {
				t.Errorf("exit code %d, want %d", exitCode(err), exitUsage)
			}
		})
	}
}

func TestEnvironmentFaults(t *testing.T) {
	for _, tt := range []struct{ name, variable, want string }{
		{"a typo", "WEIZHANG_JUHE_KYE=a", "config: WEIZHANG_JUHE_KYE: unknown environment variable: did you mean WEIZHANG_JUHE_KEY?"},
		{"no duration", "WEIZHANG_JUHE_TIMEOUT=soon", "config: juhe.timeout: WEIZHANG_JUHE_TIMEOUT: "},
		{"no number", "WEIZHANG_JUHE_DAILY_BUDGET=x", `a whole number`},
		{"no map", "WEIZHANG_WECHAT_TEMPLATE_FIELDS=x", `a map: {a: b} in the file, a:b in the environment`},
		{"a secret's file that is not there", "WEIZHANG_JUHE_KEY_FILE=/does/not/exist", "config: juhe.key: WEIZHANG_JUHE_KEY_FILE: /does/not/exist: no such file or directory"},
		{"a wrong value", "WEIZHANG_STORAGE_DRIVER=mysql", `config: storage.driver: "mysql" is not known`},
	} {
		t.Run(tt.name, func(t *testing.T) {
			_, err := load("", []string{tt.variable})
			if err == nil || !strings.Contains(strings.Join(faultLines(err), "\n"), tt.want) {
				t.Errorf("got %v, want %q", err, tt.want)
			}
		})
	}
	t.Run("a secret twice", func(t *testing.T) {
		_, err := load("", []string{"WEIZHANG_JUHE_KEY=a", "WEIZHANG_JUHE_KEY_FILE=/b"})
		if err == nil || !strings.Contains(err.Error(), "both set") {
			t.Errorf("got %v", err)
		}
	})
}

// Mending a file is one round, not one a fault.
func TestAllFaultsAtOnce(t *testing.T) {
	file := write(t, "storage:\n  driver: sqlite\njuhe:\n  kye: a\n  timeout: soon\n  daily_budget: -1\nlog: {level: loud}\n")
	_, err := load(file, []string{"WEIZHANG_PUSH_TIMEZONE=Moon"}, "juhe.key")
	lines := faultLines(err)
	for _, key := range []string{"storage.driver", "juhe.kye", "juhe.timeout", "juhe.daily_budget", "log.level", "push.timezone", "juhe.key"} {
		if !regexp.MustCompile(`(?m)^config: ` + regexp.QuoteMeta(key) + `: .+: .+`).MatchString(strings.Join(lines, "\n")) {
			t.Errorf("%s: no line, or one without a hint", key)
		}
	}
	if len(lines) != 7 {
		t.Errorf("%d lines, want 7:\n%s", len(lines), strings.Join(lines, "\n"))
	}
}

func TestRequiredKeys(t *testing.T) {
	if _, err := load("", nil, "juhe.key"); err == nil || !strings.Contains(err.Error(), "config: juhe.key: missing: set it in the file or as WEIZHANG_JUHE_KEY") {
		t.Errorf("got %v", err)
	}
	if _, err := load("", []string{"WEIZHANG_JUHE_KEY=k"}, "juhe.key"); err != nil {
		t.Error(err)
	}
}

// What only a serve needs may be where only the service can read it: whoever
// backs the store up does without.
func TestPlatformsAreForServe(t *testing.T) {
	for _, tt := range []struct{ name, text, missing string }{
		{"WeChat", "wechat: {app_id: a}\n", "wechat.app_secret wechat.token"},
		{"WeChat without an API", "wechat: {app_id: a, account: basic}\n", "wechat.token"},
		{"WeChat by its secret alone", "wechat: {app_secret: a, token: abc}\n", "wechat.app_id"},
		{"a webhook", "telegram: {token: '1:a', mode: webhook, webhook_url: 'https://host/telegram'}\n", "telegram.webhook_secret"},
		{"polling", "telegram: {token: '1:a'}\n", ""},
		{"nothing", "{}\n", ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			if _, err := load(write(t, tt.text), nil); err != nil {
				t.Errorf("any command: %v", err)
			}
			_, err := load(write(t, tt.text), []string{"WEIZHANG_JUHE_KEY=k"}, toServe...)
			var missing []string
			for _, line := range faultLines(err) {
				missing = append(missing, strings.Fields(strings.ReplaceAll(line, ":", ""))[1])
			}
			if got := strings.Join(missing, " "); got != tt.missing {
				t.Errorf("serve lacks %q, want %q", got, tt.missing)
			}
		})
	}
}

// A file of which nothing could be read lacks nothing that is worth a line.
func TestNotYAMLLacksNothing(t *testing.T) {
	_, err := load(write(t, "juhe:\n\tkey: a\n"), nil, toServe...)
	if lines := faultLines(err); len(lines) != 1 || !strings.Contains(lines[0], "line 2") || !strings.Contains(lines[0], "spaces") {
		t.Errorf("got %q", lines)
	}
}

func TestFilesThatCannotBeRead(t *testing.T) {
	huge := filepath.Join(t.TempDir(), "huge.yaml")
	if err := os.WriteFile(huge, []byte("# "+strings.Repeat("x", maxConfig)), 0o600); err != nil {
		t.Fatal(err)
	}
	for file, want := range map[string]string{
		"missing.yaml": "config: missing.yaml: no such file or directory: name an existing file",
		huge:           "larger than 1048576 bytes",
		t.TempDir():    "is a directory",
	} {
		if _, err := load(file, nil); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: got %v, want %q", file, err, want)
		}
	}
}

func TestSecretsMaskThemselves(t *testing.T) {
	const value = "hunter2"
	c := defaults()
	c.Juhe.Key = value
	c.Telegram.Token = value
	asJSON, err := json.Marshal(c)
	if err != nil {
		t.Fatal(err)
	}
	asYAML, err := yaml.Marshal(c)
	if err != nil {
		t.Fatal(err)
	}
	for _, text := range []string{
		fmt.Sprint(c), fmt.Sprintf("%v %+v %#v", c, c, c), fmt.Sprintf("%s %q %x %d", c.Juhe.Key, c.Juhe.Key, c.Juhe.Key, c.Juhe.Key),
		string(asJSON), string(asYAML), fmt.Errorf("key %v", c.Juhe.Key).Error(),
	} {
		if strings.Contains(text, value) || strings.Contains(text, fmt.Sprintf("%x", value)) || !strings.Contains(text, "***") {
			t.Errorf("not masked: %s", text)
		}
	}
	if string(c.Juhe.Key) != value {
		t.Error("a secret must still be usable")
	}
}

func TestStorageKey(t *testing.T) {
	if k := (Storage{}).key(); k != nil {
		t.Errorf("no key configured: got %v", k)
	}
	want := []byte("0123456789abcdef0123456789abcdef")
	if k := (Storage{EncryptionKey: Secret(base64.StdEncoding.EncodeToString(want))}).key(); string(k) != string(want) {
		t.Errorf("got %q", k)
	}
}

func TestQuiet(t *testing.T) {
	for _, tt := range []struct {
		text    string
		want    Quiet
		written string
	}{
		{"21:00-08:00", Quiet{21 * time.Hour, 8 * time.Hour}, "21:00-08:00"},
		{" 12:30 - 14:00 ", Quiet{12*time.Hour + 30*time.Minute, 14 * time.Hour}, "12:30-14:00"},
		{"00:00-06:00", Quiet{0, 6 * time.Hour}, "00:00-06:00"},
		{"none", Quiet{}, "none"},
		{"", Quiet{}, "none"},
	} {
		var got Quiet
		if err := got.UnmarshalText([]byte(tt.text)); err != nil || got != tt.want {
			t.Errorf("%q: got %v, %v", tt.text, got, err)
		}
		if text, err := got.MarshalText(); err != nil || string(text) != tt.written {
			t.Errorf("%q: written %q, %v", tt.text, text, err)
		}
	}
	for _, text := range []string{"21:00", "21:00-", "25:00-08:00", "21-8", "21:00-08:00-09:00", "never"} {
		if err := new(Quiet).UnmarshalText([]byte(text)); err == nil {
			t.Errorf("%q: accepted", text)
		}
	}
}

func TestNearest(t *testing.T) {
	names := []string{"juhe.key", "juhe.timeout", "telegram.token"}
	for given, want := range map[string]string{
		"juhe.kye": "juhe.key", "juhe.time_out": "juhe.timeout", "telegram.tokens": "telegram.token", "admins": "", "": "",
	} {
		if got := nearest(given, names); got != want {
			t.Errorf("nearest(%q) = %q, want %q", given, got, want)
		}
	}
}

// Whatever the file holds: a configuration or faults with a key each, no crash.
func FuzzLoad(f *testing.F) {
	f.Add("juhe:\n  timeout: 5s # long\nadmins: [a, b]\n")
	f.Add("juhe: &a {key: *a}\n")
	f.Add("a: &a [*a]\nb: {<<: *a}\n")
	f.Add("wechat: {template: {fields: {a: [b]}}}\n")
	f.Add("? [a]\n: b\n")
	f.Fuzz(func(t *testing.T, text string) {
		c := defaults()
		var fs faults
		readYAML(&c, "x.yaml", []byte(text), &fs)
		c.check(&fs)
		for _, fault := range fs {
			if fault.key == "" || fault.what == "" {
				t.Errorf("a fault that says nothing: %+v", fault)
			}
		}
	})
}

func write(t *testing.T, text string) string {
	t.Helper()
	file := filepath.Join(t.TempDir(), "config.yaml")
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return file
}
