package storage_test

import (
	"bytes"
	"errors"
	"io"
	"math"
	"reflect"
	"testing"

	"github.com/weizhangbot/weizhangbot/storage"
)

var rows = []storage.Row{
	{Kind: storage.RowRecord, Place: "b", Key: "\x00\xff", Value: []byte("v")},
	{Kind: storage.RowRecord, Place: "b", Key: "k", Value: []byte{}},
	{Kind: storage.RowPending, Place: "q", Key: "1", Value: []byte("body"), Lane: "lane", Due: math.MaxInt64, Attempt: 3},
	{Kind: storage.RowOver, Place: "q", Key: "2", Value: []byte{}, Ended: 1},
	{Kind: storage.RowDead, Place: "q", Key: "3", Value: []byte("body"), Due: -1, Ended: 2, Attempt: 10, Cause: "T:0011"},
}

func TestRowsAreReadAsWritten(t *testing.T) {
	var text []byte
	for _, r := range rows {
		text = storage.AppendRow(text, r)
	}
	from := bytes.NewReader(text)
	for _, want := range rows {
		got, err := storage.ReadRow(from)
		if err != nil || !reflect.DeepEqual(got, want) {
			t.Errorf("%+v became %+v, %v", want, got, err)
		}
	}
	if _, err := storage.ReadRow(from); !errors.Is(err, io.EOF) {
		t.Errorf("at the end: %v", err)
	}
}

// A digest tells rows apart, and their order.
func TestRowSum(t *testing.T) {
	sum := func(rows ...storage.Row) (s storage.RowSum) {
		for _, r := range rows {
			s.Add(r)
		}
		return s
	}
	all, again := sum(rows...), sum(rows...)
	if all.Sum() != again.Sum() || all.Rows != 5 || all.Jobs != 1 || all.Bytes == 0 {
		t.Errorf("%+v", all)
	}
	seen := map[[32]byte]string{all.Sum(): "all"}
	changed := rows[2]
	changed.Attempt++
	for name, s := range map[string]storage.RowSum{
		"none": {}, "one": sum(rows[0]), "another order": sum(rows[1], rows[0], rows[2], rows[3], rows[4]),
		"another attempt": sum(rows[0], rows[1], changed, rows[3], rows[4]),
	} {
		if before := seen[s.Sum()]; before != "" {
			t.Errorf("%s has the digest of %s", name, before)
		}
		seen[s.Sum()] = name
	}
}

func FuzzReadRow(f *testing.F) {
	for _, r := range rows {
		f.Add(storage.AppendRow(nil, r))
	}
	f.Add([]byte{'r', 0xff, 0xff, 0xff, 0xff, 0x7f})
	f.Fuzz(func(t *testing.T, b []byte) {
		r, err := storage.ReadRow(bytes.NewReader(b))
		if err != nil {
			return
		}
		again, err := storage.ReadRow(bytes.NewReader(storage.AppendRow(nil, r)))
		if err != nil || !reflect.DeepEqual(r, again) {
			t.Errorf("%+v became %+v, %v", r, again, err)
		}
	})
}
