package wechat

import (
	"strings"
	"unicode/utf8"
	"unsafe"

	"golang.org/x/text/encoding/simplifiedchinese"
)

// An inbound is a message as WeChat posts it. Every field is a string, also
// the numbers: one odd value must not lose the message.
type inbound struct {
	ToUserName   string // the account
	FromUserName string // the person's openid
	CreateTime   string
	MsgType      string
	MsgID        string
	Content      string
	Recognition  string // what a voice message says, where WeChat tells
	PicURL       string
	MediaID      string
	Event        string
	EventKey     string
	Ticket       string
	Status       string // of a template message that was sent
	Encrypt      string
}

// Bounds of the scanner. WeChat's messages have some 20 fields, two levels deep.
const (
	maxFields = 100
	maxDepth  = 16
)

// field is where a top-level element goes; nil: nowhere.
func (in *inbound) field(name string) *string {
	switch name {
	case "ToUserName":
		return &in.ToUserName
	case "FromUserName":
		return &in.FromUserName
	case "CreateTime":
		return &in.CreateTime
	case "MsgType":
		return &in.MsgType
	case "MsgId", "MsgID": // the second in reports about template messages
		return &in.MsgID
	case "Content":
		return &in.Content
	case "Recognition":
		return &in.Recognition
	case "PicUrl":
		return &in.PicURL
	case "MediaId":
		return &in.MediaID
	case "Event":
		return &in.Event
	case "EventKey":
		return &in.EventKey
	case "Ticket":
		return &in.Ticket
	case "Status":
		return &in.Status
	case "Encrypt":
		return &in.Encrypt
	}
	return nil
}

// scan reads WeChat's XML: one root, its children, their text. On what
// encoding/xml accepts it agrees with it, at a fraction of the cost; beyond, it
// reads what WeChat does send and XML does not allow: control characters, and
// ]]> inside of a CDATA section, which WeChat does not escape. There are no
// entities but the five built in, and a DTD is refused. What it returns shares the
// memory of body, which is nobody else's from then on.
func scan(body []byte) (inbound, error) {
	s := scanner{rest: decode(body)}
	err := s.document()
	return s.in, err
}

// decode makes UTF-8 of a body. What the XML declaration says does not count:
// the bytes do.
func decode(body []byte) string {
	if len(body) > 0 && utf8.Valid(body) {
		return unsafe.String(&body[0], len(body)) //nolint:gosec // see scan
	}
	if b, err := simplifiedchinese.GB18030.NewDecoder().Bytes(body); err == nil && !strings.ContainsRune(string(b), utf8.RuneError) {
		return string(b)
	}
	return strings.ToValidUTF8(string(body), "\uFFFD")
}

type scanner struct {
	rest string
	in   inbound
	seen int
}

func (s *scanner) document() error {
	s.rest = strings.TrimPrefix(s.rest, "\uFEFF")
	name, empty, err := s.open()
	if err != nil || name != "xml" {
		return errMalform
	}
	for !empty {
		name, leaf, err := s.open()
		if err != nil {
			return err
		}
		if name == "/xml" {
			return nil
		}
		if s.seen++; s.seen > maxFields || strings.HasPrefix(name, "/") {
			return errMalform
		}
		var value string
		if !leaf {
			if value, err = s.value(name); err != nil {
				return err
			}
		}
		// The first counts: what a person writes stands behind who wrote it.
		if f := s.in.field(name); f != nil && *f == "" {
			*f = clean(value)
		}
	}
	return nil
}

// open goes to the next tag and returns its name, with a slash in front for an
// end tag. Text, comments, CDATA and instructions in between are left out.
func (s *scanner) open() (name string, empty bool, err error) {
	for {
		_, after, found := strings.Cut(s.rest, "<")
		if !found || after == "" {
			return "", false, errMalform
		}
		s.rest = after
		switch {
		case after[0] == '?':
			err = s.skip("?>")
		case strings.HasPrefix(after, "!--"):
			s.rest = after[3:]
			err = s.skip("-->")
		case strings.HasPrefix(after, "![CDATA["):
			err = s.skip("]]>")
		case after[0] == '!':
			return "", false, errMalform // a DTD
		default:
			return s.tag()
		}
		if err != nil {
			return "", false, err
		}
	}
}

