package main

import (
	"fmt"
	"go/ast"
	"go/build"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// A room is one row of the import table: what a package may import beside the
// standard library, what it never may, and why. The test reads the files itself
// and in this process: the answer of a `go list` that the test started would be
// cached together with the test's own.
type room struct {
	pkg     string
	ours    []string // packages of this module
	theirs  []string // modules of others
	std     []string // parts of the standard library it keeps away from
	inTests []string // packages of this module that only its tests may import
	why     string
}

// wholeBot is what a test needs to let a whole conversation run.
var wholeBot = []string{"bot", "bot/nlu", "bot/plate", "bot/bottest", "bot/lookup", "bot/deliver", "bot/watch", "juhe", "juhe/juhetest", "storage", "storage/boltstore", "storage/sealed"}

var house = []room{
	{pkg: "juhe", inTests: []string{"juhe/juhetest"},
		why: "others use this client: it brings nothing of the bot and no module with it"},
	{pkg: "juhe/juhetest",
		why: "a fake that shares structs with the client shares its mistakes"},
	{pkg: "bot/plate", theirs: []string{"golang.org/x/text"}, std: network,
		why: "plates are a table and a grammar; they know nobody"},
	{pkg: "bot/nlu", ours: []string{"bot/plate"}, std: network,
		why: "understanding a message needs no dialogue, no store, no network"},
	{pkg: "bot", ours: []string{"bot/plate", "bot/nlu", "storage"}, inTests: wholeBot, std: network,
		why: "it is the vocabulary: no HTTP, no SQL, no logging, no adapter"},
	{pkg: "bot/lookup", ours: []string{"bot", "juhe", "storage"}, theirs: []string{logrusPkg, "golang.org/x/sync", "golang.org/x/time", "github.com/sony/gobreaker"},
		inTests: append([]string{"storage/storagetest"}, wholeBot...),
		why:     "the paid door stands between bot and juhe; drivers and adapters are cmd's choice"},
	{pkg: "bot/watch", ours: []string{"bot", "storage"}, theirs: []string{logrusPkg, "golang.org/x/sync", "golang.org/x/time"}, inTests: wholeBot,
		why: "it decides when and whom to tell; lookup asks and deliver sends"},
	{pkg: "bot/deliver", ours: []string{"bot", "storage"}, theirs: []string{logrusPkg, "golang.org/x/sync", "golang.org/x/time"}, inTests: wholeBot,
		why: "it decides when and whether to send; adapters know how"},
	{pkg: "bot/wechat", ours: []string{"bot"}, theirs: []string{logrusPkg, "github.com/silenceper/wechat", "golang.org/x/sync", "golang.org/x/text", "golang.org/x/time"},
		inTests: append([]string{"bot/wechat/wechattest"}, wholeBot...),
		why:     "an adapter is its platform's door and nothing else: no other adapter, no Juhe, no store"},
	{pkg: "bot/wechat/wechattest",
		why: "a fake that shares code with the adapter or its SDK shares its mistakes"},
	{pkg: "bot/telegram", ours: []string{"bot"}, theirs: []string{logrusPkg, "github.com/go-telegram/bot", "golang.org/x/sync", "golang.org/x/time"},
		inTests: append([]string{"bot/telegram/telegramtest"}, wholeBot...),
		why:     "an adapter is its platform's door and nothing else: no other adapter, no Juhe, no store"},
	{pkg: "bot/telegram/telegramtest",
		why: "a fake that shares code with the adapter or its SDK shares its mistakes"},
	{pkg: "bot/playground", ours: []string{"bot"}, theirs: []string{logrusPkg}, inTests: wholeBot,
		why: "an adapter is its platform's door and nothing else: no other adapter, no Juhe, no store"},
	{pkg: "bot/admin", ours: []string{"bot", "storage"}, theirs: []string{logrusPkg, "github.com/prometheus/client_golang"}, inTests: wholeBot,
		why: "the operator's listener shows what others count"},
	{pkg: "bot/bottest", ours: wholeBot, theirs: testLibraries,
		why: "the suite of the adapters runs whole conversations"},
	{pkg: "storage", inTests: []string{"storage/storagetest"}, std: network,
		why: "it is the port: it knows neither side"},
	{pkg: "storage/sealed", ours: []string{"storage", "storage/internal/driver"}, theirs: []string{"golang.org/x/sync"}, inTests: []string{"storage/storagetest", "storage/boltstore"}, std: network,
		why: "it wraps any Store and must not know which, nor what the records mean"},
	{pkg: "storage/internal/driver", ours: []string{"storage"}, theirs: []string{logrusPkg}, std: network,
		why: "what the drivers share knows neither a file nor a database"},
	{pkg: "storage/boltstore", ours: []string{"storage", "storage/internal/driver"}, theirs: []string{logrusPkg, "go.etcd.io/bbolt", "github.com/tidwall/btree", "golang.org/x/sync"}, inTests: []string{"storage/storagetest", "storage/sealed"},
		why: "a driver knows its file; not the other driver, not the bot"},
	{pkg: "storage/pgstore", ours: []string{"storage", "storage/internal/driver"}, theirs: []string{logrusPkg, "github.com/jackc/pgx", "github.com/riverqueue/river", "golang.org/x/sync"}, inTests: []string{"storage/storagetest", "storage/sealed", "storage/pgstore/pgtest"},
		why: "a driver knows its database; not the other driver, not the bot"},
	{pkg: "storage/pgstore/pgtest",
		why: "it gives tests a server, and knows nothing of what they do there"},
	{pkg: "storage/storagetest", ours: []string{"storage"}, theirs: testLibraries,
		why: "one suite for every driver knows none of them"},
}

const logrusPkg = "github.com/sirupsen/logrus"

// network is what a package of pure decisions has no use for.
var network = []string{"net", "net/http", "database/sql", "log", "log/slog", "os/exec"}

// testLibraries are what any test may use.
var testLibraries = []string{"github.com/google/go-cmp", "pgregory.net/rapid", "go.uber.org/goleak", "github.com/rogpeppe/go-internal", "github.com/chromedp"}

func TestImportTable(t *testing.T) {
	for _, f := range goFiles(t) {
		for _, fault := range importFaults(f) {
			t.Error(fault)
		}
	}
}

// A guard that cannot fail guards nothing.
func TestImportTableRefuses(t *testing.T) {
	for _, tt := range []struct{ name, file, source, want string }{
		{"an adapter that pays", "bot/wechat/x.go", `import "` + module + `/juhe"`, "bot/wechat/x.go: imports juhe: an adapter is its platform's door"},
		{"the vocabulary speaking HTTP", "bot/x.go", `import "net/http"`, "bot/x.go: imports net/http: it is the vocabulary"},
		{"an adapter with spans of its own", "bot/telegram/x.go", `import "go.opentelemetry.io/otel/trace"`, "bot/telegram/x.go: imports go.opentelemetry.io/otel/trace: an adapter is its platform's door"},
		{"a driver knowing the other", "storage/pgstore/x.go", `import "` + module + `/storage/boltstore"`, "storage/pgstore/x.go: imports storage/boltstore: a driver knows its database"},
		{"a module nobody weighed", "juhe/x.go", `import "github.com/spf13/viper"`, "juhe/x.go: imports github.com/spf13/viper: others use this client"},
		{"a fake sharing the client's structs in a test", "juhe/juhetest/x_test.go", `import "` + module + `/juhe"`, "imports juhe: a fake that shares structs"},
		{"a test helper in production", "bot/x.go", `import "` + module + `/bot/bottest"`, "imports bot/bottest: it is the vocabulary"},
		{"the program imported", "bot/x.go", `import "` + module + `/cmd/weizhangbot"`, "imports cmd/weizhangbot"},
		{"a room that is not on the plan", "bot/magic/x.go", ``, "bot/magic/x.go: no row in the import table"},
		{"allowed: the port", "bot/x.go", `import "` + module + `/storage"`, ""},
		{"allowed: a test on the whole bot", "bot/x_test.go", `import "` + module + `/juhe/juhetest"`, ""},
		{"allowed: a test library", "bot/x_test.go", `import "github.com/google/go-cmp/cmp"`, ""},
		{"allowed: a test that looks into the file of its store", "storage/sealed/x_test.go", `import "go.etcd.io/bbolt"`, ""},
		{"the same outside of a test", "storage/sealed/x.go", `import "go.etcd.io/bbolt"`, "imports go.etcd.io/bbolt: it wraps any Store"},
		{"allowed: everything in the program", "cmd/weizhangbot/x.go", `import "go.etcd.io/bbolt"`, ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			got := strings.Join(importFaults(parsed(t, tt.file, "package x\n"+tt.source)), "\n")
			if !strings.Contains(got, tt.want) || tt.want == "" && got != "" {
				t.Errorf("got %q, want %q", got, tt.want)
			}
		})
	}
}

