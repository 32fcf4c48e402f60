package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"

	"github.com/moby/buildkit/client/llb/sourceresolver"
	"github.com/moby/buildkit/frontend/dockerfile/dockerfile2llb"
	"github.com/moby/buildkit/frontend/dockerfile/parser"
	"github.com/moby/buildkit/frontend/dockerui"
	"github.com/moby/buildkit/solver/pb"
	"github.com/opencontainers/go-digest"
	ocispecs "github.com/opencontainers/image-spec/specs-go/v1"
)

// platform is one of those that the image is built for.
var platform = ocispecs.Platform{OS: "linux", Architecture: "arm64"}

// dockerfile has BuildKit make its plan of the Dockerfile, and refuses whatever
// its linter warns of. Nothing is fetched: of a base image the plan needs only
// its configuration, for which an empty one stands in.
func dockerfile(ctx context.Context, text []byte) error {
	var faults []error
	_, err := dockerfile2llb.Dockerfile2LLB(ctx, text, dockerfile2llb.ConvertOpt{
		Config:         dockerui.Config{BuildPlatforms: []ocispecs.Platform{{OS: "linux", Architecture: "amd64"}}},
		TargetPlatform: &platform,
		AllStages:      true,
		MetaResolver:   noRegistry{},
		Warn: func(rule, _, _, detail string, at []parser.Range) {
			line := 0
			if len(at) > 0 {
				line = at[0].Start.Line
			}
			faults = append(faults, fmt.Errorf("line %d: %s: %s", line, rule, detail))
		},
	})
	return errors.Join(append(faults, err)...)
}

// noRegistry knows every image, and nothing about it.
type noRegistry struct{}

// ResolveImageConfig implements llb.ImageMetaResolver.
func (noRegistry) ResolveImageConfig(_ context.Context, ref string, opt sourceresolver.Opt) (string, digest.Digest, []byte, error) {
	image := ocispecs.Image{Platform: platform}
	if opt.ImageOpt != nil && opt.ImageOpt.Platform != nil {
		image.Platform = *opt.ImageOpt.Platform
	}
	config, err := json.Marshal(image)
	return ref, digest.FromBytes(config), config, err
}

// ResolveSourceMetadata implements sourceresolver.MetaResolver.
func (r noRegistry) ResolveSourceMetadata(ctx context.Context, op *pb.SourceOp, opt sourceresolver.Opt) (*sourceresolver.MetaResponse, error) {
	_, d, config, err := r.ResolveImageConfig(ctx, op.Identifier, opt)
	return &sourceresolver.MetaResponse{Op: op, Image: &sourceresolver.ResolveImageResponse{Digest: d, Config: config}}, err
}
