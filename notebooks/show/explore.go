package show

import (
	"bytes"
	"encoding/json"
	"fmt"
	"image"
	"image/color"
	"image/png"
	"strings"

	_ "embed"

	"github.com/janpfeifer/gonb/gonbui"

	"deepgmm/experiments/report"
)

// Slider is something that a reader moves, below a picture that follows.
type Slider struct {
	Name      string
	Positions []string      // what each position is called, at least one
	Start     int           // the position at first
	Pick      *report.Sheet // its images choose positions when they are clicked; may be nil
}

// maxFrames bounds the pictures of Explore, which a front end gets all at once: as one message, some ten kB each.
const maxFrames = 200

// Explore shows a picture that follows sliders, and below it a still one for readers of the saved notebook. frame draws
// what is seen at some positions, one of each slider. It is called once for all of them, so that the sliders work when
// the cell has ended, while other cells run and without a kernel. A slider has a button that plays its positions.
// Without a still picture it is what is seen at first.
//
// The error is the first of frame. Explore panics without sliders or positions, for positions that are not there, or if
// there are more than 200 combinations of positions.
func Explore(title string, sliders []Slider, still []report.Sheet, frame func(at []int) ([]report.Sheet, error)) error {
	n, start := 1, 0
	for _, s := range sliders {
		if n *= len(s.Positions); s.Start < 0 || s.Start >= len(s.Positions) {
			panic(fmt.Sprintf("show: Explore %q: slider %q starts at position %d of %d",
				title, s.Name, s.Start, len(s.Positions)))
		}
		start = start*len(s.Positions) + s.Start
	}
	if len(sliders) == 0 || n > maxFrames {
		panic(fmt.Sprintf("show: Explore %q: %d sliders, %d combinations of positions; at most %d are possible",
			title, len(sliders), n, maxFrames))
	}
	frames := make([][]report.Sheet, n)
	for i := range frames {
		at, rest := make([]int, len(sliders)), i
		for j := len(sliders) - 1; j >= 0; j-- {
			at[j], rest = rest%len(sliders[j].Positions), rest/len(sliders[j].Positions)
		}
		var err error
		if frames[i], err = frame(at); err != nil {
			return err
		}
	}
	if len(still) == 0 {
		still = frames[start]
	}
	id := "explore_" + gonbui.UniqueId()
	display("", bundle{html: exploreHTML(id, title, sliders, frames)})
	Pictures(title, still...)
	return nil
}

//go:embed explore.js
var exploreScript string

// small is a sheet as the script draws it.
type small struct {
	Caption string `json:"caption"`
	PNG     []byte `json:"png"`
	Width   int    `json:"width"` // on the page, in pixels
	Cols    int    `json:"cols"`
	Rows    int    `json:"rows"`
}

// exploreHTML is an element that the script fills. Where scripts do not run, nothing is seen.
func exploreHTML(id, title string, sliders []Slider, frames [][]report.Sheet) string {
	type slider struct {
		Name      string   `json:"name"`
		Positions []string `json:"positions"`
		Start     int      `json:"start"`
		Pick      *small   `json:"pick,omitempty"`
	}
	data := struct {
		Title   string    `json:"title"`
		Sliders []slider  `json:"sliders"`
		Frames  [][]small `json:"frames"`
	}{Title: title}
	for _, s := range sliders {
		one := slider{s.Name, s.Positions, s.Start, nil}
		if s.Pick != nil {
			pick := shrink(*s.Pick)
			one.Pick = &pick
		}
		data.Sliders = append(data.Sliders, one)
	}
	for _, f := range frames {
		var all []small
		for _, s := range f {
			all = append(all, shrink(s))
		}
		data.Frames = append(data.Frames, all)
	}
	return scripted(id, exploreScript, data)
}

// scripted is an empty element with an id and a script that gets data and the element.
func scripted(id, script string, data any) string {
	text, err := json.Marshal(data) // with <, > and & escaped, as a script needs
	if err != nil {
		panic("show: Explore: " + err.Error()) // strings and bytes only
	}
	script = strings.NewReplacer("DATA", string(text), "ID", id).Replace(script)
	return fmt.Sprintf("<div class=%q id=%q></div><script>%s</script>", liveClass, id, script)
}

// exploreSide is the height that a sheet is magnified to, about, in pixels; one that is wide may be twice as wide.
const exploreSide = 280

// shrink draws a sheet with pixels of size 1, for the front end to magnify. It panics if the fields do not agree.
func shrink(s report.Sheet) small {
	n := len(s.Pix) / max(1, s.H*s.W*s.C)
	if n == 0 || n*s.H*s.W*s.C != len(s.Pix) || s.C != 1 && s.C != 3 || s.Cols < 1 {
		panic(fmt.Sprintf("show: Explore: sheet %q: %d bytes of %d×%d×%d images", s.Caption, len(s.Pix), s.H, s.W, s.C))
	}
	cols := min(s.Cols, n)
	rows := (n + cols - 1) / cols
	img := image.NewRGBA(image.Rect(0, 0, cols*(s.W+1), rows*(s.H+1)))
	for i := range img.Pix {
		img.Pix[i] = 255
	}
	for i := range n * s.H * s.W {
		tile, y, x := i/(s.H*s.W), i/s.W%s.H, i%s.W
		p := s.Pix[i*s.C : (i+1)*s.C]
		img.SetRGBA(tile%cols*(s.W+1)+x, tile/cols*(s.H+1)+y, color.RGBA{p[0], p[s.C/2], p[s.C-1], 255})
	}
	var b bytes.Buffer
	err := png.Encode(&b, img)
	var picture []byte
	if err == nil {
		picture, err = compact(b.Bytes())
	}
	if err != nil {
		panic("show: Explore: " + err.Error()) // into memory
	}
	width := img.Rect.Dx() * max(1, min(2*exploreSide/img.Rect.Dx(), exploreSide/img.Rect.Dy()))
	return small{s.Caption, picture, width, cols, rows}
}
