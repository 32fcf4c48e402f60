package main

import (
	"errors"
	"fmt"
	"strings"
)

// A fault is one thing that is wrong with the configuration.
type fault struct {
	key  string // the full path of the key, or the file's name
	what string // what is wrong; never a secret's value
	hint string // how to mend it
	line int    // of the file, 0 when it did not come from there
}

func (f fault) Error() string {
	var b strings.Builder
	fmt.Fprintf(&b, "config: %s: %s", f.key, f.what)
	if f.line > 0 {
		fmt.Fprintf(&b, " (line %d)", f.line)
	}
	if f.hint != "" {
		fmt.Fprintf(&b, ": %s", f.hint)
	}
	return b.String()
}

// faults gathers, so that an operator mends a file in one go.
type faults []fault

func (fs *faults) add(key, what, hint string) {
	*fs = append(*fs, fault{key: key, what: what, hint: hint})
}

// known tells whether the key is in the list already: one fault a key is
// enough, what follows from it is noise.
func (fs *faults) known(key string) bool {
	for _, f := range *fs {
		if f.key == key {
			return true
		}
	}
	return false
}

// err is nil without faults; otherwise it is a usage error, one line a fault.
func (fs *faults) err() error {
	if len(*fs) == 0 {
		return nil
	}
	all := make([]error, len(*fs))
	for i, f := range *fs {
		all[i] = f
	}
	return usageError{errors.Join(all...)}
}

// nearest is the candidate that a mistyped name most likely meant, or "".
func nearest(name string, candidates []string) string {
	best, least := "", 1+max(2, len(name)/4)
	for _, c := range candidates {
		if d := distance(name, c); d < least {
			best, least = c, d
		}
	}
	return best
}

// distance is the number of edits between two names (Levenshtein).
func distance(a, b string) int {
	row := make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := range len(a) {
		diagonal := row[0]
		row[0] = i + 1
		for j := range len(b) {
			cost := diagonal
			if a[i] != b[j] {
				cost++
			}
			diagonal = row[j+1]
			row[j+1] = min(cost, row[j+1]+1, row[j]+1)
		}
	}
	return row[len(b)]
}
