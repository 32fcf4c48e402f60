//go:build crashpoints

package main

import (
	"context"
	"os"
	"strconv"
	"strings"
	"sync/atomic"

	"github.com/weizhangbot/weizhangbot/bot"
)

// The points at which a process kills itself, named after what is under way:
//
//	U0 U1 U2 U3     start: before the file is opened · open and its key known ·
//	                before the doors open · open
//	W0              door: a request is there, nothing of it read
//	W1 W2 W3        a person's transaction, or one that stores updates: before ·
//	                in it, before the commit · committed
//	W3a W4          door: before the answer · half of it is out
//	Q1 Q2 Q3 Q4     query: the job has begun · open, before the request leaves ·
//	                Juhe answers · answer read, not stored
//	L1 L2 L3        the paid door's transaction, with the ledger and the budget,
//	                as W1 to W3: the first opens a call, the next closes it
//	Q5 Q6 Q7        the end of its job: before Done · in it · after
//	C1 C5 C6 C7     check: begun, and the end of its job
//	D1 D2 D3        dispatcher's transaction: before · in it · committed
//	S0 S1 S2 S2a S3 push: the job has begun · before the send · sent, before Done ·
//	                in Done · after
//	T1 T2 T3 T3a T4 an update of Telegram's: the job has begun · the dialogue has
//	                answered, nothing is sent · sent, before the job's end · in
//	                Done, where there is something to keep · after
//	O1 O5 O6 O7     any other job
//	K1              backup: a piece of it is written
//
// CRASHPOINT=Q3:2 kills at the second pass of Q3. A pass is counted where it is
// made, whoever makes it.
const crashVariable = "CRASHPOINT"

// fate is the point of this process. A variable of the package, in this build
// only: the points lie on all ways, and none of those knows of the others.
var fate = fateOf(os.Getenv(crashVariable))

type doom struct {
	point string
	left  atomic.Int64
}

func fateOf(s string) *doom {
	point, n, _ := strings.Cut(s, ":")
	d := &doom{point: point}
	times, err := strconv.Atoi(n)
	if err != nil || times < 1 {
		times = 1
	}
	d.left.Store(int64(times))
	return d
}

// pass is a point on the way.
func pass(point string) {
	if point == "" || point != fate.point || fate.left.Add(-1) != 0 {
		return
	}
	if self, err := os.FindProcess(os.Getpid()); err == nil {
		_ = self.Kill() // SIGKILL: nothing of the process hears of it
	}
	select {} // it may take a moment, in which nothing more is to happen
}

func startSeam(point string) { pass(point) }

// A crashPusher has the points of a push.
type crashPusher struct{ bot.Pusher }

func pusherSeam(p bot.Pusher) bot.Pusher { return crashPusher{p} }

// Push implements bot.Pusher.
func (p crashPusher) Push(ctx context.Context, to bot.UserID, id string, replies []bot.Reply) error {
	pass("S1")
	return p.Pusher.Push(ctx, to, id, replies)
}

// A crashHandler has the point between an answer and its sending.
type crashHandler struct{ bot.Handler }

func handlerSeam(h bot.Handler) bot.Handler { return crashHandler{h} }

// Handle implements bot.Handler.
func (h crashHandler) Handle(ctx context.Context, m bot.Message) (bot.Answer, error) {
	answer, err := h.Handler.Handle(ctx, m)
	pass("T2")
	return answer, err
}
