// Package wechattest plays WeChat: its API, its servers that deliver messages,
// and the screen on which a person reads. It shares no code with the adapter
// or with the library that the adapter uses: the sealing, the XML and the JSON
// are written anew from the platform's documents, so that a mistake on one side
// does not hide on the other.
//
//	Person ──▶ Platform ──POST, signed, sealed, up to three times──▶ the bot
//	  ▲           │ 200 with XML: a bubble · success: nothing · else: the banner
//	  └── API ◀───┴─────────── customer messages, templates ◀─────── the bot
package wechattest
