package bot

import (
	"bytes"
	"compress/gzip"
	"encoding/json"
	"fmt"
	"io"
)

// A File goes out with a reply, where the platform can carry one. As JSON, in
// the record of its person, it is compressed: the tables of a fleet would fill
// the record otherwise.
type File struct {
	Name string // violations.csv
	MIME string // text/csv
	Data []byte
}

// largestFile bounds what one is unpacked to: more than a table of
// maxRosterRows cars with a hundred violations each.
const largestFile = 64 << 20

type packedFile struct {
	Name, MIME string
	Packed     []byte `json:",omitempty"`
	Data       []byte `json:",omitempty"` // of before files were compressed
}

// MarshalJSON implements json.Marshaler.
func (f File) MarshalJSON() ([]byte, error) {
	var b bytes.Buffer
	w, err := gzip.NewWriterLevel(&b, gzip.BestSpeed) // others wait for the transaction
	if err != nil {
		return nil, fmt.Errorf("bot: file: %w", err)
	}
	if _, err := w.Write(f.Data); err != nil {
		return nil, fmt.Errorf("bot: file: %w", err)
	}
	if err := w.Close(); err != nil {
		return nil, fmt.Errorf("bot: file: %w", err)
	}
	return json.Marshal(packedFile{Name: f.Name, MIME: f.MIME, Packed: b.Bytes()})
}

// UnmarshalJSON implements json.Unmarshaler.
func (f *File) UnmarshalJSON(b []byte) error {
	var p packedFile
	if err := json.Unmarshal(b, &p); err != nil {
		return err
	}
	*f = File{Name: p.Name, MIME: p.MIME, Data: p.Data}
	if p.Packed == nil {
		return nil
	}
	r, err := gzip.NewReader(bytes.NewReader(p.Packed))
	if err == nil {
		f.Data, err = io.ReadAll(io.LimitReader(r, largestFile))
	}
	if err != nil {
		return fmt.Errorf("bot: file: %w", err)
	}
	return nil
}
