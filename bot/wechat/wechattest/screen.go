package wechattest

import (
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"regexp"
	"strings"
)

// A Bubble is a text as the person sees it: the words, and what of them can be
// tapped.
type Bubble struct {
	Text string
	Taps []Link
}

// A Link is a word to tap; Sends is the text message that it becomes.
type Link struct {
	Label, Sends, ID string
}

var anchor = regexp.MustCompile(`<a href="([^"]*)">([^<]*)</a>`)

// Show is how a text looks on the screen.
func Show(text string) Bubble {
	var b Bubble
	b.Text = anchor.ReplaceAllStringFunc(text, func(a string) string {
		parts := anchor.FindStringSubmatch(a)
		query, found := strings.CutPrefix(parts[1], "weixin://bizmsgmenu?")
		if !found {
			return a
		}
		l := Link{Label: parts[2]}
		for _, pair := range strings.Split(query, "&") {
			switch name, value, _ := strings.Cut(pair, "="); name {
			case "msgmenucontent":
				l.Sends = value
			case "msgmenuid":
				l.ID = value
			}
		}
		b.Taps = append(b.Taps, l)
		return l.Label
	})
	b.Text = strings.ReplaceAll(b.Text, "\u200b", "") // it has no width, and a tag with it inside is none
	return b
}

// parse reads the children of the root.
func parse(body string) (map[string]string, error) {
	d := xml.NewDecoder(strings.NewReader(body))
	elements := map[string]string{}
	var path []string
	for {
		token, err := d.Token()
		if errors.Is(err, io.EOF) {
			return elements, nil
		}
		if err != nil {
			return nil, fmt.Errorf("reply: malformed XML: %w", err)
		}
		switch token := token.(type) {
		case xml.StartElement:
			if path = append(path, token.Name.Local); path[0] != "xml" {
				return nil, fmt.Errorf("reply: root %q", path[0])
			}
			if len(path) == 2 {
				elements[path[1]] = ""
			}
		case xml.EndElement:
			path = path[:len(path)-1]
		case xml.CharData:
			if len(path) == 2 {
				elements[path[1]] += string(token)
			}
			if len(path) == 0 && strings.TrimSpace(string(token)) != "" {
				return nil, errors.New("reply: no XML")
			}
		}
	}
}
