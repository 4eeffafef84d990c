package cli

import (
	"bytes"
	"context"
	"fmt"
	"text/tabwriter"

	"github.com/spf13/cobra"

	"bagnet/internal/flagvalue"
	"bagnet/internal/library"
	"bagnet/internal/terminal"
	"bagnet/internal/text"
	"bagnet/models"
)

func newModelsCmd(s *terminal.Streams) *cobra.Command {
	cmd := &cobra.Command{
		Use:   "models",
		Short: "List, describe, download, verify and convert models",
		Long: `List the models that are known by name, download and verify them, describe a
model, or convert a checkpoint into a file that carries its classes and
preprocessing with it.`,
		Args: noSuchCommand,
		RunE: func(cmd *cobra.Command, _ []string) error { return cmd.Help() },

		SuggestionsMinimumDistance: 2,
	}
	cmd.AddCommand(newModelsListCmd(s), newModelsInfoCmd(s), newModelsPullCmd(s), newModelsVerifyCmd(s), newModelsPathCmd(s), newModelsConvertCmd(s))
	return cmd
}

// listedModel is a line of `models list`.
type listedModel struct {
	Name     string `json:"name"`
	Default  bool   `json:"default"`
	Family   string `json:"family"`
	Patch    int    `json:"patch,omitempty"` // of a BagNet
	Classes  int    `json:"classes"`
	State    string `json:"state"`
	Size     *int64 `json:"size"`   // bytes, null if not known
	SHA256   string `json:"sha256"` // as many digits as are known
	License  string `json:"license"`
	Citation string `json:"citation"`
	Source   string `json:"source"`
	URL      string `json:"url"`
	Path     string `json:"path"` // of a downloaded file
}

func newModelsListCmd(s *terminal.Streams) *cobra.Command {
	var format flagvalue.Choice
	cmd := &cobra.Command{
		Use:   "list",
		Short: "List the models that are known by name",
		Long: `List the models that are known by name: what they are, whether they are there,
the size and the SHA-256 of their file (as many digits as are known), and the
licence of the weights. The one marked with * is used when no other is named
($BAGNET_MODEL, if that is one of them).

  embedded      part of this program
  downloaded    in the cache, verified
  downloadable  'bagnet models pull', or using it for the first time, downloads it
  damaged       in the cache, but not the right file
  manual        the weights state no licence: give the path of your own copy

JSON: one object a line.`,
		Args: cobra.NoArgs,
		RunE: withStatus(func(cmd *cobra.Command, _ []string) error {
			return runModelsList(cmd.Context(), s, format.Value)
		}),
	}
	registerChoice(cmd, &format, "format", "how to print the list", formatText, formatJSON)
	return cmd
}

func runModelsList(ctx context.Context, s *terminal.Streams, format string) error {
	var table bytes.Buffer
	w := tabwriter.NewWriter(&table, 0, 0, 2, ' ', 0)
	for _, registered := range known.Models {
		m, err := newListedModel(ctx, registered)
		if err != nil {
			return err
		}
		if format == formatJSON {
			if err := writeJSON(s, m); err != nil {
				return err
			}
			continue
		}
		m.row(w)
	}
	w.Flush() // into memory, which does not fail
	return s.Write(table.Bytes())
}

// newListedModel finds out what the list says about a model.
func newListedModel(ctx context.Context, m models.Model) (listedModel, error) {
	l := listedModel{
		Name: m.Name, Default: m.Name == library.Name(""), Family: m.Family, Patch: m.Patch, Classes: m.Classes,
		SHA256: m.SHA256, License: m.License, Citation: m.Citation, Source: m.Source, URL: m.URL,
	}
	state, f, err := library.StateOf(ctx, m)
	if err != nil {
		return l, modelError(err)
	}
	size := m.Size
	if l.State, l.Path = state, f.Path; state == library.StateDownloaded {
		l.SHA256, size = f.SHA256, f.Size
	}
	if size > 0 {
		l.Size = &size
	}
	return l, nil
}

// row writes the line for people.
func (l listedModel) row(w *tabwriter.Writer) {
	mark, size, hash, license := " ", "-", "-", "no licence stated"
	if l.Default {
		mark = "*"
	}
	if l.Size != nil {
		size = text.Bytes(*l.Size)
	}
	if l.SHA256 != "" {
		hash = l.SHA256[:8]
	}
	if l.License != "" {
		license = l.License
	}
	kind := l.Family
	if l.Patch > 0 {
		kind += fmt.Sprintf(", patches of %d pixels", l.Patch)
	}
	fmt.Fprintf(w, "%s %s\t%s, %s\t%s\t%s\t%s\t%s\n", mark, l.Name,
		kind, text.Count(l.Classes, "class", "classes"), l.State, size, hash, license)
}