func (s *scanner) skip(end string) error {
	_, after, found := strings.Cut(s.rest, end)
	if !found {
		return errMalform
	}
	s.rest = after
	return nil
}

// tag reads a tag behind its <, attributes and all.
func (s *scanner) tag() (name string, empty bool, err error) {
	var quote byte
	for i := range len(s.rest) {
		switch c := s.rest[i]; {
		case quote != 0:
			if c == quote {
				quote = 0
			}
		case c == '"' || c == '\'':
			quote = c
		case c == '<':
			return "", false, errMalform
		case c == '>':
			inner := s.rest[:i]
			s.rest = s.rest[i+1:]
			inner, empty = strings.CutSuffix(inner, "/")
			if at := strings.IndexAny(inner, " \t\r\n"); at >= 0 {
				inner = inner[:at]
			}
			if inner == "" || inner == "/" {
				return "", false, errMalform
			}
			return inner, empty, nil
		}
	}
	return "", false, errMalform
}

// written tells which elements hold what a person wrote, or said.
func written(name string) bool {
	switch name {
	case "Content", "Recognition", "Label", "Title", "Description":
		return true
	}
	return false
}

// value reads the text of an element whose start tag has just been read, up to
// and with its end tag.
func (s *scanner) value(name string) (string, error) {
	const begin, end = "<![CDATA[", "]]>"
	if written(name) && strings.HasPrefix(s.rest, begin) {
		// To the last place that can be the end: a person may write anything,
		// also what looks like the end of it and like further fields.
		last := end + "</" + name + ">"
		if at := strings.LastIndex(s.rest, last); at >= len(begin) {
			text := s.rest[len(begin):at]
			s.rest = s.rest[at+len(last):]
			return strings.ReplaceAll(text, end+begin, ""), nil
		}
	}
	return s.mixed(name)
}

// mixed reads text, CDATA sections, and elements within, whose own text does
// not count.
func (s *scanner) mixed(name string) (string, error) {
	var text pieces
	var room [4]string
	open := append(room[:0], name)
	for len(open) > 0 {
		before, _, found := strings.Cut(s.rest, "<")
		if !found {
			return "", errMalform
		}
		s.rest = s.rest[len(before):]
		if len(open) == 1 {
			text.add(unescape(before))
		}
		if section, ok := s.section(); ok {
			if len(open) == 1 {
				text.add(section)
			}
			continue
		}
		tag, empty, err := s.here()
		switch {
		case err != nil:
			return "", err
		case tag == "":
		case tag[0] == '/':
			if tag[1:] != open[len(open)-1] {
				return "", errMalform
			}
			open = open[:len(open)-1]
		case !empty:
			if open = append(open, tag); len(open) > maxDepth {
				return "", errMalform
			}
		}
	}
	return text.whole(), nil
}

// pieces are what a text is put together of: one, as a rule, which is not copied.
type pieces struct {
	first string
	all   strings.Builder
}

func (p *pieces) add(s string) {
	switch {
	case s == "":
	case p.first == "":
		p.first = s
	default:
		if p.all.Len() == 0 {
			p.all.WriteString(p.first)
		}
		p.all.WriteString(s)
	}
}

func (p *pieces) whole() string {
	if p.all.Len() == 0 {
		return p.first
	}
	return p.all.String()
}

// section reads a CDATA section that stands here.
func (s *scanner) section() (text string, ok bool) {
	after, ok := strings.CutPrefix(s.rest, "<![CDATA[")
	if !ok {
		return "", false
	}
	text, rest, ok := strings.Cut(after, "]]>")
	if ok {
		s.rest = rest
	}
	return text, ok
}

// here reads the one tag, comment or instruction that stands here; the name is
// empty for what is none.
func (s *scanner) here() (name string, empty bool, err error) {
	s.rest = s.rest[1:]
	switch {
	case strings.HasPrefix(s.rest, "?"):
		return "", false, s.skip("?>")
	case strings.HasPrefix(s.rest, "!--"):
		s.rest = s.rest[3:]
		return "", false, s.skip("-->")
	case strings.HasPrefix(s.rest, "!"):
		return "", false, errMalform
	}
	return s.tag()
}