func importFaults(f goFile) []string {
	dir := path.Dir(f.path)
	if dir == "cmd/weizhangbot" {
		return nil
	}
	i := slices.IndexFunc(house, func(r room) bool { return r.pkg == dir })
	if i < 0 {
		return []string{f.path + ": no row in the import table: say in `house` what the package may import, and why it exists"}
	}
	r := house[i]
	var faults []string
	for _, spec := range f.tree.Imports {
		name, _ := strconv.Unquote(spec.Path.Value)
		name, own := strings.CutPrefix(name, module+"/")
		if !r.allows(name, own, f.isTest()) {
			faults = append(faults, fmt.Sprintf("%s: imports %s: %s", f.path, name, r.why))
		}
	}
	return faults
}

func (r room) allows(name string, own, inTest bool) bool {
	switch {
	case own:
		return slices.Contains(r.ours, name) || inTest && (name == r.pkg || slices.Contains(r.inTests, name))
	case !strings.Contains(name, "."): // the standard library
		return inTest || !slices.Contains(r.std, name)
	default:
		return within(name, r.theirs) || inTest && (within(name, testLibraries) || r.borrows(name))
	}
}

// borrows tells whether one of the packages that the room's tests may use
// brings the module: who may open a store may look into its file.
func (r room) borrows(name string) bool {
	return slices.ContainsFunc(house, func(other room) bool {
		return slices.Contains(r.inTests, other.pkg) && within(name, other.theirs)
	})
}

