package main

import (
	"cmp"
	"errors"
	"fmt"
	"math"
	"net/url"
	"regexp"
	"strconv"
	"strings"

	"github.com/caarlos0/env/v11"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"
)

// A tracingPlan is what the standard variables of OpenTelemetry ask for
// (https://opentelemetry.io/docs/specs/otel/configuration/sdk-environment-variables/).
// What else there is, OTEL_BSP_*, OTEL_SPAN_*_LIMIT, OTEL_EXPORTER_OTLP_TIMEOUT,
// _COMPRESSION and _CERTIFICATE, the library reads by itself.
type tracingPlan struct {
	exporter  string // otlp or console; "": nothing is traced
	endpoint  string
	headers   map[string]string
	service   string
	resources map[string]string
	sampler   sdktrace.Sampler
}

// readTracing reads the plan. Nothing is traced unless an endpoint or an exporter
// is named: nobody's messages are slowed down by a collector that is not there.
func readTracing(environ []string) (p tracingPlan, err error) {
	vars := env.ToMap(environ)
	set := func(name string) string { return strings.TrimSpace(vars[name]) }
	if strings.EqualFold(set("OTEL_SDK_DISABLED"), "true") {
		return p, nil
	}
	switch p.exporter = set("OTEL_TRACES_EXPORTER"); p.exporter {
	case "none":
		return tracingPlan{}, nil
	case "":
		if set(endpointName) == "" && set(tracesEndpointName) == "" {
			return tracingPlan{}, nil
		}
		p.exporter = "otlp"
	case "otlp", "console":
	default:
		return p, fmt.Errorf("OTEL_TRACES_EXPORTER: %q is not known: otlp, console or none", p.exporter)
	}
	var faults []error
	note := func(err error) { faults = append(faults, err) }
	p.service = set("OTEL_SERVICE_NAME")
	p.resources, err = pairs("OTEL_RESOURCE_ATTRIBUTES", set("OTEL_RESOURCE_ATTRIBUTES"))
	note(err)
	p.sampler, err = samplerOf(set("OTEL_TRACES_SAMPLER"), set("OTEL_TRACES_SAMPLER_ARG"))
	note(err)
	if p.exporter == "otlp" {
		note(p.readOTLP(set))
	}
	return p, errors.Join(faults...)
}

// readOTLP reads where spans are sent to, and how. It looks at all variables, also
// at those that the one for traces goes before: the library would print what it
// cannot read of them.
func (p *tracingPlan) readOTLP(set func(string) string) error {
	for _, name := range []string{"OTEL_EXPORTER_OTLP_HEADERS", "OTEL_EXPORTER_OTLP_TRACES_HEADERS"} {
		headers, err := pairs(name, set(name))
		if err != nil {
			return err
		}
		if p.headers == nil || len(headers) > 0 {
			p.headers = headers
		}
	}
	protocol := set("OTEL_EXPORTER_OTLP_TRACES_PROTOCOL")
	if protocol == "" {
		protocol = set("OTEL_EXPORTER_OTLP_PROTOCOL")
	}
	if protocol != "" && protocol != "http/protobuf" {
		return fmt.Errorf("OTEL_EXPORTER_OTLP_PROTOCOL: %q is not spoken: http/protobuf, for which collectors listen on port 4318", protocol)
	}
	return p.readEndpoint(set)
}

// defaultEndpoint is where a collector on this machine listens.
const defaultEndpoint = "http://localhost:4318"

const (
	endpointName       = "OTEL_EXPORTER_OTLP_ENDPOINT"        // below which all signals have their paths
	tracesEndpointName = "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT" // as it is
)

func (p *tracingPlan) readEndpoint(set func(string) string) error {
	for _, name := range []string{endpointName, tracesEndpointName} {
		u, err := url.Parse(cmp.Or(set(name), defaultEndpoint))
		if err != nil || u.Host == "" || u.Scheme != "http" && u.Scheme != "https" || u.User != nil || u.RawQuery != "" {
			// It is not shown: it may hold a password.
			return fmt.Errorf("%s: not an address such as %s; what proves who sends belongs into OTEL_EXPORTER_OTLP_HEADERS", name, defaultEndpoint)
		}
	}
	base := strings.TrimSuffix(cmp.Or(set(endpointName), defaultEndpoint), "/")
	p.endpoint = cmp.Or(set(tracesEndpointName), base+"/v1/traces")
	return nil
}

// pairName is what may stand before the = of a pair, as in the name of a header.
var pairName = regexp.MustCompile("^[!#$%&'*+.^_`|~0-9A-Za-z-]+$")

// pairs reads key=value,key=value with values in percent-encoding. An error does
// not show what is in it.
func pairs(name, text string) (map[string]string, error) {
	all := map[string]string{}
	for i, pair := range strings.Split(text, ",") {
		if pair = strings.TrimSpace(pair); pair == "" {
			continue
		}
		key, value, ok := strings.Cut(pair, "=")
		key = strings.TrimSpace(key)
		value, err := url.PathUnescape(strings.TrimSpace(value))
		if !ok || !pairName.MatchString(key) || err != nil {
			return nil, fmt.Errorf("%s: entry %d: not key=value, with anything unusual in it as %%20", name, i+1)
		}
		all[key] = value
	}
	return all, nil
}

// samplerOf is which traces are sent: all of them, and all of a proxy's own
// choice, unless told otherwise.
func samplerOf(name, arg string) (sdktrace.Sampler, error) {
	share := 1.0
	if strings.HasSuffix(name, "traceidratio") && arg != "" {
		var err error
		if share, err = strconv.ParseFloat(arg, 64); err != nil || share < 0 || share > 1 || math.IsNaN(share) {
			return nil, fmt.Errorf("OTEL_TRACES_SAMPLER_ARG: %q is no share from 0 to 1", arg)
		}
	}
	switch name {
	case "", "parentbased_always_on":
		return sdktrace.ParentBased(sdktrace.AlwaysSample()), nil
	case "always_on":
		return sdktrace.AlwaysSample(), nil
	case "always_off":
		return sdktrace.NeverSample(), nil
	case "traceidratio":
		return sdktrace.TraceIDRatioBased(share), nil
	case "parentbased_always_off":
		return sdktrace.ParentBased(sdktrace.NeverSample()), nil
	case "parentbased_traceidratio":
		return sdktrace.ParentBased(sdktrace.TraceIDRatioBased(share)), nil
	}
	return nil, fmt.Errorf("OTEL_TRACES_SAMPLER: %q is not known: always_on, always_off, traceidratio, or one of these behind parentbased_", name)
}
