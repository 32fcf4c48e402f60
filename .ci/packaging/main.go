// Command packaging checks what a release is packed with, by the code of those
// who read it: the Dockerfile by BuildKit (as docker build --check does), the
// compose example of the README by Compose, .goreleaser.yaml by GoReleaser.
//
//	go run -C .ci/packaging . ../..    the top of the repository
//
// Each check is first given something with a fault, which it must find.
package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
)

// A check is what is read, who reads it, and a fault that it must find: old
// becomes faulty.
type check struct {
	file        string
	read        func(ctx context.Context, text []byte) error
	old, faulty string
}

var checks = []check{
	{"Dockerfile", dockerfile, "USER 65532:65532", "USER $NOBODY"},
	{"Dockerfile", dockerfile, `ENTRYPOINT ["/usr/local/bin/weizhangbot"]`, "ENTRYPOINT /usr/local/bin/weizhangbot"},
	{"README.md", compose, "cap_drop:", "cap_dropped:"},
	{"README.md", compose, "stop_grace_period: 60s", "stop_grace_period: an hour"},
	{".goreleaser.yaml", goreleaser, "mod_timestamp:", "mod_time:"},
}

func main() {
	if len(os.Args) != 2 {
		fmt.Fprintln(os.Stderr, "usage: packaging DIR")
		os.Exit(2)
	}
	var faults []error
	for _, c := range checks {
		faults = append(faults, c.run(context.Background(), os.Args[1]))
	}
	if err := errors.Join(faults...); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func (c check) run(ctx context.Context, dir string) error {
	text, err := os.ReadFile(filepath.Join(dir, c.file))
	if err != nil {
		return err
	}
	if err := c.read(ctx, text); err != nil {
		return fmt.Errorf("%s: %w", c.file, err)
	}
	faulty := strings.Replace(string(text), c.old, c.faulty, 1)
	err = c.read(ctx, []byte(faulty))
	if faulty == string(text) || err == nil {
		return fmt.Errorf("%s: control: %q in place of %q was not found", c.file, c.faulty, c.old)
	}
	fmt.Printf("%s: fine; control: %s\n", c.file, strings.TrimSpace(strings.ReplaceAll(err.Error(), "\n", " ")))
	return nil
}
