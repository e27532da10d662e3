package show

import (
	"fmt"
	"html"
	"strings"

	"github.com/janpfeifer/gonb/gonbui"
	"github.com/janpfeifer/gonb/gonbui/protocol"
)

// bundle is one output in several forms; the front end shows the best that it can. Empty ones are left out.
type bundle struct {
	png                   []byte
	html, markdown, plain string
}

// display shows an output; with an id, in the place of the last one with that id. Outside of a notebook the plain
// form is printed, if there is one.
func display(id string, b bundle) {
	if !gonbui.IsNotebook {
		if b.plain != "" {
			fmt.Println(b.plain)
		}
		return
	}
	data := map[protocol.MIMEType]any{}
	if b.png != nil {
		data[protocol.MIMEImagePNG] = b.png
	}
	for mime, s := range map[protocol.MIMEType]string{protocol.MIMETextHTML: b.html, protocol.MIMETextMarkdown: b.markdown, protocol.MIMETextPlain: b.plain} {
		if s != "" {
			data[mime] = s
		}
	}
	gonbui.SendData(&protocol.DisplayData{Data: data, DisplayID: id})
}

// Note shows a sentence in Markdown, made as by fmt.Sprintf: numbers that a cell computed, in words. Unlike what is
// printed, it stays in order with tables and figures.
func Note(format string, args ...any) {
	s := fmt.Sprintf(format, args...)
	display("", bundle{markdown: s, plain: strings.NewReplacer("**", "", "`", "").Replace(s)})
}

// The classes of HTML elements by which the notebooks' test tells outputs that differ from run to run, or from machine
// to machine, from results: see notebooks/nb.
const (
	timingClass = "timing" // a number of seconds, or whether work was taken from the cache
	noticeClass = "notice" // a notice that these are not the real data
	liveClass   = "live"   // the rest of a live display
)

func span(class, words string) string {
	return `<span class="` + class + `">` + html.EscapeString(words) + `</span>`
}
