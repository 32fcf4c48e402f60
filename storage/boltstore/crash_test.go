package boltstore

import (
	"bufio"
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	bolt "go.etcd.io/bbolt"
	"go.uber.org/goleak"

	"github.com/weizhangbot/weizhangbot/storage"
)

var crashRounds = flag.Int("crash.rounds", 10, "how often TestCrash kills its child")

// crashEnv names the file that this process, started by TestCrash, writes until
// it is killed.
const crashEnv = "BOLTSTORE_CRASH_FILE"

// crashWriters are enough for groups that run while the one before is on its way
// to the disk.
const crashWriters = 40

func TestMain(m *testing.M) {
	if path := os.Getenv(crashEnv); path != "" {
		fmt.Fprintln(os.Stderr, crashChild(path, os.Stdout))
		os.Exit(1)
	}
	goleak.VerifyTestMain(m)
}

// crashChild writes numbered records, each with a job in its writer's lane, and
// works the jobs off. It tells what it was promised: "w writer n" once an Update
// returned, "d writer n" once a done did.
func crashChild(path string, acks io.Writer) error {
	s, err := Open(path, Options{})
	if err != nil {
		return err
	}
	s.committer.overlay.foldSize = 1000 << rand.N(8) //nolint:gosec // any size
	s.committer.journal.sync = func(f *os.File) error {
		time.Sleep(rand.N(300 * time.Microsecond)) //nolint:gosec // a disk that takes its time
		return datasync(f)
	}
	if os.Getenv(carelessEnv) != "" {
		s.db.NoSync, s.committer.journal.sync = true, func(*os.File) error { return nil }
	}
	return load(s, acks)
}

// load is what crashChild does with s, until something fails.
func load(s *Store, acks io.Writer) error {
	failed := make(chan error, crashWriters+1)
	for i := range crashWriters {
		lane := strconv.Itoa(i)
		go func() {
			for {
				n := 0
				err := s.Update(context.Background(), nil, func(tx storage.Tx) (err error) {
					if n, err = count(tx, "written", lane); err != nil {
						return err
					}
					id := fmt.Sprintf("%s/~%08d", lane, n)
					_, err = tx.Enqueue(storage.Job{ID: id, Queue: "q", Key: lane, Body: strconv.AppendInt(nil, int64(n), 10)})
					return errors.Join(err, tx.Put("record", id, make([]byte, rand.N(2000)))) //nolint:gosec // any size
				})
				if err != nil {
					failed <- err
					return
				}
				_, _ = fmt.Fprintf(acks, "w %s %d\n", lane, n)
			}
		}()
	}
	go func() {
		failed <- s.Work(context.Background(), "q", 16, func(_ context.Context, j storage.Job, done storage.Done) error {
			return workOff(j, done, acks)
		})
	}()
	return <-failed
}

// workOff has the job's effect: the count of its lane goes from n to n+1. Any
// job lost, repeated or out of order makes it stick.
func workOff(j storage.Job, done storage.Done, acks io.Writer) error {
	err := done(nil, func(tx storage.Tx) error {
		n, err := count(tx, "worked", j.Key)
		if err == nil && strconv.Itoa(n) != string(j.Body) {
			err = fmt.Errorf("job %s after %d jobs of its lane", j.ID, n)
		}
		return err
	})
	if err == nil {
		_, _ = fmt.Fprintf(acks, "d %s %s\n", j.Key, j.Body)
	}
	return err
}

// count returns the number at key, and adds one to it.
func count(tx storage.Tx, bucket, key string) (n int, err error) {
	v, err := tx.Get(bucket, key)
	if err != nil {
		return 0, err
	}
	if v != nil {
		if n, err = strconv.Atoi(string(v)); err != nil {
			return 0, err
		}
	}
	return n, tx.Put(bucket, key, strconv.AppendInt(nil, int64(n+1), 10))
}

