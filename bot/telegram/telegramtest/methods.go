package telegramtest

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"mime/multipart"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"
)

// params are what a request brings, whatever its encoding.
type params map[string]string

// readParams reads query, urlencoded, multipart or JSON.
func readParams(r *http.Request) (params, error) {
	p := params{}
	for k, v := range r.URL.Query() {
		p[k] = v[0]
	}
	kind, _, _ := strings.Cut(r.Header.Get("Content-Type"), ";")
	switch kind {
	case "application/json":
		var fields map[string]json.RawMessage
		if err := json.NewDecoder(r.Body).Decode(&fields); err != nil && !errors.Is(err, io.EOF) {
			return nil, errors.New("can't parse JSON")
		}
		for k, v := range fields {
			var text string
			if json.Unmarshal(v, &text) != nil {
				text = string(v)
			}
			p[k] = text
		}
	case "multipart/form-data":
		if err := r.ParseMultipartForm(50 << 20); err != nil { //nolint:gosec // the caller is a test
			return nil, errors.New("can't parse multipart")
		}
		for k, v := range r.MultipartForm.Value {
			p[k] = v[0]
		}
		if err := p.files(r.MultipartForm); err != nil {
			return nil, err
		}
	case "application/x-www-form-urlencoded":
		if err := r.ParseForm(); err != nil {
			return nil, errors.New("can't parse form")
		}
		for k, v := range r.PostForm {
			p[k] = v[0]
		}
	case "":
	default:
		return nil, errors.New("unsupported content type")
	}
	return p, nil
}

// files adds the uploads: their content under the field's name, and their own
// names under "field name". A file that another field names by attach:// stands
// there.
func (p params) files(form *multipart.Form) error {
	for k, v := range form.File {
		f, err := v[0].Open()
		if err != nil {
			return errors.New("can't open the upload")
		}
		content, err := io.ReadAll(f)
		if err := errors.Join(err, f.Close()); err != nil {
			return errors.New("can't read the upload")
		}
		for field, value := range p {
			if value == "attach://"+k {
				k = field
				break
			}
		}
		p[k], p[k+" name"] = string(content), v[0].Filename
	}
	return nil
}

func (p params) int(name string) int64 {
	n, _ := strconv.ParseInt(p[name], 10, 64)
	return n
}

func (p params) chat() int64 { return p.int("chat_id") }

// methods are those of the Bot API that a chat bot needs.
var methods = []string{
	"getMe", "getUpdates", "setWebhook", "deleteWebhook", "getWebhookInfo", "sendMessage", "editMessageText", "sendDocument",
	"deleteMessage", "answerCallbackQuery", "sendChatAction", "setMyCommands", "getMyCommands", "getFile",
}

// properName finds a method by its name in lower case: the real one does not
// care either.
func properName(lower string) string {
	for _, m := range methods {
		if strings.EqualFold(m, lower) {
			return m
		}
	}
	return lower
}

func (s *Server) do(r *http.Request, method string, p params) (json.RawMessage, error) {
	if method == "getUpdates" {
		return s.getUpdates(r, p)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	switch method {
	case "getMe":
		id, _, _ := strings.Cut(s.token, ":")
		return raw(`{"id":%s,"is_bot":true,"first_name":"违章","username":"weizhang_bot","can_join_groups":true,"can_read_all_group_messages":%t}`, id, s.nosy), nil
	case "setWebhook":
		return s.setWebhook(p)
	case "deleteWebhook":
		s.webhook = nil
		return raw(`true`), nil
	case "getWebhookInfo":
		return s.webhookInfo(), nil
	case "sendMessage":
		return s.sendMessage(p)
	case "sendDocument":
		return s.sendDocument(p)
	case "editMessageText":
		return s.editMessage(p)
	case "deleteMessage":
		return s.deleteMessage(p)
	case "answerCallbackQuery":
		return s.answerTap(p)
	case "sendChatAction":
		if _, err := s.reach(p.chat()); err != nil {
			return nil, err
		}
		return raw(`true`), nil
	case "setMyCommands":
		s.commands[p["language_code"]] = p["commands"]
		return raw(`true`), nil
	case "getMyCommands":
		if list, ok := s.commands[p["language_code"]]; ok {
			return json.RawMessage(list), nil
		}
		return raw(`[]`), nil
	case "getFile":
		content, ok := s.files[p["file_id"]]
		if !ok {
			return nil, bad("invalid file_id")
		}
		return raw(`{"file_id":%q,"file_unique_id":"u","file_size":%d,"file_path":"photos/%s.jpg"}`, p["file_id"], len(content), p["file_id"]), nil
	}
	return nil, refused(http.StatusNotFound, "Not Found")
}

func raw(format string, args ...any) json.RawMessage {
	return json.RawMessage(fmt.Sprintf(format, args...))
}

// download serves what getFile named.
func (s *Server) download(w http.ResponseWriter, path string) {
	s.mu.Lock()
	content, ok := s.files[strings.TrimSuffix(strings.TrimPrefix(path, "photos/"), ".jpg")]
	s.mu.Unlock()
	if !ok {
		refuse(w, http.StatusNotFound, "Not Found", nil)
		return
	}
	_, _ = w.Write(content)
}

// Commands is the menu registered for a language: its commands' names and
// descriptions.
func (s *Server) Commands(lang string) map[string]string {
	s.mu.Lock()
	defer s.mu.Unlock()
	var list []struct{ Command, Description string }
	_ = json.Unmarshal([]byte(s.commands[lang]), &list)
	menu := map[string]string{}
	for _, c := range list {
		menu[c.Command] = c.Description
	}
	return menu
}

// Menus are the languages with a menu.
func (s *Server) Menus() []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Sorted(maps.Keys(s.commands))
}

