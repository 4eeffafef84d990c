package explore

import (
	"bytes"
	"encoding/base64"
	"fmt"
	"html/template"
	"image"
	"image/jpeg"
	"net/url"
	"strings"

	"github.com/disintegration/imaging"

	"bagnet"
	"bagnet/internal/text"
)

// An Index is a page that leads to those of several images.
type Index struct {
	Title string
	Model string

	entries []indexed
}

// indexed is an image in an index.
type indexed struct {
	Name, Class string
	Percent     float64
	Link        template.URL
	Picture     template.URL
}

// thumbnail is the side of an index's pictures, pixels.
const thumbnail = 160

// Add puts an image into the index: its name, the page's file beside the index, the
// picture and the answer to it.
func (x *Index) Add(name, file string, picture *image.NRGBA, a bagnet.Answer) error {
	small := imaging.Fill(picture, thumbnail, thumbnail, imaging.Center, imaging.Box)
	var b bytes.Buffer
	if err := jpeg.Encode(&b, small, &jpeg.Options{Quality: 80}); err != nil {
		return fmt.Errorf("encoding the picture for the index: %w", err)
	}
	best := a.Top(1)[0]
	x.entries = append(x.entries, indexed{
		Name: text.OneLine(name), Class: shortName(best.Class), Percent: 100 * best.Probability,
		Link:    template.URL("./" + url.PathEscape(file)), // with ./ no name is a scheme
		Picture: template.URL("data:image/jpeg;base64," + base64.StdEncoding.EncodeToString(b.Bytes())),
	})
	return nil
}

// indexMark tells an index of ours from other files of its name.
const indexMark = `<meta name="generator" content="bagnet explore index">`

// IsIndex reports whether a page that begins so is an Index's: the first 1024 bytes tell.
func IsIndex(begin []byte) bool { return bytes.Contains(begin, []byte(indexMark)) }

// HTML returns the page.
func (x *Index) HTML() ([]byte, error) {
	var b bytes.Buffer
	err := indexLayout.Execute(&b, struct {
		Title, Model, Policy string
		Mark                 template.HTML
		Style                template.CSS
		Entries              []indexed
	}{strings.TrimSpace(text.OneLine(x.Title)), text.OneLine(x.Model), policy("", indexStyle), template.HTML(indexMark), template.CSS(indexStyle), x.entries})
	if err != nil {
		return nil, fmt.Errorf("writing the index: %w", err)
	}
	return b.Bytes(), nil
}

// Images returns how many there are.
func (x *Index) Images() int { return len(x.entries) }
