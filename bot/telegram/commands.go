package telegram

import (
	"context"

	tg "github.com/go-telegram/bot"
	"github.com/go-telegram/bot/models"

	"github.com/weizhangbot/weizhangbot/bot"
)

// register shows the commands in the clients' menus: in English, and in Chinese
// for clients set to Chinese. Groups are shown none: nothing is answered there.
func (a *Adapter) register(ctx context.Context) {
	for _, menu := range []struct {
		lang bot.Lang
		code string // ISO 639-1; "": everybody without a menu of their own
	}{{bot.English, ""}, {bot.Chinese, "zh"}} {
		err := a.insist(ctx, "setMyCommands", func(ctx context.Context) error {
			_, err := a.api.SetMyCommands(ctx, &tg.SetMyCommandsParams{
				Commands: menuOf(menu.lang), LanguageCode: menu.code, Scope: &models.BotCommandScopeAllPrivateChats{},
			})
			return err
		})
		if ctx.Err() != nil {
			return
		}
		if err != nil { // the bot works without a menu
			a.cfg.Log.WithError(a.wire.redact(err)).Warn("telegram: commands not registered")
		}
	}
}

func menuOf(l bot.Lang) []models.BotCommand {
	const maxDescription = 256 // characters (Bot API, BotCommand)
	var menu []models.BotCommand
	for _, c := range commands {
		if d := c.describe(l); d != "" {
			menu = append(menu, models.BotCommand{Command: c.name, Description: head(d, maxDescription)})
		}
	}
	return menu
}
