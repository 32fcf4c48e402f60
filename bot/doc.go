// Package bot is the vocabulary of weizhangbot, and its dialogue.
//
// # The nouns
//
//	Message, Reply     what a person sends and reads; an adapter carries them
//	Vehicle, Rule      a car by plate and type, with what its city asks for
//	Report, Violation  what a query found
//	Session, Form      where a person stands in the dialogue
//	Step               (Session, Input) → (Session, []Effect): the dialogue itself, pure
//	Bot                one Message in, an Answer out: the shell round Step
//	Desk               the port to the outside: rules (free) and queries (paid)
//	Watch              the port to what is checked by itself; bot/watch is one
//	Notice, Alarm      what a person, or an admin, is told without asking
//	Mail, Parcel       where that waits, and the name under which it is sent
//	Outbox, Pusher     the ports that decide when to send, and that know how
//	Invitation         a code that shares one car, once
//	Retry              a query that waits until its city answers again
//	Inspection         when the periodic inspection is due, by rule or as told
//	Fleet              what an operator does: cars in and out, what it costs, whom to
//	                   block, what everybody is to read
//	Conversation       where somebody stands, without what they said
//	Held, Privacy      what is kept of a person, and the text that says how
//	Seen, Survey       what an observer learns: of a message, of all that is watched
//	Tracer, Stage      the port that shows what led to what, and a part of it
//	Kind, UserText     what went wrong, and the sentence for it
//
// # One turn
//
//	adapter ──Message──▶ Bot.Handle
//	                       │  one transaction: load the record, nlu.Read, Step,
//	                       │  save session, replies and jobs
//	                       ├─ nothing needed of the outside ──▶ Answer
//	                       └─ a job: Desk asks Juhe
//	                            │  second transaction: outcome → Step → replies
//	                            └──▶ Answer, to the message if it still waits,
//	                                 else pushed, else to the person's next one;
//	                                 to one of them
//
// # What nobody asked for
//
//	check, lookup ──Notify──▶ Mail: waits in the person's record
//	                            ├─ Outbox: Take ─▶ Pusher.Push ─▶ Settle
//	                            └─ or the person's next message takes it
//
// A message that comes again, by its Key, gets the same answer and costs
// nothing. Messages of one person are handled one at a time, in order; of
// different people in parallel. All state is in the store.
//
// # Reading order
//
// message.go, session.go and input.go for the words; engine.go, form.go,
// question.go and answer.go for the dialogue of a query; garage.go, keep.go,
// pointing.go, cars.go, share.go and inspecting.go for that of saved cars; show.go
// for what a report looks like; text_zh.go, text_en.go and their _cars.go for
// every sentence; then turn.go, work.go and records.go for how it is kept, and
// keeping.go, invite.go and retry.go for what is arranged with a saved car;
// notice.go, mail.go, waiting.go and tell.go for what is told without asking;
// observe.go for what of all that can be watched, and trace.go for under which trace;
// admin_words.go and admin_act.go for what admins do in the chat, block.go,
// stats.go and conversation.go for what that is, and broadcast.go with
// broadcast_walk.go and broadcast_outcome.go for a text to everybody.
// What a message means is package nlu's to say,
// what a plate is package plate's, and what a query may cost package lookup's.
package bot
