package main

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"strings"

	"github.com/weizhangbot/weizhangbot/storage"
	"github.com/weizhangbot/weizhangbot/storage/pgstore"
	"github.com/weizhangbot/weizhangbot/storage/sealed"
)

type migrateStoreCommand struct {
	From     string `required:"" help:"Configuration of the store that is there." placeholder:"FILE"`
	To       string `required:"" help:"Configuration of the one it moves to, which is empty." placeholder:"FILE"`
	Progress bool   `help:"Show progress, also when stderr is no terminal."`
}

// Help is the long description.
func (migrateStoreCommand) Help() string {
	return `Copies a store from bbolt to PostgreSQL, or back: records, jobs that wait, what is over, dead
letters, and people's shares, all of them sealed as they are. Stop serve first, and start it with
the other configuration afterwards. The result is read back and compared by count and digest before
anybody can open it; the old store stays as it is. Interrupted at any time, run it again: into
PostgreSQL it goes on where it was.

Run it as the account that serve has. Both configurations need the same key. Where it lies beside the bbolt file, give it to both with
WEIZHANG_STORAGE_ENCRYPTION_KEY_FILE=weizhangbot.db.key.

Example:

  systemctl stop weizhangbot
  weizhangbot migrate-store --from my.yaml --to postgres.yaml
  weizhangbot doctor --config postgres.yaml`
}

// Run moves the store.
func (c migrateStoreCommand) Run(ctx context.Context, p *program) error {
	from, err := load(c.From, p.environ)
	if err != nil {
		return fmt.Errorf("--from: %w", err)
	}
	to, err := load(c.To, p.environ)
	if err != nil {
		return fmt.Errorf("--to: %w", err)
	}
	if from.Storage.Driver == to.Storage.Driver {
		return usageError{fmt.Errorf("migrate-store: both configurations have storage.driver %s: one of them must be bbolt, the other postgres", from.Storage.Driver)}
	}
	m := &moving{from: from.Storage, to: to.Storage, shown: newProgress(p, c.Progress)}
	defer m.shown.end()
	if err := m.run(ctx); err != nil {
		return fmt.Errorf("migrate-store: %w", stopped(ctx, err))
	}
	return p.print(m.ended())
}

// A moving is one run of the command.
type moving struct {
	from, to Storage
	shown    *progress
	moved    tally
}

// A source is a store that moves. It does not change meanwhile.
type source interface {
	storage.Store
	Rows(ctx context.Context, each func(storage.Row) error) error
	shares(ctx context.Context, each func(slot int64, text []byte) error) error
}

// A target is where it moves to.
type target interface {
	// fill takes rows and shares, and read hands out what arrived.
	fill(ctx context.Context, from source, have tally, note func(bytes int64)) error
	source
	// publish lets others open it.
	publish(ctx context.Context) error
}

// A tally is what a store holds, so that two can be compared.
type tally struct {
	rows   storage.RowSum
	shares int
	digest [sha256.Size]byte // of rows and shares
}

// tallyOf reads a whole store.
func tallyOf(ctx context.Context, s source, note func(bytes int64)) (t tally, err error) {
	err = s.Rows(ctx, func(r storage.Row) error {
		t.rows.Add(r)
		note(t.rows.Bytes)
		return nil
	})
	if err != nil {
		return t, err
	}
	all := sha256.New()
	sum := t.rows.Sum()
	all.Write(sum[:])
	err = s.shares(ctx, func(slot int64, text []byte) error {
		if slot > 0 {
			t.shares++
		}
		_, err := fmt.Fprintf(all, "%d %x\n", slot, text)
		return err
	})
	t.digest = [sha256.Size]byte(all.Sum(nil))
	return t, err
}

func (m *moving) run(ctx context.Context) (err error) {
	from, err := m.source(ctx)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, from.Close()) }()
	if err := m.sameKey(ctx, from); err != nil {
		return err
	}
	if m.moved, err = tallyOf(ctx, from, m.shown.follow("reading")); err != nil {
		return err
	}
	to, err := m.target(ctx)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, to.Close()) }()
	if err := to.fill(ctx, from, m.moved, m.shown.follow("copying")); err != nil {
		return err
	}
	arrived, err := tallyOf(ctx, to, m.shown.follow("verifying"))
	if err != nil {
		return err
	}
	if arrived.digest != m.moved.digest {
		return fmt.Errorf("%s and %s arrived of %s and %s, or others: nothing was put into service; empty the new store and try again",
			count(arrived.rows.Rows, "row"), count(arrived.shares, "share"), count(m.moved.rows.Rows, "row"), count(m.moved.shares, "share"))
	}
	again, err := tallyOf(ctx, from, m.shown.follow("comparing"))
	if err != nil {
		return err
	}
	if again.digest != m.moved.digest {
		return errors.New("the old store was written to meanwhile: stop serve, empty the new store and try again")
	}
	return to.publish(ctx)
}

// source opens what moves, and holds it where that is possible.
func (m *moving) source(ctx context.Context) (source, error) {
	if m.from.Driver == "postgres" {
		return openMovingDatabase(ctx, m.from, false)
	}
	return openMovingFile(m.from)
}

// target opens or makes where it moves to.
func (m *moving) target(ctx context.Context) (target, error) {
	if m.to.Driver == "postgres" {
		return openMovingDatabase(ctx, m.to, true)
	}
	return newMovingFile(m.to)
}

// sameKey refuses a key that would open nothing of what arrives.
func (m *moving) sameKey(ctx context.Context, from source) error {
	ring, err := presentKeys(m.to)
	if err != nil {
		return err
	}
	if len(ring) > 1 {
		return errors.New("a rotation of the key is not finished: run rekey first")
	}
	fits, err := sealed.Fits(ctx, from, ring[0])
	if err != nil {
		return err
	}
	if !fits {
		return errors.New("the key of --to is not the one that the store of --from is sealed with, or nothing is in that: give both the same storage.encryption_key")
	}
	return nil
}

// ended tells what was done and what is left to do.
func (m *moving) ended() string {
	t := m.moved
	var b strings.Builder
	fmt.Fprintf(&b, "moved: %s, %s of them waiting, and %s; read back and the same, digest %s\n",
		count(t.rows.Rows, "row"), count(t.rows.Jobs, "job"), count(t.shares, "share"), hex.EncodeToString(t.digest[:8]))
	b.WriteString("Start serve with the other configuration. ")
	if m.from.Driver == "bbolt" {
		fmt.Fprintf(&b, "When it runs well delete %s and %s: with both, whoever is forgotten from now on could still be read.\n", m.from.Path, peopleFile(m.from))
	} else {
		b.WriteString("When it runs well drop the schema of the old store: with it, whoever is forgotten from now on could still be read.\n")
	}
	return b.String()
}

// notEmpty says what to do about a store that is in the way.
func notEmpty(err error, where, todo string) error {
	if errors.Is(err, pgstore.ErrNotEmpty) || errors.Is(err, fs.ErrExist) {
		return fmt.Errorf("%s holds a store already, or a part of another move: %s", where, todo)
	}
	return err
}
