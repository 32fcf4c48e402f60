//go:build !crashpoints

package main

import (
	"net/http"

	"github.com/weizhangbot/weizhangbot/bot"
	"github.com/weizhangbot/weizhangbot/juhe"
	"github.com/weizhangbot/weizhangbot/storage"
)

// The seams are where the program's ports are wrapped in the build that the
// crash test runs (crash_points.go, tag crashpoints). In every other build they
// hand on what they get.

func storeSeam(s storage.Store) storage.Store { return s }

func juheSeam() []juhe.Option { return nil }

func pusherSeam(p bot.Pusher) bot.Pusher { return p }

func handlerSeam(h bot.Handler) bot.Handler { return h }

func doorSeam(h http.Handler) http.Handler { return h }

func startSeam(string) {}
