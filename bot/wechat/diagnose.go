package wechat

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"

	apicontext "github.com/silenceper/wechat/v2/officialaccount/context"
	"github.com/silenceper/wechat/v2/officialaccount/menu"
	"github.com/silenceper/wechat/v2/officialaccount/message"
)

// A Check is what became of one question to the platform.
type Check struct {
	Name string // token, account, menu, template
	Err  error  // nil: fine; its text tells the operator what to do
	// Fixable tells that SetMenu mends it.
	Fixable bool
}

// The errcodes that a diagnosis tells apart.
const (
	noMenu   = 46003 // there is no menu
	noRights = 48001 // the account may not do this
)

// Diagnose asks the platform what the account may do. It sends nothing to
// anybody and changes nothing.
func (a *Adapter) Diagnose(ctx context.Context) []Check {
	if a.cfg.Account == Basic {
		return nil // such an account is asked, and never asks
	}
	if _, err := a.api.tokens.get(ctx); err != nil {
		return []Check{{Name: "token", Err: err}}
	}
	templates, err := a.templates(ctx)
	checks := []Check{{Name: "token"}, {Name: "account", Err: a.fits(err)}, a.checkMenu(ctx)}
	if a.cfg.Template.ID != "" && err == nil {
		checks = append(checks, Check{Name: "template", Err: a.cfg.Template.compare(templates)})
	}
	return checks
}

// templates are the account's, its content by their ids. Only a certified 服务号
// may ask for them, which tells it from the others.
func (a *Adapter) templates(ctx context.Context) (map[string]string, error) {
	var list []*message.TemplateItem
	err := a.api.call(ctx, func(api *apicontext.Context) (err error) {
		list, err = message.NewTemplate(api).List()
		return err
	})
	contents := make(map[string]string, len(list))
	for _, t := range list {
		contents[t.TemplateID] = t.Content
	}
	return contents, err
}

// fits compares what the account is with what it is said to be, by how the
// question for its templates ended.
func (a *Adapter) fits(err error) error {
	switch code := codeOf(err); {
	case a.cfg.Account == Service && code == noRights:
		return errors.New("wechat: it may not send template messages, so it is no certified 服务号: set wechat.account: subscription, or have it certified")
	case a.cfg.Account == Subscription && err == nil:
		return errors.New("wechat: it may send template messages, so it is a certified 服务号: set wechat.account: service, and wechat.template for notices after 48 h")
	case code == noRights:
		return nil
	}
	return err
}

func (a *Adapter) checkMenu(ctx context.Context) Check {
	var now menu.ResMenu
	err := a.api.call(ctx, func(api *apicontext.Context) (err error) {
		now, err = menu.NewMenu(api).GetMenu()
		return err
	})
	switch {
	case codeOf(err) == noMenu:
		return Check{Name: "menu", Err: errors.New("wechat: there is no menu yet"), Fixable: true}
	case codeOf(err) == noRights:
		return Check{Name: "menu", Err: fmt.Errorf("%w: a certified account has a menu, others set wechat.account: basic", err)}
	case err != nil:
		return Check{Name: "menu", Err: err}
	}
	keys := map[string]bool{}
	for _, b := range now.Menu.Button {
		keys[b.Key] = true
		for _, sub := range b.SubButtons {
			keys[sub.Key] = true
		}
	}
	for _, b := range menuWords {
		if !keys[b.key] {
			return Check{Name: "menu", Err: fmt.Errorf("wechat: the menu lacks %s", menuWord(b.key)), Fixable: true}
		}
	}
	return Check{Name: "menu"}
}

// placeholder is a field in the content of a template: {{thing1.DATA}}.
var placeholder = regexp.MustCompile(`\{\{\s*(\w+)\.DATA\s*\}\}`)

// compare tells what WeChat would refuse of t, or show too little of, given the
// account's templates.
func (t Template) compare(templates map[string]string) error {
	content, known := templates[t.ID]
	if !known {
		return fmt.Errorf("wechat: template.id is none of the account's %d templates: copy it from 广告与服务 → 模板消息 → 我的模板", len(templates))
	}
	has := map[string]bool{}
	for _, m := range placeholder.FindAllStringSubmatch(content, -1) {
		has[m[1]] = true
	}
	var faults []error
	for _, name := range slices.Sorted(maps.Keys(has)) {
		if t.Fields[name] == "" {
			faults = append(faults, fmt.Errorf("wechat: template.fields lacks %s: WeChat refuses a message with an empty field (47003)", name))
		}
	}
	for _, name := range slices.Sorted(maps.Keys(t.Fields)) {
		kind, _ := kindOf(name) // checked by New
		switch source := t.Fields[name]; {
		case !has[name]:
			faults = append(faults, fmt.Errorf("wechat: template.fields.%s: the template has no such field, only %s", name, strings.Join(slices.Sorted(maps.Keys(has)), ", ")))
		case kind.longest < needs[source]:
			faults = append(faults, fmt.Errorf("wechat: template.fields.%s: WeChat takes %d characters there, and %s needs %d to say anything: choose a field of another kind", name, kind.longest, source, needs[source]))
		}
	}
	return errors.Join(faults...)
}

// needs is how many characters a source takes to say something: a plate of a
// new-energy car, a date with its time; of a place and an act the beginning.
var needs = map[string]int{"plate": 8, "time": 17, "place": 8, "act": 8}
