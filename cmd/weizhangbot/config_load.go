package main

import (
	"errors"
	"fmt"
	"io"
	"os"
	"reflect"
	"strings"

	"github.com/caarlos0/env/v11"
)

// maxConfig bounds the files that configure: far above any honest one.
const maxConfig = 1 << 20

// envPrefix begins the name of every variable that is ours.
const envPrefix = "WEIZHANG_"

// load builds the configuration: the defaults, the file over them (none when
// its name is empty), the environment over both. required are the keys that
// the command cannot do without, those of a platform only when it is on. All
// faults are reported in one error.
func load(file string, environ []string, required ...string) (Config, error) {
	c := defaults()
	var fs faults
	if file != "" {
		text, err := readBounded(file)
		if err != nil {
			fs.add(file, cause(err), "name an existing file with --config")
			return c, fs.err()
		}
		readYAML(&c, file, text, &fs)
		if fs.known(file) { // nothing of it was read: what is missing says nothing
			required = nil
		}
	}
	readEnv(&c, environ, &fs)
	c.check(&fs)
	for _, k := range keysOf(&c) {
		for _, path := range required {
			if k.path == path && k.value.IsZero() && c.uses(path) && !fs.known(path) {
				fs.add(path, "missing", "set it in the file or as "+k.variable())
			}
		}
	}
	return c, fs.err()
}

// toServe are the keys that a serve cannot do without. Other commands reach no
// platform: the secrets of one may be where only the service can read them.
var toServe = []string{"juhe.key", "wechat.app_id", "wechat.token", "wechat.app_secret", "telegram.webhook_secret"}

// uses tells whether a serve with this configuration needs the key.
func (c *Config) uses(path string) bool {
	switch {
	case path == "wechat.app_secret":
		return c.WeChat.on() && c.WeChat.Account != "basic" // which calls no API
	case strings.HasPrefix(path, "wechat."):
		return c.WeChat.on()
	case path == "telegram.webhook_secret":
		return c.Telegram.on() && c.Telegram.webhook()
	}
	return true
}

// readBounded reads a file that the operator named. A file that never ends is
// refused and not read into memory.
func readBounded(name string) ([]byte, error) {
	f, err := os.Open(name) //nolint:gosec // the operator names the file on purpose
	if err != nil {
		return nil, err
	}
	defer func() { _ = f.Close() }() // only read from
	b, err := io.ReadAll(io.LimitReader(f, maxConfig+1))
	if err == nil && len(b) > maxConfig {
		err = fmt.Errorf("larger than %d bytes", maxConfig)
	}
	return b, err
}

// cause is an error without the name of the file, which stands before it.
func cause(err error) string {
	var p *os.PathError
	if errors.As(err, &p) {
		err = p.Err
	}
	return err.Error()
}

// A key is one setting: its path, and where its value is kept.
type key struct {
	path  string // juhe.base_url
	value reflect.Value
}

// variable is the key's environment variable: WEIZHANG_JUHE_BASE_URL.
func (k key) variable() string {
	return envPrefix + strings.ToUpper(strings.ReplaceAll(k.path, ".", "_"))
}

func (k key) secret() bool { return k.value.Type() == reflect.TypeFor[Secret]() }

// keysOf lists the settings of c in the order of its fields.
func keysOf(c *Config) []key { return keysBelow("", reflect.ValueOf(c).Elem()) }

func keysBelow(path string, section reflect.Value) []key {
	var keys []key
	for i := range section.NumField() {
		field, value := section.Type().Field(i), section.Field(i)
		name := path + field.Tag.Get("yaml")
		if _, isSection := field.Tag.Lookup("envPrefix"); isSection {
			keys = append(keys, keysBelow(name+".", value)...)
		} else {
			keys = append(keys, key{name, value})
		}
	}
	return keys
}

// readEnv sets the keys for which environ has a variable. The library is given
// one variable at a time: its errors name a field, but not which section's.
func readEnv(c *Config, environ []string, fs *faults) {
	vars := env.ToMap(environ)
	keys := keysOf(c)
	allowed := make([]string, 0, 2*len(keys))
	for _, k := range keys {
		name := k.variable()
		allowed = append(allowed, name)
		text := vars[name]
		if k.secret() {
			allowed = append(allowed, name+"_FILE")
			text = secretFrom(k, text, vars[name+"_FILE"], fs)
		}
		if text == "" {
			continue
		}
		one := env.Options{Prefix: envPrefix, Environment: map[string]string{name: text}}
		if err := env.ParseWithOptions(c, one); err != nil {
			fs.add(k.path, fmt.Sprintf("%s: %s", name, envCause(err)), kindHint(k))
		}
	}
	rejectTypos(vars, allowed, fs)
}

// secretFrom is the value of a secret's variable, or what the file holds that
// its _FILE variable names. The line end that editors put there is no part of it.
func secretFrom(k key, text, file string, fs *faults) string {
	switch name := k.variable(); {
	case file == "":
		return text
	case text != "":
		fs.add(k.path, name+" and "+name+"_FILE are both set", "keep one of them")
		return ""
	default:
		b, err := readBounded(file)
		if err != nil {
			fs.add(k.path, fmt.Sprintf("%s_FILE: %s: %s", name, file, cause(err)), "name a file that this program may read")
			return ""
		}
		return strings.TrimRight(string(b), "\r\n")
	}
}

// rejectTypos refuses a variable that is nearly one of ours. Others with the
// prefix are none of our business: Kubernetes sets WEIZHANG_SERVICE_HOST for a
// service called weizhang.
func rejectTypos(vars map[string]string, allowed []string, fs *faults) {
	known := make(map[string]bool, len(allowed))
	for _, name := range allowed {
		known[name] = true
	}
	for _, name := range sortedKeys(vars) {
		if !strings.HasPrefix(name, envPrefix) || known[name] {
			continue
		}
		if near := nearest(name, allowed); near != "" && distance(name, near) <= 2 {
			fs.add(name, "unknown environment variable", "did you mean "+near+"?")
		}
	}
}

// envCause is the library's error without its words about fields and types.
func envCause(err error) string {
	var all env.AggregateError
	var parse env.ParseError
	if errors.As(err, &all) && len(all.Errors) > 0 {
		err = all.Errors[0]
	}
	if errors.As(err, &parse) {
		err = parse.Err
	}
	return err.Error()
}
