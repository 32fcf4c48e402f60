package bot_test

import (
	"context"
	"fmt"
	"strconv"
	"sync/atomic"
	"testing"

	"github.com/weizhangbot/weizhangbot/bot"
	"github.com/weizhangbot/weizhangbot/storage"
)

// A whole turn, durable: understanding, the dialogue, one sealed record and its
// commit. bare is one committed update of a record of 200 bytes, for comparison.
func BenchmarkTurn(b *testing.B) {
	for _, users := range []int{1, 64} {
		b.Run("users="+strconv.Itoa(users), func(b *testing.B) {
			w := newWorld(b)
			benchmark(b, users, func(user int, n int64) error {
				text := "苏E54321"
				if n%2 == 1 {
					text = "取消"
				}
				_, err := w.bot.Handle(context.Background(), bot.Message{
					User: bot.UserID(fmt.Sprintf("bench:%d", user)), Key: strconv.FormatInt(n, 10), At: w.clock.now(), Text: text,
				})
				return err
			})
		})
		b.Run("bare/users="+strconv.Itoa(users), func(b *testing.B) {
			w := newWorld(b)
			value := make([]byte, 200)
			benchmark(b, users, func(user int, _ int64) error {
				key := strconv.Itoa(user)
				return w.store.Update(context.Background(), []string{key}, func(tx storage.Tx) error {
					if _, err := tx.Get("bench", key); err != nil {
						return err
					}
					return tx.Put("bench", key, value)
				})
			})
		})
	}
}

// benchmark lets users work at the same time, each its own turns in order.
func benchmark(b *testing.B, users int, do func(user int, n int64) error) {
	b.Helper()
	var next, user atomic.Int64
	b.SetParallelism(max(1, users/2)) // times GOMAXPROCS, which is 2 or more
	b.ResetTimer()
	if users == 1 {
		for b.Loop() {
			if err := do(0, next.Add(1)); err != nil {
				b.Fatal(err)
			}
		}
		return
	}
	b.RunParallel(func(pb *testing.PB) {
		me := int(user.Add(1))
		for pb.Next() {
			if err := do(me, next.Add(1)); err != nil {
				b.Error(err)
				return
			}
		}
	})
}
