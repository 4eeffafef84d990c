package agreement

import (
	"encoding/csv"
	"fmt"
	"io"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"

	"bagnet/internal/class"
	"bagnet/internal/experiment"
	"bagnet/internal/hint"
	"bagnet/internal/text"
)

// People are decisions of people, or of networks elsewhere, on images.
type People struct {
	subjects []string           // in the order in which they come
	trials   map[string][]trial // by short name of the image
	classes  []class.Class
	index    *class.Index
}

// trial is a subject's decision on an image.
type trial struct {
	subject            int
	category, response int    // entry-level classes; the response may be class.None
	image              string // its name without directory and extension
}

// maxTrials is the largest file of trials that is read, bytes.
const maxTrials = 256 << 20

// ReadPeople reads files of trials as R. Geirhos et al. publish them with model-vs-human:
// CSV with the columns subj, object_response, category, condition and imagename, whatever
// their order and others among them; a directory stands for its .csv files. Only trials of
// the condition are taken, if it is not "". classes are the entry-level ones.
func ReadPeople(paths []string, condition string, classes []class.Class) (*People, error) {
	p := &People{trials: map[string][]trial{}, classes: classes, index: class.NewIndex(classes)}
	for _, given := range paths {
		files := []string{given}
		if info, err := os.Stat(given); err == nil && info.IsDir() {
			if files, err = filepath.Glob(filepath.Join(escaped(given), "*.csv")); err != nil || len(files) == 0 {
				return nil, hint.Refuse("directory %q has no files .csv of trials", given)
			}
		}
		for _, file := range files {
			if err := p.read(file, condition); err != nil {
				return nil, hint.Refuse("reading trials %q: %w", file, text.Reason(err))
			}
		}
	}
	if len(p.subjects) == 0 {
		return nil, hint.Refuse("there are no trials of condition %q", condition)
	}
	return p, nil
}

