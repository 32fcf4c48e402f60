package bot_test

import (
	"context"
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	bolt "go.etcd.io/bbolt"

	"github.com/weizhangbot/weizhangbot/bot"
	"github.com/weizhangbot/weizhangbot/juhe/juhetest"
	"github.com/weizhangbot/weizhangbot/storage"
	"github.com/weizhangbot/weizhangbot/storage/sealed"
)

// buckets is the names of all buckets that the file of the world has.
func (w *world) buckets(t *testing.T) (names []string) {
	t.Helper()
	path := filepath.Join(t.TempDir(), "copy.db")
	f, err := os.Create(path)
	if err != nil {
		t.Fatal(err)
	}
	if err := errors.Join(w.store.Backup(context.Background(), f), f.Close()); err != nil {
		t.Fatal(err)
	}
	db, err := bolt.Open(path, 0o600, &bolt.Options{ReadOnly: true})
	if err != nil {
		t.Fatal(err)
	}
	err = db.View(func(tx *bolt.Tx) error {
		return tx.ForEach(func(name []byte, _ *bolt.Bucket) error {
			if name, ok := strings.CutPrefix(string(name), "r/"); ok && name != "_sealed" {
				names = append(names, name)
			}
			return nil
		})
	})
	if err = errors.Join(err, db.Close()); err != nil {
		t.Fatal(err)
	}
	return names
}

// naming is the records, of all there are, that hold a word.
func (w *world) naming(t *testing.T, word string) (places []string) {
	t.Helper()
	for _, bucket := range w.buckets(t) {
		for _, kv := range w.rows(t, bucket) {
			if strings.Contains(kv.Key+string(kv.Value), word) {
				places = append(places, bucket)
			}
		}
	}
	return slices.Compact(places)
}

// Whatever was arranged for somebody, after they asked to be forgotten, or left,
// no record names them: not even those that are nobody's.
func TestForgettingLeavesNoName(t *testing.T) {
	for name, end := range map[string]func(t *testing.T, w *world){
		"forget me":         func(t *testing.T, w *world) { w.says(t, "anna", "忘记我", "确认删除") },
		"consent withdrawn": func(t *testing.T, w *world) { w.says(t, "anna", "撤回同意", "确认删除") },
		"left": func(t *testing.T, w *world) {
			w.handle(t, bot.Message{User: "test:anna", Key: "left", Event: bot.Left})
		},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				w := newLiveWorld(t)
				code := invitationCode.FindString(w.says(t, "anna", full, "订阅", "检验有效期至 2027年2月", "邀请"))
				w.says(t, "bob", "邀请码 "+code)
				w.says(t, "anna", "邀请", "刚刚好像被拍了")
				w.juhe.Set(juhetest.Faults{Maintenance: true})
				w.says(t, "anna", "苏E12345 发动机号123456 车架号654321")
				w.juhe.Set(juhetest.Faults{})
				before := w.naming(t, "test:anna")
				if len(before) < 4 || !slices.Contains(before, "remind") || !slices.Contains(before, "invite") {
					t.Errorf("named in %q only: the test sees too little", before)
				}
				end(t, w)
				w.pass(time.Hour) // those with whom the car was shared are told
				if got := w.naming(t, "test:anna"); len(got) > 1 || len(got) == 1 && (got[0] != "user" || name == "left") {
					t.Errorf("still named in %q", got) // "user": the record that says so
				}
				for _, plate := range []string{"苏E54321", "苏E12345"} {
					if strings.Contains(w.record(t, "anna"), plate) {
						t.Errorf("the record still holds %s", plate)
					}
				}
				burned, err := w.store.(*sealed.Store).Burn(context.Background(), w.clock.now().Add(time.Hour))
				if err != nil || burned < 1 {
					t.Errorf("%d keys destroyed, %v", burned, err)
				}
				if got := w.says(t, "anna", "我的数据"); !strings.Contains(got, "没有保存您的任何车辆") {
					t.Errorf("they read %q", got)
				}
			})
		})
	}
}

// Whose a record and a job is follows from where it stands; what is nobody's has
// no owner.
func TestOwners(t *testing.T) {
	for _, c := range []struct{ bucket, key, value, want string }{
		{"user", "telegram:1", "", "telegram:1"},
		{"inbox", "telegram:1", "", "telegram:1"},
		{"invite", "ABCD2345", `{"owner":"wechat:a/b"}`, "wechat:a|b"},
		{"invite", "ABCD2345", `broken`, ""},
		{"ledger", "~1/x", "", ""},
		{"answer", "x", "", ""},
	} {
		if got := bot.Owner(c.bucket, c.key, []byte(c.value)); got != c.want {
			t.Errorf("%s %s: %q, want %q", c.bucket, c.key, got, c.want)
		}
	}
	for _, c := range []struct {
		job  storage.Job
		want string
	}{
		{storage.Job{Queue: "send", Key: "telegram:1", ID: "telegram:1/x"}, "telegram:1"},
		{storage.Job{Queue: "later", ID: "telegram:1/x"}, "telegram:1"},
		{storage.Job{Queue: "telegram-aside", ID: "77", Body: []byte(`{"lane":"telegram:1"}`)}, "telegram:1"},
		{storage.Job{Queue: "unknown", ID: "77", Body: []byte(`no`)}, ""},
	} {
		if got := bot.JobOwner(c.job); got != c.want {
			t.Errorf("%+v: %q, want %q", c.job, got, c.want)
		}
	}
}

// 我的数据 comes with a file that leaves out nothing: what, why, until when, with
// the person's own digits; and nothing of anybody else.
func TestDataFile(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newLiveWorld(t)
		code := invitationCode.FindString(w.says(t, "owner", full, "订阅", "邀请"))
		w.says(t, "wife", "邀请码 "+code)
		w.juhe.Set(juhetest.Faults{Maintenance: true})
		w.says(t, "owner", "苏E12345 发动机号777777 车架号888888")
		w.juhe.Set(juhetest.Faults{})
		mine, hers := w.dataFile(t, "owner", "我的数据"), w.dataFile(t, "wife", "我的数据")
		for _, want := range []string{"test:owner", "苏E54321", "123456", "654321", "苏E12345", "777777", "888888", `"notice": 3`, "您保存的车", "等待补查的查询", "12 个月"} {
			if !strings.Contains(mine, want) {
				t.Errorf("the file lacks %q", want)
			}
		}
		for _, other := range []string{"test:wife", "base64"} {
			if strings.Contains(mine, other) {
				t.Errorf("the file holds %q", other)
			}
		}
		for _, other := range []string{"test:owner", "123456", "654321"} {
			if strings.Contains(hers, other) {
				t.Errorf("whoever it was shared with reads %q", other)
			}
		}
		var file struct {
			Made string
			Held []struct{ What, Why, Until string }
		}
		if err := json.Unmarshal([]byte(mine), &file); err != nil || file.Made == "" || len(file.Held) < 5 {
			t.Fatalf("%v: %+v", err, file)
		}
		for _, h := range file.Held {
			if h.What == "" || h.Why == "" || h.Until == "" {
				t.Errorf("without a word of explanation: %+v", h)
			}
		}
	})
}

// dataFile is the file that goes with an answer.
func (w *world) dataFile(t *testing.T, user, word string) string {
	t.Helper()
	for _, r := range w.Say(t, user, word) {
		for _, f := range r.Files {
			if f.Name == "mydata.json" {
				return string(f.Data)
			}
		}
	}
	t.Fatalf("no file for %s", user)
	return ""
}