// TestCrash kills a writing process again and again. What it was promised must
// be there, the file sound, and no job lost, repeated or out of order.
func TestCrash(t *testing.T) {
	path := filepath.Join(t.TempDir(), "db")
	promised := map[string]int{} // "w writer", "d writer" → how many
	for round := range *crashRounds {
		killChild(t, path, time.Duration(rand.N(100))*time.Millisecond, promised) //nolint:gosec // any moment
		s, err := Open(path, Options{})
		if err != nil {
			t.Fatalf("round %d: %v", round, err)
		}
		checkCrashed(t, s, promised)
		if round == *crashRounds-1 {
			drain(t, s)
		}
		must(t, s.Close())
		if t.Failed() {
			t.Fatalf("in round %d", round)
		}
	}
	t.Logf("promised %v", promised)
}

// killChild runs a child, kills it some time after its first promise, and notes
// what it promised.
func killChild(t *testing.T, path string, after time.Duration, promised map[string]int) {
	t.Helper()
	child := exec.CommandContext(t.Context(), os.Args[0])
	child.Env = append(os.Environ(), crashEnv+"="+path)
	child.Stderr = os.Stderr
	out, err := child.StdoutPipe()
	must(t, err)
	must(t, child.Start())
	var kill sync.Once
	for lines := bufio.NewScanner(out); lines.Scan(); {
		kill.Do(func() { time.AfterFunc(after, func() { _ = child.Process.Kill() }) })
		kind, n, ok := cutLast(lines.Text())
		if !ok {
			continue // cut off by the kill
		}
		promised[kind] = max(promised[kind], n+1)
	}
	_ = child.Wait() // killed
}

func cutLast(line string) (kind string, n int, ok bool) {
	fields := strings.Fields(line)
	if len(fields) != 3 {
		return "", 0, false
	}
	n, err := strconv.Atoi(fields[2])
	return fields[0] + " " + fields[1], n, err == nil
}

func checkCrashed(t testing.TB, s *Store, promised map[string]int) {
	t.Helper()
	must(t, s.db.View(func(tx *bolt.Tx) error {
		for err := range tx.Check() {
			t.Errorf("the file is damaged: %v", err)
		}
		return nil
	}))
	must(t, s.read(func(tx *tx) error {
		for i := range crashWriters {
			lane := strconv.Itoa(i)
			written, worked := number(t, tx, "written", lane), number(t, tx, "worked", lane)
			if written < promised["w "+lane] || worked < promised["d "+lane] {
				t.Errorf("writer %s: %d written, %d worked; promised %d and %d",
					lane, written, worked, promised["w "+lane], promised["d "+lane])
			}
			kvs, err := tx.Scan("record", lane+"/", lane+"/"+storage.End, 0)
			if err != nil || len(kvs) != written {
				t.Errorf("writer %s: %d records of %d (%v)", lane, len(kvs), written, err)
			}
			for n, kv := range kvs {
				job, err := tx.job("q", kv.Key)
				if err != nil || (job == nil) != (n < worked) {
					t.Errorf("job %s pending: %v, with %d worked off (%v)", kv.Key, job != nil, worked, err)
				}
			}
		}
		return nil
	}))
}

func number(t testing.TB, tx *tx, bucket, key string) int {
	t.Helper()
	v, err := tx.Get(bucket, key)
	must(t, err)
	n, _ := strconv.Atoi(string(v))
	return n
}

// drain works off what is left.
func drain(t *testing.T, s *Store) {
	t.Helper()
	left := 0
	must(t, s.read(func(tx *tx) error {
		for i := range crashWriters {
			lane := strconv.Itoa(i)
			left += number(t, tx, "written", lane) - number(t, tx, "worked", lane)
		}
		return nil
	}))
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	var worked atomic.Int64
	if left == 0 {
		return
	}
	must(t, s.Work(ctx, "q", 16, func(_ context.Context, j storage.Job, done storage.Done) error {
		err := workOff(j, done, io.Discard)
		if err == nil && worked.Add(1) == int64(left) {
			cancel()
		}
		return err
	}))
	if worked.Load() != int64(left) {
		t.Errorf("%d jobs left after a crash, %d could be worked off", left, worked.Load())
	}
}
