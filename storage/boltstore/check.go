package boltstore

import (
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"fmt"

	bolt "go.etcd.io/bbolt"
)

// maxFaults bounds how much of what is wrong Check tells.
const maxFaults = 10

// Check reads the whole file and returns ErrCorrupt, with what is wrong, unless
// every page is used once, every pending job stands where the order of jobs
// leads to it, and every lane's first job, and only that, is waiting for its
// time. It blocks no writer, and takes as long as reading the file. bbolt reads
// the pages in a goroutine of its own: a disk that fails to read one of them
// ends the process, so a service had better not call it.
func (s *Store) Check(ctx context.Context) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	return s.readFile(ctx, func(t *tx) (err error) {
		defer t.rescue("check", &err)
		c := &checker{ctx: ctx, tx: t, due: map[string]int{}, lanes: map[string]bool{}, heads: map[string]bool{}}
		if err := whole(t.btx); err != nil {
			return err
		}
		c.order()
		c.jobs()
		c.pages()
		if err := ctx.Err(); err != nil {
			return err
		}
		return errors.Join(c.faults...)
	})
}

type checker struct {
	ctx    context.Context
	tx     *tx
	faults []error
	due    map[string]int  // key in jobs → how often it waits for its time
	lanes  map[string]bool // lane entries: job key
	heads  map[string]bool // job keys that stand first in their lane
}

func (c *checker) fault(format string, args ...any) {
	if len(c.faults) < maxFaults {
		c.faults = append(c.faults, corrupt(fmt.Sprintf(format, args...)))
	}
}

// pages drains bbolt's own check: it leaves a goroutine behind otherwise.
func (c *checker) pages() {
	for err := range c.tx.btx.Check(bolt.WithKVStringer(bolt.HexKVStringer())) {
		c.fault("pages: %v", err)
	}
}

// order reads what is due when, and the lanes.
func (c *checker) order() {
	var lane []byte
	err := c.tx.btx.Bucket(orderBucket).ForEach(func(k, id []byte) error {
		queue, rest, ok := bytes.Cut(k[1:], []byte{0})
		if !ok || len(k) < 2 {
			c.fault("order: a key without a queue")
			return c.ctx.Err()
		}
		key := jobKey(string(queue), string(id))
		switch {
		case k[0] == 'd' && len(rest) == 16:
			c.due[key]++
			c.judge(key, "what is due", binary.BigEndian.Uint64(rest[8:]), binary.BigEndian.Uint64(rest))
		case k[0] == 'l' && len(rest) > 10:
			prefix := k[:len(k)-8]
			c.heads[key] = !bytes.Equal(prefix, lane)
			lane = bytes.Clone(prefix)
			c.lanes[key] = true
			c.judge(key, "a lane", binary.BigEndian.Uint64(k[len(k)-8:]), 0)
		default:
			c.fault("order: an entry of no known kind")
		}
		return c.ctx.Err()
	})
	if err != nil {
		c.fault("order: %v", err)
	}
}

// judge compares an entry of the order with the job it leads to; a due of 0 is
// not compared.
func (c *checker) judge(key, what string, seq, due uint64) {
	v := c.tx.btx.Bucket(jobsBucket).Get([]byte(key))
	if len(v) == 0 || v[0] != pending {
		c.fault("%s leads to a job that is not there", what)
		return
	}
	r, err := decodeRow(v)
	if err != nil || r.seq != seq || due != 0 && r.due != int64(due) { //nolint:gosec // as stored
		c.fault("%s leads to another job", what)
	}
}

// jobs looks whether each pending job will be found.
func (c *checker) jobs() {
	err := c.tx.btx.Bucket(jobsBucket).ForEach(func(k, v []byte) error {
		if len(v) == 0 || v[0] != pending {
			return c.ctx.Err()
		}
		r, err := decodeRow(v)
		switch {
		case err != nil:
			c.fault("a job that cannot be read")
		case (r.lane != "") != c.lanes[string(k)]:
			c.fault("a job is not in its lane")
		case r.lane == "" || c.heads[string(k)]:
			if n := c.due[string(k)]; n != 1 {
				c.fault("a job waits for its time %d times, want once", n)
			}
		case c.due[string(k)] != 0:
			c.fault("a job is due before its turn in its lane")
		}
		return c.ctx.Err()
	})
	if err != nil {
		c.fault("jobs: %v", err)
	}
}
