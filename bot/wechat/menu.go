package wechat

import (
	"context"
	"errors"

	apicontext "github.com/silenceper/wechat/v2/officialaccount/context"
	"github.com/silenceper/wechat/v2/officialaccount/menu"

	"github.com/weizhangbot/weizhangbot/bot"
)

// menuWords are the buttons of the menu, by the key that a tap sends.
var menuWords = []struct {
	key  string
	word bot.Text
}{
	{"query", wordQuery},
	{"cars", wordCars},
	{"help", wordHelp},
}

// menuWord is what a tap on a menu says: the word of one of our buttons, the
// key itself of one that the operator made.
func menuWord(key string) string {
	for _, b := range menuWords {
		if b.key == key {
			return bot.Sentence(bot.Chinese, b.word)
		}
	}
	return key
}

// ErrNoMenu: an account of this type cannot set its menu by the API. The
// operator makes it by hand, or does without.
var ErrNoMenu = errors.New("wechat: a basic account has no menu API: set the menu in 公众平台 → 自定义菜单, or leave it out")

// SetMenu replaces the account's menu by 查违章 · 我的车 · 帮助. People see it
// within 5 min, or after following anew.
func (a *Adapter) SetMenu(ctx context.Context) error {
	if a.cfg.Account == Basic {
		return ErrNoMenu
	}
	buttons := make([]*menu.Button, len(menuWords))
	for i, b := range menuWords {
		buttons[i] = menu.NewClickButton(menuWord(b.key), b.key)
	}
	return a.api.call(ctx, func(api *apicontext.Context) error {
		return menu.NewMenu(api).SetMenu(buttons)
	})
}
