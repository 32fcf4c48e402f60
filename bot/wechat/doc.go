// Package wechat is the door to WeChat's official accounts: it authenticates
// what WeChat posts, hands it to a [bot.Handler] as a [bot.Message], renders the
// answer, and sends what comes later.
//
//	WeChat ──POST──▶ door ──▶ scan ──▶ arrive ──▶ turn ──▶ bot.Handler
//	   ▲              signature, age,   which kind   │ five seconds
//	   ├── XML ◀───── unsealing         of message ◀─┘ render, seal
//	   │
//	   └── REST ◀──── Push · SetMenu ◀─────────── quota, field rules, errcodes
//	                       └─ client: access token, carrier of the library
//
// # The five seconds
//
// WeChat hangs up after five seconds and sends the message again, three times
// in all, under the same URL. Each try asks the bot under the same key and for
// 4.5 s, so nothing is paid or said twice:
//
//   - A certified account says 正在查询 when that time is over, and the bot
//     pushes the answer once it is there.
//   - A basic account has nothing to push with: it leaves the first two tries
//     unanswered, so that WeChat asks again, and tells at the last one how to
//     fetch the answer.
//
// What must survive a restart is the bot's: message keys, answers, pushes. In
// memory stand only counts that make things smoother, and each errs to the safe
// side when it is lost.
//
// # Reading order
//
// config.go, adapter.go; door.go, sign.go, seal.go, scan.go and arrive.go for the way
// in; turn.go and tries.go for the five seconds; render.go and reply.go for the
// way out; push.go, quota.go, notice.go, field.go, photo.go, menu.go and diagnose.go for the
// API; client.go, carrier.go, token.go and errcode.go for how it is called.
// Package wechattest plays WeChat, both sides of it.
package wechat
