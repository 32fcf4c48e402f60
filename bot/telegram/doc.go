// Package telegram is the bot's door to Telegram: it takes updates in, hands
// them to the dialogue, and sends what the dialogue answers. It decides nothing
// about plates, queries or money.
//
//	Telegram ──getUpdates / webhook──▶ door ──Inbox.Store──▶ acknowledged
//	                                                │
//	          bot.Handler ◀── turn ◀──Inbox.Work────┘   one chat in order,
//	               │                                    chats in parallel
//	               └─▶ render ─▶ keyboard ─▶ sender ──▶ Telegram
//
// An update is acknowledged when it is on disk, and leaves the disk when it is
// answered; a process that dies in between finds it again. A query that takes
// longer than a second gets a message of its own, 「正在查询」, which is edited
// into the result; what the person says meanwhile is answered meanwhile.
//
// # Reading order
//
// telegram.go (what it is), update.go (what comes in), poll.go and webhook.go
// (the two doors), turn.go and hear.go (an update's way to the dialogue and
// back), group.go and photo.go (its side-ways), render.go and keyboard.go (what
// goes out), send.go, pace.go and wire.go (how it goes out), push.go (in which
// order, and unasked), commands.go and texts.go (the menu).
//
// The facts about the platform are from https://core.telegram.org/bots/api,
// https://core.telegram.org/bots/faq and the source of its server,
// https://github.com/tdlib/telegram-bot-api.
package telegram
