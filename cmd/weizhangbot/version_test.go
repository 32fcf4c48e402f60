package main

import (
	"bytes"
	"encoding/json"
	"runtime"
	"runtime/debug"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestBuild(t *testing.T) {
	const revision = "55c8da6a0b1c2d3e4f5061728394a5b6c7d8e9f0"
	inGit := []debug.BuildSetting{{Key: "vcs.revision", Value: revision}, {Key: "vcs.time", Value: "2026-11-26T04:11:09Z"}, {Key: "vcs.modified", Value: "true"}}
	for _, tt := range []struct {
		name string
		told buildInfo
		main string
		vcs  []debug.BuildSetting
		want buildInfo
		text string
	}{
		{"a release", buildInfo{Version: "v1.2.3", Commit: revision, Time: "2026-11-26T04:11:09Z"}, "(devel)", nil,
			buildInfo{Version: "v1.2.3", Commit: revision, Time: "2026-11-26T04:11:09Z"},
			"weizhangbot v1.2.3\ncommit " + revision + " of 2026-11-26T04:11:09Z\n"},
		{"go install of a version", buildInfo{}, "v1.2.3", nil,
			buildInfo{Version: "v1.2.3"}, "weizhangbot v1.2.3\n"},
		{"go install of a branch", buildInfo{}, "v1.2.4-0.20261126041109-55c8da6a0b1c", nil,
			buildInfo{Version: "v1.2.4-0.20261126041109-55c8da6a0b1c", Commit: "55c8da6a0b1c", Time: "2026-11-26T04:11:09Z"},
			"weizhangbot v1.2.4-0.20261126041109-55c8da6a0b1c\ncommit 55c8da6a0b1c of 2026-11-26T04:11:09Z\n"},
		{"go build of a changed clone", buildInfo{}, "v0.0.0-20261126041109-55c8da6a0b1c+dirty", inGit,
			buildInfo{Version: "v0.0.0-20261126041109-55c8da6a0b1c+dirty", Commit: revision, Time: "2026-11-26T04:11:09Z", Modified: true},
			"weizhangbot v0.0.0-20261126041109-55c8da6a0b1c+dirty\ncommit " + revision + " of 2026-11-26T04:11:09Z, modified\n"},
		{"the linker knows better", buildInfo{Version: "v1.2.3", Commit: "c0ffee"}, "v9.9.9", inGit,
			buildInfo{Version: "v1.2.3", Commit: "c0ffee", Time: "2026-11-26T04:11:09Z", Modified: true},
			"weizhangbot v1.2.3\ncommit c0ffee of 2026-11-26T04:11:09Z, modified\n"},
		{"no version control", buildInfo{}, "(devel)", nil,
			buildInfo{Version: "devel"}, "weizhangbot devel\n"},
		{"a pre-release is no pseudo-version", buildInfo{Version: "v1.2.3-rc.1"}, "", nil,
			buildInfo{Version: "v1.2.3-rc.1"}, "weizhangbot v1.2.3-rc.1\n"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			got := tt.told.completed(&debug.BuildInfo{Main: debug.Module{Version: tt.main}, Settings: tt.vcs})
			if diff := cmp.Diff(tt.want, got); diff != "" {
				t.Error(diff)
			}
			if got := got.text(); got != tt.text+" /\n" {
				t.Errorf("text %q, want %q", got, tt.text)
			}
		})
	}
}

// As a command, and as JSON with the names that scripts rely on.
func TestVersionCommand(t *testing.T) {
	var text, js, stderr bytes.Buffer
	if code := run(t.Context(), []string{"version"}, nil, nil, &text, &stderr); code != exitFine || stderr.Len() > 0 {
		t.Fatalf("exit code %d, stderr %q", code, stderr.String())
	}
	system := runtime.Version() + " " + runtime.GOOS + "/" + runtime.GOARCH + "\n"
	if got := text.String(); !strings.HasPrefix(got, "weizhangbot ") || !strings.HasSuffix(got, system) {
		t.Errorf("text %q does not end with %q", got, system)
	}
	if code := run(t.Context(), []string{"version", "--json"}, nil, nil, &js, &stderr); code != exitFine || stderr.Len() > 0 {
		t.Fatalf("exit code %d, stderr %q", code, stderr.String())
	}
	var got map[string]any
	if err := json.Unmarshal(js.Bytes(), &got); err != nil {
		t.Fatal(err)
	}
	if got["version"] == "" || got["go"] != runtime.Version() || got["os"] != runtime.GOOS || got["arch"] != runtime.GOARCH {
		t.Errorf("JSON %v", got)
	}
}