// longestPoll is what the server clamps the timeout of getUpdates to.
const longestPoll = 50 * time.Second

// getUpdates confirms what is below the offset and waits for what is not.
func (s *Server) getUpdates(r *http.Request, p params) (json.RawMessage, error) {
	s.mu.Lock()
	if s.webhook != nil {
		s.mu.Unlock()
		return nil, refused(http.StatusConflict, "Conflict: can't use getUpdates method while webhook is active; use deleteWebhook to delete the webhook first")
	}
	if s.poll != nil {
		close(s.poll)
	}
	mine := make(chan struct{})
	s.poll = mine
	s.allow(p["allowed_updates"])
	offset, limit := p.int("offset"), int(p.int("limit"))
	if limit < 1 || limit > 100 {
		limit = 100
	}
	if offset == s.lastPoll.offset && time.Since(s.lastPoll.at) < 500*time.Millisecond/s.speed {
		limit = 1 // the same offset again so soon: perhaps an update was too much
	}
	s.lastPoll.offset, s.lastPoll.at = offset, time.Now()
	s.confirm(offset)
	s.mu.Unlock()
	defer func() {
		s.mu.Lock()
		defer s.mu.Unlock()
		if s.poll == mine {
			s.poll = nil
		}
	}()
	timeout := time.After(min(time.Duration(p.int("timeout"))*time.Second, longestPoll))
	for {
		s.mu.Lock()
		batch, changed := s.batch(offset, limit), s.changed
		done := s.closed
		s.mu.Unlock()
		if len(batch) > 0 || done {
			return json.Marshal(batch)
		}
		select {
		case <-changed:
		case <-mine:
			return nil, refused(http.StatusConflict, "Conflict: terminated by other getUpdates request; make sure that only one bot instance is running")
		case <-timeout:
			return raw(`[]`), nil
		case <-r.Context().Done():
			return raw(`[]`), nil
		}
	}
}

// confirm forgets updates: those below offset, or with a negative one all but
// the last of them.
func (s *Server) confirm(offset int64) {
	if offset < 0 {
		s.pending = s.pending[max(0, len(s.pending)+int(offset)):]
		return
	}
	s.pending = slices.DeleteFunc(s.pending, func(u *pending) bool { return u.id < offset })
}

func (s *Server) batch(offset int64, limit int) []json.RawMessage {
	batch := []json.RawMessage{}
	for _, u := range s.pending {
		if u.id >= offset && len(batch) < limit {
			batch = append(batch, u.raw)
		}
	}
	return batch
}

// allow remembers which kinds of updates are wanted: left out, the last setting
// stays.
func (s *Server) allow(list string) {
	if list == "" {
		return
	}
	var kinds []string
	if json.Unmarshal([]byte(list), &kinds) == nil {
		s.allowed = kinds
	}
}

// Pending is how many updates wait to be confirmed or taken.
func (s *Server) Pending() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return len(s.pending)
}
