package main

import (
	"cmp"
	"fmt"
	"regexp"
	"runtime"
	"runtime/debug"
	"strings"
	"time"
)

type versionCommand struct {
	JSON bool `name:"json" help:"Print JSON."`
}

// Help is the long description.
func (versionCommand) Help() string {
	return `The version, the commit and its time, the Go release, and the system it was built for. A report of
a mistake is worth more with this in it.

Example:

  weizhangbot version --json`
}

// Run prints what the program knows of itself.
func (c versionCommand) Run(p *program) error {
	if c.JSON {
		return p.printJSON(thisBuild())
	}
	return p.print(thisBuild().text())
}

// What the linker tells a release (-X main.release=v1.2.3): that is built without
// version control, so that where the source came from makes no difference. All
// other builds are told by the go command. Only -X sets these.
var release, commit, date string

// A buildInfo is what is known of a program. Of a build by hand outside of version
// control that is little.
type buildInfo struct {
	Version  string `json:"version"`          // v1.2.3; a pseudo-version; devel
	Commit   string `json:"commit,omitempty"` // in full, or its first twelve digits
	Time     string `json:"time,omitempty"`   // of the commit, RFC 3339
	Modified bool   `json:"modified"`         // built from more than the commit
	Go       string `json:"go"`
	OS       string `json:"os"`
	Arch     string `json:"arch"`
}

func thisBuild() buildInfo {
	told := buildInfo{Version: release, Commit: commit, Time: date, Go: runtime.Version(), OS: runtime.GOOS, Arch: runtime.GOARCH}
	info, ok := debug.ReadBuildInfo()
	if !ok {
		info = new(debug.BuildInfo)
	}
	return told.completed(info)
}

// completed adds what the go command noted to what the linker was told.
func (b buildInfo) completed(info *debug.BuildInfo) buildInfo {
	if v := info.Main.Version; b.Version == "" && v != "(devel)" {
		b.Version = v
	}
	for _, s := range info.Settings {
		switch s.Key {
		case "vcs.revision":
			b.Commit = cmp.Or(b.Commit, s.Value)
		case "vcs.time":
			b.Time = cmp.Or(b.Time, s.Value)
		case "vcs.modified":
			b.Modified = s.Value == "true"
		}
	}
	// go install of a branch: the version is all there is.
	if m := pseudoVersion.FindStringSubmatch(b.Version); m != nil {
		if t, err := time.Parse("20060102150405", m[1]); err == nil {
			b.Time = cmp.Or(b.Time, t.Format(time.RFC3339))
		}
		b.Commit = cmp.Or(b.Commit, m[2])
	}
	b.Version = cmp.Or(b.Version, "devel")
	return b
}

// pseudoVersion ends with the time and the first digits of a commit, as in
// v0.0.0-20261126041109-55c8da6a0b1c (go.dev/ref/mod#pseudo-versions).
var pseudoVersion = regexp.MustCompile(`[-.](\d{14})-([0-9a-f]{12})(\+.*)?$`)

func (b buildInfo) text() string {
	var s strings.Builder
	fmt.Fprintf(&s, "weizhangbot %s\n", b.Version)
	if b.Commit != "" {
		fmt.Fprintf(&s, "commit %s", b.Commit)
		if b.Time != "" {
			fmt.Fprintf(&s, " of %s", b.Time)
		}
		if b.Modified {
			s.WriteString(", modified")
		}
		s.WriteByte('\n')
	}
	fmt.Fprintf(&s, "%s %s/%s\n", b.Go, b.OS, b.Arch)
	return s.String()
}

// version is the version, or the commit that a development build is from.
func version() string {
	b := thisBuild()
	if b.Version == "devel" && b.Commit != "" {
		return "devel " + b.Commit
	}
	return b.Version
}
