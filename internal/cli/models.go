package cli

import (
	"bytes"
	"fmt"
	"slices"

	"github.com/spf13/cobra"

	"bagnet/internal/loader"
	"bagnet/models"
)

func newModelsCmd(s *streams) *cobra.Command {
	cmd := &cobra.Command{
		Use:   "models",
		Short: "List, describe and convert models",
		Long: `List the models that are part of this program, describe a model, or convert a
checkpoint into a file that carries its classes and preprocessing with it.`,
		Args: noSuchCommand,
		RunE: func(cmd *cobra.Command, _ []string) error { return cmd.Help() },

		SuggestionsMinimumDistance: 2,
	}
	cmd.AddCommand(newModelsListCmd(s), newModelsInfoCmd(s), newModelsConvertCmd(s))
	return cmd
}

// listedModel is a line of `models list`.
type listedModel struct {
	Name    string `json:"name"`
	Default bool   `json:"default"`
	Family  string `json:"family"`
	Patch   int    `json:"patch"`
	Classes int    `json:"classes"`
}

func newModelsListCmd(s *streams) *cobra.Command {
	var format choice
	cmd := &cobra.Command{
		Use:   "list",
		Short: "List the models that are part of this program",
		Long: `List the models that are part of this program; the one marked with * is used
when no other is named. JSON: one object a line.`,
		Args: cobra.NoArgs,
		RunE: withStatus(func(*cobra.Command, []string) error {
			return runModelsList(s, format.value)
		}),
	}
	registerChoice(cmd, &format, "format", "how to print the list", formatText, formatJSON)
	return cmd
}

func runModelsList(s *streams, format string) error {
	names := models.EmbeddedNames()
	width := 0
	for _, name := range names {
		width = max(width, len(name))
	}
	for _, name := range slices.Sorted(slices.Values(names)) {
		m, err := describeEmbedded(name)
		if err != nil {
			return modelError(fmt.Errorf("reading model %q: %w", name, err))
		}
		if format == formatJSON {
			err = writeJSON(s, m)
		} else {
			mark := " "
			if m.Default {
				mark = "*"
			}
			err = s.printf("%s %-*s  %s, patches of %d pixels, %s\n", mark, width, m.Name, m.Family, m.Patch, count(m.Classes, "class", "classes"))
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// describeEmbedded reads what to list from the model's metadata, which every
// embedded model has.
func describeEmbedded(name string) (listedModel, error) {
	data, _ := models.Embedded(name)
	checkpoint, err := loader.Read(name, bytes.NewReader(data), int64(len(data)))
	if err != nil {
		return listedModel{}, err
	}
	m, err := parseMetadata(checkpoint.Metadata)
	return listedModel{name, name == models.DefaultName, m.family, m.patchSize, len(m.classes)}, err
}
