package main

import (
	"context"
	"errors"
	"regexp"

	"github.com/compose-spec/compose-go/v2/loader"
	"github.com/compose-spec/compose-go/v2/types"
)

// example is the compose file in the README.
var example = regexp.MustCompile("(?s)```yaml\n(services:\n.*?)```")

// compose has Compose load the example: strictly, by its schema, and with all
// that its parts refer to.
func compose(ctx context.Context, text []byte) error {
	found := example.FindSubmatch(text)
	if found == nil {
		return errors.New("no compose example")
	}
	_, err := loader.LoadWithContext(ctx, types.ConfigDetails{
		WorkingDir:  "/srv/weizhangbot",
		ConfigFiles: []types.ConfigFile{{Filename: "compose.yaml", Content: found[1]}},
		Environment: types.Mapping{},
	}, func(o *loader.Options) { o.SetProjectName("weizhangbot", true) })
	return err
}
