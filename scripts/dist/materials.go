package main

import (
	"bytes"
	"fmt"
	"strings"

	cyclonedx "github.com/CycloneDX/cyclonedx-go"
)

// materials is the list of what is in a program, as a CycloneDX document in JSON. Nothing in it depends on time or place.
func materials(p program, modules []module) ([]byte, error) {
	bom := cyclonedx.NewBOM()
	bom.SerialNumber = serial(p.digest)
	own := component(modules[0])
	own.Type = cyclonedx.ComponentTypeApplication
	own.Name = "xcmatrix"
	own.Hashes = &[]cyclonedx.Hash{{Algorithm: cyclonedx.HashAlgoSHA256, Value: strings.TrimPrefix(p.digest, "sha256:")}}
	own.Properties = settings(p)
	bom.Metadata = &cyclonedx.Metadata{Timestamp: p.made.UTC().Format("2006-01-02T15:04:05Z"), Component: &own}
	var components []cyclonedx.Component
	needs := []string{}
	for _, m := range modules[1:] {
		components = append(components, component(m))
		needs = append(needs, reference(m))
	}
	bom.Components = &components
	bom.Dependencies = &[]cyclonedx.Dependency{{Ref: own.BOMRef, Dependencies: &needs}}
	var out bytes.Buffer
	err := cyclonedx.NewBOMEncoder(&out, cyclonedx.BOMFileFormatJSON).SetPretty(true).EncodeVersion(bom, cyclonedx.SpecVersion1_6)
	return out.Bytes(), err
}

// serial is a UUID made from a digest, of version 8, which is for such (RFC 9562).
func serial(digest string) string {
	h := strings.TrimPrefix(digest, "sha256:")
	return fmt.Sprintf("urn:uuid:%s-%s-8%s-a%s-%s", h[:8], h[8:12], h[12:15], h[15:18], h[18:30])
}

// reference is the package URL of a module (https://github.com/package-url/purl-spec).
func reference(m module) string {
	version := strings.ReplaceAll(strings.TrimPrefix(m.version, "go"), "+", "%2B")
	if m.path != goModule {
		version = strings.ReplaceAll(m.version, "+", "%2B")
	}
	if strings.HasPrefix(version, "(") {
		return "pkg:golang/" + m.path
	}
	return "pkg:golang/" + m.path + "@" + version
}

func component(m module) cyclonedx.Component {
	var licences cyclonedx.Licenses
	for _, id := range m.spdx() {
		licences = append(licences, cyclonedx.LicenseChoice{License: &cyclonedx.License{ID: id}})
	}
	c := cyclonedx.Component{BOMRef: reference(m), Type: cyclonedx.ComponentTypeLibrary, Name: m.path, Version: m.version,
		PackageURL: reference(m), Licenses: &licences, Scope: cyclonedx.ScopeRequired}
	if m.sum != "" {
		c.Properties = &[]cyclonedx.Property{{Name: "go:sum", Value: m.sum}}
	}
	return c
}

// settings are the settings that the program was built with, as its build info has them.
func settings(p program) *[]cyclonedx.Property {
	properties := []cyclonedx.Property{{Name: "go:version", Value: p.info.GoVersion}}
	for _, s := range p.info.Settings {
		if s.Value != "" {
			properties = append(properties, cyclonedx.Property{Name: "go:build:" + s.Key, Value: s.Value})
		}
	}
	return &properties
}
