package main

import (
	"crypto/sha256"
	"debug/buildinfo"
	"encoding/hex"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"time"

	"bagnet/models"
)

// The part of CycloneDX 1.6 that is used here: https://cyclonedx.org/docs/1.6/json/
type (
	billJSON struct {
		Format      string          `json:"bomFormat"`
		SpecVersion string          `json:"specVersion"`
		Version     int             `json:"version"` // of the document
		Metadata    metadataJSON    `json:"metadata"`
		Components  []componentJSON `json:"components"`
	}
	metadataJSON struct {
		Timestamp string        `json:"timestamp"`
		Component componentJSON `json:"component"`
	}
	componentJSON struct {
		Type       string         `json:"type"`
		Ref        string         `json:"bom-ref"`
		Name       string         `json:"name"`
		Version    string         `json:"version,omitempty"`
		Hashes     []hashJSON     `json:"hashes,omitempty"`
		Licences   []licenceJSON  `json:"licenses"`
		PURL       string         `json:"purl,omitempty"`
		Properties []propertyJSON `json:"properties,omitempty"`
	}
	hashJSON struct {
		Algorithm string `json:"alg"`
		Content   string `json:"content"`
	}
	licenceJSON struct {
		Expression string `json:"expression"`
	}
	propertyJSON struct {
		Name  string `json:"name"`
		Value string `json:"value"`
	}
)

// billOfMaterials returns a CycloneDX document in JSON: the program, the modules
// and the models in it, with their licences and checksums. Files in the program
// have SHA-256 hashes, modules the "h1:" hashes of go.sum as a property.
func billOfMaterials(version string, made time.Time, binary string, info *buildinfo.BuildInfo, modules []module) ([]byte, error) {
	contents, err := os.ReadFile(binary)
	if err != nil {
		return nil, err
	}
	bill := billJSON{Format: "CycloneDX", SpecVersion: "1.6", Version: 1}
	bill.Metadata.Timestamp = made.Format(time.RFC3339)
	bill.Metadata.Component = componentJSON{
		Type: "application", Ref: "bagnet", Name: filepath.Base(binary), Version: version,
		Hashes: sha256Of(contents), Licences: []licenceJSON{{"MIT"}},
		Properties: []propertyJSON{{"bagnet:go", info.GoVersion}, {"bagnet:platform", setting(info, "GOOS") + "/" + setting(info, "GOARCH")}},
	}
	for _, name := range models.EmbeddedNames() {
		weights, _ := models.Embedded(name)
		bill.Components = append(bill.Components, componentJSON{
			Type: "machine-learning-model", Ref: "model:" + name, Name: name,
			Hashes: sha256Of(weights), Licences: []licenceJSON{{"MIT"}},
		})
	}
	for _, m := range modules {
		licence, err := m.expression()
		if err != nil {
			return nil, err
		}
		version := strings.TrimPrefix(m.version, "go") // std's; others begin with v
		purl := "pkg:golang/" + m.path + "@" + strings.ReplaceAll(version, "+", "%2B")
		c := componentJSON{Type: "library", Ref: purl, Name: m.path, Version: version, Licences: []licenceJSON{{licence}}, PURL: purl}
		if m.sum != "" {
			c.Properties = []propertyJSON{{"bagnet:go.sum", m.sum}}
		}
		bill.Components = append(bill.Components, c)
	}
	text, err := json.MarshalIndent(bill, "", "  ")
	return append(text, '\n'), err
}

func sha256Of(contents []byte) []hashJSON {
	sum := sha256.Sum256(contents)
	return []hashJSON{{"SHA-256", hex.EncodeToString(sum[:])}}
}
