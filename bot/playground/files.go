package playground

import (
	"bytes"
	"crypto/sha256"
	"embed"
	"fmt"
	"html/template"
	"net/http"
	"time"
)

//go:embed web
var web embed.FS

// files serves the page and what it loads. The page is made once: the users
// and suggestions in it do not change while the program runs.
type files struct {
	byPath map[string]file
}

type file struct {
	kind string
	etag string
	body []byte
}

func loadFiles(cfg Config) (*files, error) {
	page, err := template.ParseFS(web, "web/index.html")
	if err != nil {
		return nil, err
	}
	var index bytes.Buffer
	if err := page.Execute(&index, cfg); err != nil {
		return nil, err
	}
	f := &files{byPath: map[string]file{}}
	f.put("/", "text/html; charset=utf-8", index.Bytes())
	for name, kind := range map[string]string{
		"app.js":    "text/javascript; charset=utf-8",
		"style.css": "text/css; charset=utf-8",
		"icon.svg":  "image/svg+xml",
	} {
		body, err := web.ReadFile("web/" + name)
		if err != nil {
			return nil, err
		}
		f.put("/"+name, kind, body)
	}
	return f, nil
}

func (f *files) put(path, kind string, body []byte) {
	f.byPath[path] = file{kind: kind, body: body, etag: fmt.Sprintf(`"%x"`, sha256.Sum256(body))}
}

// ServeHTTP serves a file. The browser keeps it and asks whether it changed,
// so that a newer program is never seen with an older script.
func (f *files) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	file, ok := f.byPath[r.URL.Path]
	if !ok {
		http.NotFound(w, r)
		return
	}
	w.Header().Set("Content-Type", file.kind)
	w.Header().Set("ETag", file.etag)
	w.Header().Set("Cache-Control", "no-cache")
	http.ServeContent(w, r, "", time.Time{}, bytes.NewReader(file.body))
}
