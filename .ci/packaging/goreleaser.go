package main

import (
	"bytes"
	"context"

	"github.com/goreleaser/goreleaser/v2/pkg/config"
)

// goreleaser reads the configuration as GoReleaser does: a key that it does not
// know is an error.
func goreleaser(_ context.Context, text []byte) error {
	_, err := config.LoadReader(bytes.NewReader(text))
	return err
}
