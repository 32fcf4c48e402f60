package main

import (
	"encoding/json"
	"fmt"
	"os"
	"path"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// An instruction of the Dockerfile: COPY, its flags, and the rest.
type instruction struct {
	name  string
	flags map[string]string // without --
	args  []string
	text  string // what follows the name, as it is written
}

// instructions reads what this repository's Dockerfile uses. What of it a builder
// understands, and warns of, is told by BuildKit's own code in .ci/packaging.
func instructions(text string) (all []instruction) {
	text = regexp.MustCompile(`(?m)^\s*#.*\n`).ReplaceAllString(text, "")
	text = strings.ReplaceAll(text, "\\\n", " ")
	for line := range strings.Lines(text) {
		name, rest, _ := strings.Cut(strings.TrimSpace(line), " ")
		if name == "" {
			continue
		}
		in := instruction{name: name, flags: map[string]string{}, text: strings.TrimSpace(rest)}
		for _, word := range strings.Fields(rest) {
			flag, value, _ := strings.Cut(word, "=")
			if strings.HasPrefix(flag, "--") && len(in.args) == 0 && name != "RUN" {
				in.flags[flag[2:]] = value
			} else {
				in.args = append(in.args, word)
			}
		}
		all = append(all, in)
	}
	return all
}

// An image is what the Dockerfile makes.
type image struct {
	build, final []instruction // its two stages, without FROM
}

func readImage(t *testing.T) image {
	t.Helper()
	var i image
	var froms []string
	for _, in := range instructions(contents(t, root+"/Dockerfile")) {
		switch {
		case in.name == "FROM":
			froms = append(froms, in.text)
		case len(froms) == 1:
			i.build = append(i.build, in)
		case len(froms) == 2:
			i.final = append(i.final, in)
		}
	}
	if len(froms) != 2 || froms[1] != "scratch" || !strings.HasSuffix(froms[0], " AS build") {
		t.Fatalf("stages %q, want one that builds and one from scratch", froms)
	}
	return i
}

// all are the final stage's instructions of a name.
func (i image) all(name string) (found []instruction) {
	for _, in := range i.final {
		if in.name == name {
			found = append(found, in)
		}
	}
	return found
}

// the is the text of an instruction that stands once.
func (i image) the(t *testing.T, name string) string {
	t.Helper()
	found := i.all(name)
	if len(found) != 1 {
		t.Fatalf("%d %s in the final stage", len(found), name)
	}
	return found[0].text
}

// command is the list of words that an instruction runs, without a shell.
func (i image) command(t *testing.T, name string) (words []string) {
	t.Helper()
	text := i.the(t, name)
	if at := strings.Index(text, "["); at < 0 || json.Unmarshal([]byte(text[at:]), &words) != nil || len(words) == 0 {
		t.Fatalf("%s %s: no list of words", name, text)
	}
	return words
}

// environ is what the image has in its environment.
func (i image) environ() (environ []string) {
	for _, in := range i.all("ENV") {
		environ = append(environ, in.args...)
	}
	return environ
}

// user is the number under which the image runs.
func (i image) user(t *testing.T) uint32 {
	t.Helper()
	user, group, _ := strings.Cut(i.the(t, "USER"), ":")
	n, err := strconv.ParseUint(user, 10, 32)
	if err != nil || n == 0 || group != user {
		t.Fatalf("USER %s: want the number of a user that is not root", i.the(t, "USER"))
	}
	return uint32(n)
}

// What operators rely on, and what a scanner would ask.
func TestImageIsModest(t *testing.T) {
	i := readImage(t)
	user, volume := i.user(t), i.the(t, "VOLUME")
	for _, in := range i.final {
		if !slices.Contains([]string{"ARG", "LABEL", "COPY", "ENV", "USER", "WORKDIR", "VOLUME", "EXPOSE", "STOPSIGNAL", "HEALTHCHECK", "ENTRYPOINT", "CMD"}, in.name) {
			t.Errorf("%s: nothing runs in a stage without a shell", in.name)
		}
	}
	for _, in := range i.all("COPY") {
		owned, isVolume := in.flags["chown"] == fmt.Sprintf("%d:%d", user, user), path.Clean(in.args[1]) == volume
		if owned != isVolume {
			t.Errorf("COPY %s: the user owns the volume, and nothing else", in.text)
		}
	}
	c, fs := defaults(), faults{}
	readEnv(&c, i.environ(), &fs)
	if err := fs.err(); err != nil {
		t.Error(err)
	}
	if path.Dir(c.Storage.Path) != volume || !slices.Contains(i.environ(), "TMPDIR="+volume) || i.the(t, "WORKDIR") != volume {
		t.Errorf("writes to %s, with %v, not only in %s", c.Storage.Path, i.environ(), volume)
	}
	if c.Server.Listen != ":"+i.the(t, "EXPOSE") {
		t.Errorf("listens on %s, exposes %s", c.Server.Listen, i.the(t, "EXPOSE"))
	}
	if c.Server.AdminListen != defaults().Server.AdminListen {
		t.Error("the operators' listener is the container's own until somebody opens it")
	}
	program, config := i.command(t, "ENTRYPOINT")[0], i.command(t, "CMD")[2]
	if got, want := i.command(t, "HEALTHCHECK"), []string{program, "health", "--config", config}; !slices.Equal(got, want) {
		t.Errorf("HEALTHCHECK %q, want %q", got, want)
	}
	if got, want := i.command(t, "CMD"), []string{"serve", "--config", config}; !slices.Equal(got, want) || i.the(t, "STOPSIGNAL") != "SIGTERM" {
		t.Errorf("CMD %q, want %q, and SIGTERM", got, want)
	}
	for _, label := range []string{"title", "description", "source", "documentation", "licenses", "version", "revision", "created"} {
		if !strings.Contains(i.the(t, "LABEL"), "org.opencontainers.image."+label+"=") {
			t.Errorf("no label %s", label)
		}
	}
}

// The release, the image and the archives are built with the same flags, by a Go
// that the module allows.
func TestBuildsAreTheSame(t *testing.T) {
	text := contents(t, root+"/Dockerfile")
	flags := regexp.MustCompile(`go build (-trimpath .*) -o `).FindStringSubmatch(contents(t, root+"/.ci/build"))
	if flags == nil || !strings.Contains(text, "CGO_ENABLED=0 ") || !strings.Contains(text, "go build "+flags[1]+" -o ") {
		t.Errorf("the Dockerfile does not build with %q", flags)
	}
	release := contents(t, root+"/.goreleaser.yaml")
	for _, want := range []string{
		"env: [CGO_ENABLED=0, GOFLAGS=]", "flags: [-trimpath, -buildvcs=false]",
		`ldflags: ["-s -w -buildid= -X main.release={{.Tag}} -X main.commit={{.FullCommit}} -X main.date={{.CommitDate}}"]`,
	} {
		if !strings.Contains(release, want) {
			t.Errorf(".goreleaser.yaml does not say %s", want)
		}
	}
	const goreleaserFlags = `-trimpath -buildvcs=false -ldflags "-s -w -buildid= -X main.release=$VERSION -X main.commit=$COMMIT -X main.date=$DATE"`
	if flags[1] != goreleaserFlags {
		t.Errorf(".ci/build has %s: .goreleaser.yaml and this test know of %s", flags[1], goreleaserFlags)
	}
	uses := regexp.MustCompile(`(?m)^ARG GO=(\d+\.\d+)\.\d+$`).FindStringSubmatch(text)
	if uses == nil || !strings.Contains(contents(t, root+"/go.mod"), "\ngo "+uses[1]+".") {
		t.Errorf("the Dockerfile's Go, %q, is not that of go.mod", uses)
	}
}

// buildContext are the files that a builder is given: those that .dockerignore
// leaves.
func buildContext(t *testing.T) (files []string) {
	t.Helper()
	skip := ignoredBy(t, contents(t, root+"/.dockerignore"))
	err := filepath.WalkDir(root, func(name string, d os.DirEntry, err error) error {
		rel, _ := filepath.Rel(root, name)
		switch {
		case err != nil || rel == ".":
			return err
		case skip(filepath.ToSlash(rel)) && d.IsDir():
			return filepath.SkipDir
		case !skip(filepath.ToSlash(rel)) && !d.IsDir():
			files = append(files, rel)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return files
}

// ignoredBy reads the forms that this .dockerignore uses: everything, but a few
// names at the top, without some names at any depth.
func ignoredBy(t *testing.T, rules string) func(name string) bool {
	t.Helper()
	var top, anywhere []string
	all := false
	for rule := range strings.Lines(rules) {
		switch rule = strings.TrimSpace(rule); {
		case rule == "" || strings.HasPrefix(rule, "#"):
		case rule == "*":
			all = true
		case strings.HasPrefix(rule, "!") && !strings.Contains(rule, "/"):
			top = append(top, rule[1:])
		case strings.HasPrefix(rule, "**/"):
			anywhere = append(anywhere, rule[3:])
		default:
			t.Fatalf(".dockerignore: %s: this test does not know what it means", rule)
		}
	}
	if !all {
		t.Fatal(".dockerignore: begin with *: nobody thinks of everything that must not go into an image")
	}
	return func(name string) bool {
		first, _, _ := strings.Cut(name, "/")
		return !slices.Contains(top, first) || slices.ContainsFunc(anywhere, func(pattern string) bool {
			ok, err := path.Match(pattern, path.Base(name))
			return ok && err == nil
		})
	}
}

func TestBuildContext(t *testing.T) {
	files := buildContext(t)
	for _, want := range []string{"go.mod", "go.sum", "config.yaml", "cmd/weizhangbot/main.go", "bot/privacy.txt"} {
		if !slices.Contains(files, filepath.FromSlash(want)) {
			t.Errorf("no %s in the context of the build", want)
		}
	}
	for _, name := range files {
		if strings.HasPrefix(name, ".") || strings.Contains(name, "testdata") || strings.HasSuffix(name, "_test.go") || strings.HasSuffix(name, ".db") {
			t.Errorf("%s: not for an image", name)
		}
	}
}
