// Package parts keeps what shards of a run have found, for another run to merge.
//
// A part is a file of results, a record a line, with a line before them that says what it
// is a part of and one behind them that says that it is whole. It is written beside its
// place and renamed when it is; a process that was stopped leaves what there is to the
// next one that makes the same part.
package parts

import (
	"bytes"
	"encoding/json"
	"fmt"

	"bagnet/internal/dataset"
	"bagnet/internal/hint"
	"bagnet/internal/output"
	"bagnet/internal/results"
	"bagnet/internal/text"
)

// A Head says what a part is a part of. Parts of one run differ in Shard alone.
type Head struct {
	Run     string          `json:"-"`       // stands for everything that records depend on beside the images
	Command string          `json:"command"` // that made it
	Shard   int             `json:"shard"`
	Of      int             `json:"of"`
	Names   string          `json:"names"` // stands for the images of the run, as dataset.Images has it
	About   json.RawMessage `json:"about"` // what else the command wants to know of the run
}

// NewHead makes the head of a command's part.
func NewHead(command, run string, shard dataset.Shard, names string, about any) (Head, error) {
	encoded, err := text.JSON(about)
	return Head{Run: run, Command: command, Shard: shard.Index, Of: shard.Count, Names: names, About: bytes.TrimSpace(encoded)}, err
}

// other says how what h is a part of differs from what want is one of; "" if it does not.
func (h Head) other(want Head) string {
	switch {
	case h.Command != want.Command:
		return fmt.Sprintf("it is a part of %s, not of %s", h.Command, want.Command)
	case h.Names != want.Names:
		return "it is about other images"
	case h.Of != want.Of:
		return fmt.Sprintf("it is one of %s, not of %d", text.Count(h.Of, "shard", "shards"), want.Of)
	case h.Run != want.Run:
		return fmt.Sprintf("the model, its class names, the preprocessing or the settings were others (run %s, not %s)", h.Run, want.Run)
	case !bytes.Equal(h.About, want.About):
		return "the settings were others"
	}
	return ""
}

// differs says how the part of h differs from that of want; "" if it does not.
func (h Head) differs(want Head) string {
	reason := h.other(want)
	if reason == "" && h.Shard != want.Shard {
		reason = fmt.Sprintf("it is shard %d, not %d", h.Shard, want.Shard)
	}
	return reason
}

// first is a part's first line, and last its last one. An image's path is never "".
type (
	first struct {
		results.Head
		Part *Head `json:"part"`
	}
	last struct {
		results.Head
		End json.RawMessage `json:"end"`
	}
)

// kind is how messages call parts. flags are those of the command line.
func kind(flags Flags) results.Kind {
	return results.Kind{Flag: flags.Part, Resume: flags.Part, Force: flags.Force, Name: "parts", Heads: 1,
		Basis: "the model, its class names, the preprocessing or the settings"}
}

// Flags are what the command line calls the file of a part, and what replaces it.
type Flags struct{ Part, Force string }

// A Writer writes a part.
type Writer struct {
	*results.File
	head Head
}

// Create starts the part of head at path, or goes on with what a process that was stopped
// has left of it. It returns nil if the part is there and complete. What is there of
// another run is replaced only with force. notice is told what a user should know.
func Create(flags Flags, path string, head Head, force bool, notice func(string)) (*Writer, error) {
	begun := output.Exists(output.FollowLinks(path) + ".part")
	if !force && output.Exists(path) {
		there, err := Open(path)
		if err != nil {
			return nil, hint.Add(hint.Refuse("%s: %w", flags.Part, err), "%s replaces it; or give another name", flags.Force)
		}
		there.Close()
		if reason := there.Head.differs(head); reason != "" {
			return nil, hint.Add(hint.Refuse("%s: %q is there already and belongs to another run: %s", flags.Part, path, reason), "%s replaces it; or give another name", flags.Force)
		}
		if begun { // by a run that was told to replace it
			notice(fmt.Sprintf("%s is complete; %s is left over from a run that was to replace it", text.Path(path), text.Path(path+".part")))
		}
		return nil, nil
	}
	file, err := results.Open(kind(flags), path, begun && !force, force, notice)
	if err != nil {
		return nil, err
	}
	w := &Writer{file, head}
	if err := w.begin(); err != nil {
		file.Abandon()
		return nil, err
	}
	return w, nil
}

// begin writes the first line, unless it is there.
func (w *Writer) begin() error {
	at := results.Head{Run: w.head.Run}
	earlier, err := results.Next(w.File, at, func(f *first) string {
		if f.Part == nil {
			return "it is no part"
		}
		f.Part.Run = f.Run
		return f.Part.differs(w.head)
	})
	if err != nil || earlier != nil {
		return err
	}
	return w.Append(first{at, &w.head})
}

// Finish writes the last line, with what the command has to say of the shard at its end,
// and puts the part in its place.
func (w *Writer) Finish(end any) error {
	at := results.Head{Run: w.head.Run}
	earlier, err := results.Next(w.File, at, func(l *last) string {
		if l.End == nil {
			return "there are no more images"
		}
		return ""
	})
	if err != nil {
		return err
	}
	if earlier == nil {
		encoded, err := json.Marshal(end)
		if err != nil {
			return err
		}
		if err := w.Append(last{at, encoded}); err != nil {
			return err
		}
	}
	return w.Commit()
}
