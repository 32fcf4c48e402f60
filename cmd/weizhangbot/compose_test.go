package main

import (
	"net/netip"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"go.yaml.in/yaml/v3"
)

// A composed is what the compose example of the README may say. Whether Compose
// reads it is told by Compose's own code in .ci/packaging; here it is held to this
// program and its image.
type composed struct {
	Services map[string]struct {
		Build       string            `yaml:"build"`
		Image       string            `yaml:"image"`
		Restart     string            `yaml:"restart"`
		ReadOnly    bool              `yaml:"read_only"`
		CapDrop     []string          `yaml:"cap_drop"`
		SecurityOpt []string          `yaml:"security_opt"`
		StopGrace   time.Duration     `yaml:"stop_grace_period"`
		Environment map[string]string `yaml:"environment"`
		Secrets     []string          `yaml:"secrets"`
		Volumes     []string          `yaml:"volumes"`
		Ports       []string          `yaml:"ports"`
		HealthCheck struct {
			Test     []string      `yaml:"test"`
			Interval time.Duration `yaml:"interval"`
			Timeout  time.Duration `yaml:"timeout"`
			Start    time.Duration `yaml:"start_period"`
		} `yaml:"healthcheck"`
	} `yaml:"services"`
	Volumes map[string]any               `yaml:"volumes"`
	Secrets map[string]map[string]string `yaml:"secrets"`
}

func TestComposeExample(t *testing.T) {
	example := regexp.MustCompile("(?s)```yaml\n(services:\n.*?)```").FindStringSubmatch(contents(t, root+"/README.md"))
	if example == nil {
		t.Fatal("no compose example in the README")
	}
	var c composed
	d := yaml.NewDecoder(strings.NewReader(example[1]))
	d.KnownFields(true)
	if err := d.Decode(&c); err != nil {
		t.Fatal(err)
	}
	s, i := c.Services["weizhangbot"], readImage(t)
	if !s.ReadOnly || !slices.Equal(s.CapDrop, []string{"ALL"}) || !slices.Contains(s.SecurityOpt, "no-new-privileges:true") {
		t.Errorf("more rights than it needs: %+v", s)
	}
	if s.StopGrace < drainFor+patience {
		t.Errorf("killed after %v, while it may take %v to stop", s.StopGrace, drainFor+patience)
	}
	if want := append([]string{"CMD"}, i.command(t, "HEALTHCHECK")...); !slices.Equal(s.HealthCheck.Test, want) || s.HealthCheck.Timeout < 5*time.Second {
		t.Errorf("health %+v, want %q", s.HealthCheck, want)
	}
	if s.Restart == "" || s.Build != "." || len(s.Volumes) != 1 || c.Volumes == nil {
		t.Errorf("%+v", s)
	}
	name, place, _ := strings.Cut(s.Volumes[0], ":")
	if _, declared := c.Volumes[name]; !declared || place != i.the(t, "VOLUME") {
		t.Errorf("volume %s, want a declared one at %s", s.Volumes[0], i.the(t, "VOLUME"))
	}

	environ := i.environ()
	for key, value := range s.Environment {
		if file, ok := strings.CutPrefix(value, "/run/secrets/"); ok {
			if !slices.Contains(s.Secrets, file) || c.Secrets[file]["file"] == "" {
				t.Errorf("%s: no secret %s", key, file)
			}
			value = filepath.Join(t.TempDir(), file)
			if err := os.WriteFile(value, []byte("1:secret\n"), 0o600); err != nil {
				t.Fatal(err)
			}
		}
		environ = append(environ, key+"="+value)
	}
	config, err := load("", environ, "juhe.key", "telegram.token", "server.admin_token")
	if err != nil {
		t.Fatal(err)
	}
	if err := config.served(); err != nil {
		t.Error(err)
	}
	listens := []string{config.Server.Listen, config.Server.AdminListen}
	for _, port := range s.Ports {
		at := strings.LastIndex(port, ":")
		host, err := netip.ParseAddrPort(port[:at])
		if err != nil || !host.Addr().IsLoopback() {
			t.Errorf("port %s is open to others", port)
		}
		if !slices.Contains(listens, port[at:]) {
			t.Errorf("port %s: nobody listens there, but at %v", port, listens)
		}
	}
}
