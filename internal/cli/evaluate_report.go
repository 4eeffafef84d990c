package cli

import (
	"github.com/spf13/cobra"

	"bagnet/internal/class"
	"bagnet/internal/evaluation"
	"bagnet/internal/flagvalue"
	"bagnet/internal/output"
	"bagnet/internal/results"
	"bagnet/internal/terminal"
)

// reportFlags say what becomes of the answers of evaluate, or of its parts.
type reportFlags struct {
	positive  string
	ordinal   bool
	confusion []string
	paper     paperFlags
	mistakes  int
	format    flagvalue.Choice
}

func (f *reportFlags) register(cmd *cobra.Command) {
	flags := cmd.Flags()
	flags.StringVar(&f.positive, "positive", "", "of two classes, `CLASS` is the positive one (default: that of the one output, else the second)")
	flags.BoolVar(&f.ordinal, "ordinal", false, "classes are grades, in the order of their indices: report quadratic-weighted kappa")
	flags.StringArrayVar(&f.confusion, "confusion", nil, "write the confusion matrix to `FILE.csv` or draw it in FILE.png, FILE.svg or FILE.pdf (repeatable)")
	f.paper.registerSize(cmd)
	flags.IntVar(&f.mistakes, "mistakes", 10, "report the `N` mistakes that the model was most confident of")
	registerChoice(cmd, &f.format, "format", "how to print the report", formatText, formatJSON)
	complete(cmd, "confusion", cobra.FixedCompletions(evaluation.ConfusionExtensions, cobra.ShellCompDirectiveFilterFileExt))
}

// maxMatrix bounds the cells of a confusion matrix, 8 bytes each.
const maxMatrix = 1 << 29

// maxMistakes bounds --mistakes, and with it what is held in memory.
const maxMistakes = 100_000

// check refuses flags that make no sense by themselves. taken are files that have another
// purpose.
func (f *reportFlags) check(taken []string) error {
	if f.mistakes < 0 || f.mistakes > maxMistakes {
		return usageErrorf("--mistakes %d: want 0 (none) to %d", f.mistakes, maxMistakes)
	}
	if err := f.paper.check(""); err != nil {
		return err
	}
	return output.Check("--confusion", f.confusion, evaluation.ConfusionExtensions, taken)
}

// evaluateReport counts answers to images of known classes, and reports.
type evaluateReport struct {
	labelledReport
	flags *reportFlags
	sums  *evaluation.Sums
}

// newEvaluateReport makes the report of nothing yet.
func newEvaluateReport(s *terminal.Streams, f *reportFlags, about evaluation.About) (*evaluateReport, error) {
	if n := int64(len(class.ChoiceOf(about.Classes, about.Among).Classes)); len(f.confusion) > 0 && n*n > maxMatrix {
		return nil, usageErrorf("--confusion: the matrix of %d classes has %d cells, more than %d: --predictions has all answers", n, n*n, maxMatrix)
	}
	sums, err := evaluation.NewSums(evaluation.Flags{Positive: "--positive", Among: "--among"}, about, f.positive, f.mistakes)
	return &evaluateReport{labelledReport: labelledReport{streams: s}, flags: f, sums: sums}, err
}

// take counts the record of one image, nil if its class is not known.
func (r *evaluateReport) take(t *results.Trial, record *evaluation.Record) {
	if record == nil {
		r.skip()
		return
	}
	if r.count(t.Path, record.Error); record.Error == "" {
		r.sums.Add(t, record)
	}
}

// publish draws and prints the report.
func (r *evaluateReport) publish(interrupted bool) (drawing, printing error) {
	drawing = drawEach(r.streams, r.flags.confusion, interrupted, func(extension string) ([]byte, error) {
		r.flags.paper.Kind = extension
		return r.sums.Matrix(r.flags.paper.Format, "bagnet "+version())
	})
	report := r.sums.Report(evaluation.Run{Images: r.done, Failed: r.failed, Unlabelled: r.unlabelled, Interrupted: interrupted, Ordinal: r.flags.ordinal})
	if r.flags.format.Value == formatJSON {
		return drawing, writeJSON(r.streams, report)
	}
	return drawing, r.streams.Write(report.Text("--format json has all"))
}
