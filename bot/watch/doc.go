// Package watch knows which vehicles are checked by themselves, when, what is
// new at each, and who is told. It asks through the paid door and tells through
// people's records; it sends nothing itself.
//
// What it guarantees: for one due time a vehicle is asked about at most once,
// also across crashes; a violation is told exactly once to each watcher who was
// watching and had not read of it; what a watcher knows and the notice that
// tells it change in one transaction.
//
// # What is kept
//
//	watcher  V/U        one person's side of a vehicle: digits, what they know;
//	                    written under the person's key
//	watch    ~slot/V    when the vehicle was checked and will be; written by
//	                    checks, under the vehicle's key
//	due      ~time/V/~k checks outside the rhythm; put blindly by anybody
//	remind   ~time/V/U  reminders, and reminder V/U which of them is the one
//	dispatch            how far the rhythm has been followed, and its salt
//
// V is plate and type, U a person. A vehicle's regular time is a fixed place in
// the period, its slot: nothing is written to move it, a walk through the due
// slots is sequential, and the slots are the jitter. A slot is drawn from the
// plate with a salt, so that a file at rest does not give plates away.
//
// # Reading order
//
// watch.go for the parts; identity.go and diff.go for what is new; slot.go,
// due.go, plan.go and dispatch.go for when; check.go, ask.go, settle.go and tell.go for one
// check; idle.go for people who do not react; port.go for what the dialogue
// calls; task.go and remind.go for the rest.
package watch
