// Package planted holds a target that fails, for .ci/fuzz to find: a runner that
// never reports anything would let everything pass. The go command overlooks it
// in ./... because of the dot in its path.
package planted

import "testing"

func FuzzPlanted(f *testing.F) {
	f.Add([]byte("0123"))
	f.Fuzz(func(t *testing.T, b []byte) {
		if len(b) > 1 && b[0] != '0' {
			t.Fatalf("planted: %q", b)
		}
	})
}
