package analysis

import (
	"fmt"
	"html"
	"strings"

	"deepgmm/dcgmm/arch"
)

// ArchitectureID names the drawing of an architecture.
const ArchitectureID = "F0-architecture"

// Sizes of an Architecture's drawing, in its units.
const (
	svgBox, svgGap = 150, 64
	svgHeight      = 250
)

// ArchitectureSVG draws the maps of a network from the images to its top, and how they come from one another.
func ArchitectureSVG(a arch.Arch) string {
	maps := []string{fmt.Sprintf("image\n%v\nvalues in [0, 1]", a.Input)}
	var ways []string
	way := ""
	for _, l := range a.Layers {
		up := "\nresponsibilities"
		if l.Up {
			up = fmt.Sprintf("responsibilities and\n%d factors each", l.L)
		}
		maps = append(maps, fmt.Sprintf("mixture of %d\nat %d×%d positions\nvectors of %d\n%s\n%v", l.K(), l.Out.H, l.Out.W, l.D(), up, l.Handed()))
		way += strings.Repeat("max-pool\n", len(l.Pools))
		if l.Folding != "" {
			way += "fold " + strings.TrimPrefix(l.Folding, "F") + "\n"
		}
		ways, way = append(ways, way), ""
		if l.Temper != 0 {
			way += fmt.Sprintf("temper %g\n", l.Temper)
		}
		if l.Smooth != 0 {
			way += fmt.Sprintf("smooth %g\n", l.Smooth)
		}
	}
	width := len(maps)*svgBox + len(ways)*svgGap + 20
	var b strings.Builder
	fmt.Fprintf(&b, `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 %d %d" width="%d" height="%d" font-family="sans-serif" font-size="12" role="img">`+"\n", width, svgHeight, width, svgHeight)
	fmt.Fprintf(&b, "<title>%s: the way of an image through the layers, and of a sample back</title>\n<rect width=\"%d\" height=\"%d\" fill=\"white\"/>\n", html.EscapeString(a.String()), width, svgHeight)
	for i, m := range maps {
		x := 10 + i*(svgBox+svgGap)
		fmt.Fprintf(&b, `<rect x="%d" y="60" width="%d" height="130" rx="6" fill="%s" stroke="#333"/>`+"\n", x, svgBox, []string{"#eee", "#d7e8f5"}[min(i, 1)])
		svgText(&b, m, x+svgBox/2, 84, "#111")
	}
	for i, w := range ways {
		x := 10 + i*(svgBox+svgGap) + svgBox
		svgArrow(&b, x, x+svgGap, 100, "#0072b2")
		svgText(&b, w, x+svgGap/2, 30, "#0072b2")
		svgArrow(&b, x+svgGap, x, 150, "#d55e00")
	}
	svgText(&b, "upwards: densities, clusters, outlier scores; each layer learns by its own likelihood", width/2, 14, "#0072b2")
	svgText(&b, "downwards: a component is drawn, then a vector of it:\nthe signal for the layer below; sharpening climbs a layer's score", width/2, 216, "#d55e00")
	b.WriteString("</svg>\n")
	return b.String()
}

func svgText(b *strings.Builder, text string, x, y int, colour string) {
	for i, line := range strings.Split(strings.TrimSuffix(text, "\n"), "\n") {
		fmt.Fprintf(b, `<text x="%d" y="%d" text-anchor="middle" fill="%s">%s</text>`+"\n", x, y+16*i, colour, html.EscapeString(line))
	}
}

// svgArrow from one x to another.
func svgArrow(b *strings.Builder, from, to, y int, colour string) {
	back := 6
	if to > from {
		back = -6
	}
	fmt.Fprintf(b, `<path d="M%d %dL%d %dM%d %dl%d -4v8z" stroke="%s" fill="%s"/>`+"\n", from, y, to+back, y, to, y, back, colour, colour)
}
