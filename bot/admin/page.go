package admin

import (
	"embed"
	"html/template"
	"net/http"
	"regexp"
	"strconv"
)

//go:embed web
var web embed.FS

var pages = template.Must(template.New("").Funcs(template.FuncMap{
	"queue": queueName,
	"spell": spell,
	"f":     func(x float64) string { return strconv.FormatFloat(x, 'f', 2, 64) },
}).ParseFS(web, "web/*.html"))

func serveFile(w http.ResponseWriter, name, kind string) {
	b, err := web.ReadFile("web/" + name)
	if err != nil {
		http.Error(w, "not found", http.StatusNotFound)
		return
	}
	w.Header().Set("Content-Type", kind)
	_, _ = w.Write(b) // whoever asked has left
}

// longNumber is what an identity could hide in.
var longNumber = regexp.MustCompile(`[A-Za-z0-9_-]*[0-9][A-Za-z0-9_-]{7,}`)

// MaskDetail is the detail of an alarm without anything that could name
// somebody. It holds no personal data as it is: this is the second lock.
func MaskDetail(s string) string { return longNumber.ReplaceAllString(s, "***") }