// escaped is a directory's path as filepath.Glob takes it literally.
func escaped(path string) string {
	if os.PathSeparator == '\\' {
		return path
	}
	return strings.NewReplacer(`\`, `\\`, `*`, `\*`, `?`, `\?`, `[`, `\[`).Replace(path)
}

// The columns of a file of trials; older files spell the first one out.
var columns = []string{"subj", "object_response", "category", "condition", "imagename"}

// read takes up one file's trials.
func (p *People) read(file, condition string) error {
	f, err := os.Open(file)
	if err != nil {
		return err
	}
	defer f.Close()
	limited := &io.LimitedReader{R: f, N: maxTrials + 1}
	lines := csv.NewReader(limited)
	lines.FieldsPerRecord, lines.ReuseRecord, lines.TrimLeadingSpace = -1, true, true
	head, err := lines.Read()
	if err == io.EOF {
		return fmt.Errorf("it is empty: want a header with the columns %s", strings.Join(columns, ", "))
	}
	if err != nil {
		return err
	}
	at := make([]int, len(columns))
	for i, name := range columns {
		at[i] = slices.IndexFunc(head, func(field string) bool {
			field = strings.ToLower(strings.TrimSpace(strings.TrimPrefix(field, "\ufeff")))
			return field == name || i == 0 && field == "subject"
		})
		if at[i] < 0 {
			return fmt.Errorf("its header lacks the column %q: want %s", name, strings.Join(columns, ", "))
		}
	}
	for {
		fields, err := lines.Read()
		if limited.N == 0 {
			return fmt.Errorf("it has more than the %d bytes allowed", maxTrials)
		}
		if err == io.EOF {
			return nil
		}
		if err != nil {
			return err
		}
		line, _ := lines.FieldPos(0)
		var row [5]string
		for i, column := range at {
			if column >= len(fields) {
				return fmt.Errorf("line %d: it has %d fields, the header more", line, len(fields))
			}
			row[i] = strings.TrimSpace(fields[column])
		}
		if condition != "" && row[3] != condition {
			continue
		}
		if err := p.add(row); err != nil {
			return fmt.Errorf("line %d: %w", line, err)
		}
	}
}

// add takes up a trial: a row of the columns.
func (p *People) add(row [5]string) error {
	t := trial{response: class.None, image: strings.Clone(stem(row[4]))}
	var err error
	if t.category, err = p.find(row[2]); err != nil {
		return err
	}
	if !none(row[1]) {
		if t.response, err = p.find(row[1]); err != nil {
			return err
		}
	}
	if t.subject = slices.Index(p.subjects, row[0]); t.subject < 0 {
		t.subject = len(p.subjects)
		p.subjects = append(p.subjects, strings.Clone(row[0]))
	}
	key := short(t.image)
	if slices.ContainsFunc(p.trials[key], func(o trial) bool { return o.subject == t.subject && o.image == t.image }) {
		return fmt.Errorf("%s decides on image %q twice", row[0], row[4])
	}
	p.trials[key] = append(p.trials[key], t)
	return nil
}

// none reports whether a response is none.
func none(response string) bool {
	return response == "" || strings.EqualFold(response, "na") || strings.EqualFold(response, "nan")
}

// find returns the entry-level class of that name.
func (p *People) find(name string) (int, error) {
	found, err := p.index.Find(name)
	if err != nil || found.Number {
		return 0, fmt.Errorf("%q is none of the entry-level classes", text.Abbreviated(name))
	}
	return found.Index, nil
}

// stem returns an image's name without directory and extension.
func stem(name string) string {
	name = path.Base(filepath.ToSlash(name))
	return strings.TrimSuffix(name, path.Ext(name))
}

// short returns what is left of an image's stem without the prefixes that it has in one
// experiment or for one subject, 0001_cl_s01_cr_: what follows the last _, with the WordNet
// id before it. That is what model-vs-human knows images by.
func short(stem string) string {
	parts := strings.Split(stem, "_")
	last := len(parts) - 1
	if last > 0 && strings.HasPrefix(parts[last-1], "n0") {
		return parts[last-1] + "_" + parts[last]
	}
	return parts[last]
}

// of returns a subject's trial of the image at path: the one with just its name, else the one
// with its short name. Several of these are an error.
func (p *People) of(path string, subject int) (t trial, ok bool, err error) {
	name := stem(path)
	for _, found := range p.trials[short(name)] {
		switch {
		case found.subject != subject:
		case found.image == name:
			return found, true, nil
		case ok:
			err = hint.Add(fmt.Errorf("image %q: %s decides on two like it, %q and %q", text.Path(path), p.subjects[subject], t.image, found.image), "take the trials of one condition alone")
		default:
			t, ok = found, true
		}
	}
	return t, ok, err
}

// Class returns the entry-level class that an image is of by the first trial that there is
// of it, class.None if there is none.
func (p *People) Class(path string) int {
	for subject := range p.subjects {
		if t, ok, err := p.of(path, subject); ok && err == nil {
			return t.category
		}
	}
	return class.None
}

// Family is what reports call the subjects beside networks' families.
const Family = "trials"

// Join adds the subjects to the networks of a run, as if they had been asked about its
// images. Those that are given a network's name are an error.
func (p *People) Join(run *experiment.Run[Record]) error {
	for subject, name := range p.subjects {
		if slices.ContainsFunc(run.Networks, func(m *experiment.Measured[Record]) bool { return m.Model == name }) {
			return hint.Refuse("the trials have a subject %q, which is what a network is called too", name)
		}
		m := &experiment.Measured[Record]{Classes: p.classes, Labels: run.Networks[0].Labels}
		m.NetworkSummary = experiment.NetworkSummary{Model: name, Family: Family}
		for i, image := range run.Chosen {
			t, ok, err := p.of(image.Path, subject)
			switch {
			case err != nil:
				return err
			case m.Labels[i] == class.None:
				m.Unlabelled++
				continue
			case !ok:
				m.Failed++
				continue
			case t.category != m.Labels[i]:
				return hint.Refuse("image %q: it is of class %q by %s's trial, but %q by another's", text.Path(image.Path), p.classes[t.category].Label, name, p.classes[m.Labels[i]].Label)
			}
			answer := class.Class{Index: class.None}
			if t.response != class.None {
				answer = p.classes[t.response]
			}
			m.Measured++
			m.Results = append(m.Results, experiment.Result[Record]{Path: image.Path, Ordinal: image.Ordinal, Class: m.Labels[i], Value: Record{Predicted: answer, Probability: 1}})
		}
		run.Networks = append(run.Networks, m)
	}
	return nil
}
