package class

import (
	"encoding/csv"
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"bagnet/internal/text"
)

// A lineParser returns the class on a line, the i-th from 0 after the header.
type lineParser func(i int, line string) (Class, error)

var (
	wordNetID    = regexp.MustCompile(`^n[0-9]{8}$`)
	idAndLabel   = regexp.MustCompile(`^(n[0-9]{8})[ \t]+(\S.*)$`)
	kitNumber    = regexp.MustCompile(`^([0-9]+)[ \t]`)
	dictEntry    = regexp.MustCompile(`^\s*\{?\s*([0-9]+)\s*:\s*(?:'(.*)'|"(.*)")\s*,?\s*\}?$`)
	indexColumns = []string{"index", "idx", "id", "classid", "classindex", "classidx", "labelid", "class", "number"}
	labelColumns = []string{"label", "name", "classname", "labelname", "class", "category"}
)

// labelFormat tells how a list has its classes, a line each, and how many lines
// its header takes. It takes a line for more than a label only where all lines
// agree, except that tabs in the first line stand between fields.
func labelFormat(lines []string) (parse lineParser, header int, err error) {
	every := func(is func(string) bool) bool {
		return !slices.ContainsFunc(lines, func(line string) bool { return !is(strings.TrimSpace(line)) })
	}
	switch {
	case every(wordNetID.MatchString):
		return parseID, 0, nil
	case every(idAndLabel.MatchString):
		return parseIDAndLabel, 0, kitOrder(lines)
	case strings.Contains(lines[0], "\t"):
		return parseTSV, 0, nil
	case every(dictEntry.MatchString):
		return parseDict, 0, nil
	}
	for _, comma := range ",;" {
		if parse := belowHeader(lines[0], comma); parse != nil && numbered(lines[1:], parse, len(lines)-1) {
			return parse, 1, nil
		}
		if parse := separated(comma, 2, 0, 1); numbered(lines, parse, len(lines)) {
			return parse, 0, nil
		}
	}
	return parsePlain, 0, nil
}

// kitOrder refuses lines of id, number and name as ImageNet's development kit has
// them: their order is the kit's own, that of no network.
func kitOrder(lines []string) error {
	for _, line := range lines {
		label := idAndLabel.FindStringSubmatch(strings.TrimSpace(line))[2]
		if number := kitNumber.FindStringSubmatch(label); number == nil {
			return nil
		}
	}
	return errors.New("its lines are of WordNet id, number and name, as in ImageNet's development kit, whose order is that of no network: write the names in the order of the outputs")
}

// numbered reports whether there are n lines whose indices are n numbers, from 0
// or from 1: what else would begin so?
func numbered(lines []string, parse lineParser, n int) bool {
	if n == 0 {
		return false
	}
	seen := make([]bool, n+1)
	for i, line := range lines {
		c, err := parse(i, line)
		if err != nil || c.Index < 0 || c.Index > n || seen[c.Index] {
			return false
		}
		seen[c.Index] = true
	}
	return true
}

// belowHeader returns the parser of the lines below a header that names columns, nil
// if line is none.
func belowHeader(line string, comma rune) lineParser {
	fields, err := splitCSV(line, comma)
	if err != nil || len(fields) < 2 {
		return nil
	}
	find := func(names []string, but int) int {
		for _, name := range names {
			for i, field := range fields {
				if i != but && strings.NewReplacer("_", "", " ", "", "-", "").Replace(strings.ToLower(field)) == name {
					return i
				}
			}
		}
		return -1
	}
	label := find(labelColumns, -1)
	index := find(indexColumns, label)
	if label < 0 || index < 0 {
		return nil
	}
	return separated(comma, len(fields), index, label)
}

// separated returns the parser of lines of fields with comma between. The last
// field may have it in itself, without quotes.
func separated(comma rune, fields, index, label int) lineParser {
	return func(_ int, line string) (Class, error) {
		row, err := splitCSV(line, comma)
		if err != nil || len(row) < fields {
			return Class{}, fmt.Errorf("%s is not of %d fields with %q between", text.Quote(line), fields, comma)
		}
		row[fields-1] = strings.Join(row[fields-1:], string(comma))
		i, err := strconv.Atoi(strings.TrimSpace(row[index]))
		if err != nil {
			return Class{}, fmt.Errorf("%s is not an index", text.Quote(row[index]))
		}
		return Class{Index: i, Label: strings.TrimSpace(row[label])}, nil
	}
}

// splitCSV returns the fields of a line with comma between.
func splitCSV(line string, comma rune) ([]string, error) {
	r := csv.NewReader(strings.NewReader(line))
	r.Comma = comma
	return r.Read()
}

// parsePlain reads a label.
func parsePlain(i int, line string) (Class, error) {
	return Class{Index: i, Label: strings.TrimSpace(line)}, nil
}

// parseID reads a WordNet id, which is the label too.
func parseID(i int, line string) (Class, error) {
	id := strings.TrimSpace(line)
	return Class{Index: i, ID: id, Label: id}, nil
}

// parseIDAndLabel reads a WordNet id and a label.
func parseIDAndLabel(i int, line string) (Class, error) {
	parts := idAndLabel.FindStringSubmatch(strings.TrimSpace(line))
	return Class{Index: i, ID: parts[1], Label: parts[2]}, nil
}

// parseDict reads an entry of a dict as Python prints it.
func parseDict(_ int, line string) (Class, error) {
	parts := dictEntry.FindStringSubmatch(strings.TrimSpace(line))
	index, err := strconv.Atoi(parts[1])
	if err != nil {
		return Class{}, fmt.Errorf("%s is not an index", text.Quote(parts[1]))
	}
	label := strings.NewReplacer(`\'`, `'`, `\"`, `"`, `\\`, `\`).Replace(parts[2] + parts[3])
	return Class{Index: index, Label: strings.TrimSpace(label)}, nil
}

// parseTSV reads index, WordNet id and label, or index and label, with tabs between.
func parseTSV(_ int, line string) (Class, error) {
	fields := strings.Split(line, "\t")
	if len(fields) != 3 && len(fields) != 2 {
		return Class{}, fmt.Errorf("%s has %d fields separated by tabs instead of three: index, WordNet id, label", text.Quote(line), len(fields))
	}
	index, err := strconv.Atoi(strings.TrimSpace(fields[0]))
	if err != nil {
		return Class{}, fmt.Errorf("%s is not an index", text.Quote(fields[0]))
	}
	c := Class{Index: index, Label: strings.TrimSpace(fields[len(fields)-1])}
	if len(fields) == 3 {
		c.ID = strings.TrimSpace(fields[1])
	}
	return c, nil
}
