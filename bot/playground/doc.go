// Package playground is a chat without a platform: a page for the browser and
// a conversation for the terminal, both in front of the same [bot.Handler] as
// the real channels.
//
//	browser ── POST /say ──▶ conversation ──▶ turns ──▶ bot.Handler
//	   ▲                          │ transcript, bounded        │
//	   └──── GET /events ◀────────┴──────── replies ◀──────────┘
//
// A [Page] keeps one conversation per invented user. What was said is numbered
// in its transcript; every open tab follows the transcript as server-sent
// events and, after a broken connection, goes on where it stopped. The bot
// remembers everything that matters by itself: a transcript lives in memory,
// only so that a reload shows the same screen.
//
// Reading order: page.go (what it is), conversation.go (transcript and queue),
// turns.go (a message's way through the bot), events.go, panel.go and actions.go
// (what the browser reads and presses), guard.go (what it may not do), terminal.go (the other chat).
package playground