// within tells whether the package belongs to one of the modules.
func within(pkg string, modules []string) bool {
	return slices.ContainsFunc(modules, func(m string) bool { return pkg == m || strings.HasPrefix(pkg, m+"/") })
}

// A goFile is one parsed file, with its path within the module.
type goFile struct {
	path string
	fset *token.FileSet
	tree *ast.File
}

func (f goFile) isTest() bool { return strings.HasSuffix(f.path, "_test.go") }

func (f goFile) line(p token.Pos) int { return f.fset.Position(p).Line }

// root is the module's directory, seen from this package's tests.
const root = "../.."

func goFiles(t *testing.T) []goFile {
	t.Helper()
	var files []goFile
	err := filepath.WalkDir(root, func(name string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if d.IsDir() {
			if hidden := strings.HasPrefix(d.Name(), ".") && d.Name() != ".."; hidden || d.Name() == "testdata" {
				return fs.SkipDir
			}
			return nil
		}
		if strings.HasSuffix(name, ".go") {
			source, err := os.ReadFile(name)
			if err != nil {
				return err
			}
			rel, err := filepath.Rel(root, name)
			if err != nil {
				return err
			}
			files = append(files, parsed(t, filepath.ToSlash(rel), string(source)))
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if len(files) < 10 {
		t.Fatalf("only %d files found: the walk does not reach the module", len(files))
	}
	return files
}

func parsed(t *testing.T, name, source string) goFile {
	t.Helper()
	fset := token.NewFileSet()
	tree, err := parser.ParseFile(fset, name, source, parser.SkipObjectResolution)
	if err != nil {
		t.Fatal(err)
	}
	return goFile{name, fset, tree}
}

// stdName tells whether the standard library has a package of this name.
func stdName(name string) bool {
	p, err := build.Import(name, "", build.FindOnly)
	return err == nil && p.Goroot
}
