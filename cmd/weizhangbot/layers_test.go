package main

import (
	"path/filepath"
	"testing"

	"github.com/weizhangbot/weizhangbot/bot/admin"
	"github.com/weizhangbot/weizhangbot/storage"
	"github.com/weizhangbot/weizhangbot/storage/boltstore"
	"github.com/weizhangbot/weizhangbot/storage/sealed"
)

// Whatever stands before the store, its layers are found: what destroys the keys
// of the forgotten, what tells that writes fail, and the file.
func TestLayersAreFound(t *testing.T) {
	s, err := openStore(t.Context(), Storage{Driver: "bbolt", Path: filepath.Join(t.TempDir(), "bot.db")}, silent())
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	outer := admin.NewPanel(admin.PanelConfig{Version: "test", Log: silent()}).Timed(s)
	if _, ok := beneath[*sealed.Store](outer); !ok {
		t.Error("no sealing store")
	}
	if _, ok := beneath[*storingStore](outer); !ok {
		t.Error("nothing that remembers failed writes")
	}
	if _, ok := beneath[*boltstore.Store](outer); !ok {
		t.Error("no file")
	}
	if _, ok := beneath[*sealed.Store](struct{ storage.Store }{s}); ok {
		t.Error("found behind a layer that hides what it wraps")
	}
}
