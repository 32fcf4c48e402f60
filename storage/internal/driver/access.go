package driver

import (
	"fmt"
	"slices"
	"strings"

	"github.com/weizhangbot/weizhangbot/storage"
)

// An Access is what a transaction may do just now, and which queues it has
// touched.
type Access struct {
	Writable bool
	Over     bool     // fn has returned
	Touched  []string // queues that may have something new to run
}

// Touch notes that queue may have something new to run.
func (a *Access) Touch(queue string) {
	if !slices.Contains(a.Touched, queue) {
		a.Touched = append(a.Touched, queue)
	}
}

// MayGet tells whether a key can be asked for.
func (a *Access) MayGet(bucket, key string) error {
	switch err := a.MayScan(bucket); {
	case err != nil:
		return err
	case key == "":
		return Invalid(fmt.Sprintf("an empty key for bucket %q", bucket))
	case len(key) > storage.MaxKey:
		return Invalid(fmt.Sprintf("a key of %d bytes for bucket %q", len(key), bucket))
	}
	return nil
}

// MayScan tells whether a bucket can be.
func (a *Access) MayScan(bucket string) error {
	switch {
	case a.Over:
		return ErrLate
	case bucket == "", len(bucket) > storage.MaxKey:
		return Invalid("no proper bucket")
	}
	return nil
}

// MayPut tells whether a value can be put.
func (a *Access) MayPut(bucket, key string, value []byte) error {
	if err := a.mayWrite(); err != nil {
		return err
	}
	if err := a.MayGet(bucket, key); err != nil {
		return err
	}
	if len(value) > storage.MaxValue+storage.Overhead {
		return Invalid(fmt.Sprintf("a value of %d bytes for bucket %q", len(value), bucket))
	}
	return nil
}

// MayEnqueue tells whether a job can be enqueued.
func (a *Access) MayEnqueue(j storage.Job) error {
	if err := a.mayWrite(); err != nil {
		return err
	}
	switch {
	case j.Queue == "" || strings.Contains(j.Queue, "\x00"):
		return Invalid("a job without a proper queue")
	case len(j.Queue) > storage.MaxKey, len(j.Key) > storage.MaxKey:
		return Invalid(fmt.Sprintf("names of a job of queue %.20q", j.Queue))
	case len(j.Body) > storage.MaxValue+storage.Overhead:
		return Invalid(fmt.Sprintf("a job of %d bytes for queue %q", len(j.Body), j.Queue))
	}
	return a.MayGet("jobs", j.ID)
}

func (a *Access) mayWrite() error {
	switch {
	case a.Over:
		return ErrLate
	case !a.Writable:
		return Invalid("write in a read-only transaction")
	}
	return nil
}
