package heatmap

import (
	"bytes"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"strings"
)

// longestPacket is how much of the beginning of a file is searched for an XMP packet, bytes.
const longestPacket = 1 << 16

// The names of XML that a packet has: of RDF, of XMP itself, of Dublin Core, and our own.
const (
	rdfSpace    = "http://www.w3.org/1999/02/22-rdf-syntax-ns#"
	xmpSpace    = "http://ns.adobe.com/xap/1.0/"
	dublinSpace = "http://purl.org/dc/elements/1.1/"
	ownSpace    = "urn:x-bagnet:figure:"
)

// properties are what texts of known keys are called in XMP (ISO 16684-1).
var properties = []struct{ key, space, name string }{
	{"Software", xmpSpace, "CreatorTool"},
	{"Source", dublinSpace, "source"},
}

// WriteXMP returns the texts of a picture as an XMP packet, which files of other kinds than
// PNG can have. Software and Source have their known names there; others are properties of
// this program, which are called as they are here, without "bagnet:".
func WriteXMP(texts []Text) []byte {
	var b bytes.Buffer
	b.WriteString("<?xpacket begin=\"\ufeff\" id=\"W5M0MpCehiHzreSzNTczkc9d\"?>\n<x:xmpmeta xmlns:x=\"adobe:ns:meta/\">\n")
	fmt.Fprintf(&b, "<rdf:RDF xmlns:rdf=%q>\n<rdf:Description rdf:about=\"\" xmlns:xmp=%q xmlns:dc=%q xmlns:bagnet=%q>\n", rdfSpace, xmpSpace, dublinSpace, ownSpace)
	for _, t := range texts {
		name := "bagnet:" + strings.TrimPrefix(t.Key, "bagnet:")
		for _, p := range properties {
			if p.key == t.Key {
				name = map[string]string{xmpSpace: "xmp:", dublinSpace: "dc:"}[p.space] + p.name
			}
		}
		fmt.Fprintf(&b, "<%s>", name)
		xml.EscapeText(&b, []byte(t.Value))
		fmt.Fprintf(&b, "</%s>\n", name)
	}
	b.WriteString("</rdf:Description>\n</rdf:RDF>\n</x:xmpmeta>\n<?xpacket end=\"r\"?>\n")
	return b.Bytes()
}

// parseXMP returns the texts that WriteXMP has put into the first packet of data.
func parseXMP(data []byte) ([]Text, error) {
	_, packet, found := bytes.Cut(data, []byte("<?xpacket begin="))
	packet, _, whole := bytes.Cut(packet, []byte("<?xpacket end="))
	if !found || !whole {
		return nil, errors.New("reading what a file says of itself: there is no XMP packet near its beginning")
	}
	_, packet, _ = bytes.Cut(packet, []byte("?>"))
	var texts []Text
	d := xml.NewDecoder(bytes.NewReader(packet))
	for {
		token, err := d.Token()
		if errors.Is(err, io.EOF) {
			return texts, nil
		}
		if err != nil {
			return nil, fmt.Errorf("reading what a file says of itself: %w", err)
		}
		start, is := token.(xml.StartElement)
		if !is {
			continue
		}
		key := ""
		if start.Name.Space == ownSpace {
			key = "bagnet:" + start.Name.Local
		}
		for _, p := range properties {
			if start.Name == (xml.Name{Space: p.space, Local: p.name}) {
				key = p.key
			}
		}
		if key == "" {
			continue
		}
		var value string
		if err := d.DecodeElement(&value, &start); err != nil {
			return nil, fmt.Errorf("reading what a file says of itself: %w", err)
		}
		texts = append(texts, Text{Key: key, Value: value})
	}
}
