package show

import (
	"bytes"
	"fmt"
	"image"
	"image/color"
	"image/draw"
	"image/png"
	"math"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
)

// photoModule is the module whose photographs notebooks use: this program is built with it, so it is on the machine.
const photoModule = "golang.org/x/image"

// Plush is a photograph of three plush gophers, blue, purple and pink, on black leather, 600×400 pixels: a test image of
// the module golang.org/x/image. The error says what to run.
func Plush() (image.Image, error) {
	list := exec.CommandContext(Context(), "go", "list", "-m", "-f", "{{.Dir}}", photoModule)
	list.Dir = Root()
	dir, err := list.Output()
	if err != nil {
		return nil, fmt.Errorf("go list %s: %w; run go mod download", photoModule, err)
	}
	f, err := os.Open(filepath.Join(strings.TrimSpace(string(dir)), "testdata", "blue-purple-pink-large.png"))
	if err != nil {
		return nil, fmt.Errorf("a photograph of %s: %w; run go mod download", photoModule, err)
	}
	defer f.Close()
	return png.Decode(f)
}

// Materials are the parts of Plush that show one material each.
func Materials() map[string][]image.Rectangle {
	return map[string][]image.Rectangle{
		"blue fur":   {image.Rect(38, 186, 104, 252), image.Rect(156, 190, 208, 250)},
		"purple fur": {image.Rect(230, 186, 280, 246), image.Rect(324, 190, 380, 248)},
		"pink fur":   {image.Rect(410, 196, 452, 250), image.Rect(506, 196, 562, 250)},
		"leather":    {image.Rect(20, 10, 580, 90)},
	}
}

// Tile is a square of a photograph, somewhere in one of some parts, drawn at random; mirrored at random, too. It panics
// if a part is too small.
func Tile(photo image.Image, parts []image.Rectangle, side int, r *rand.Rand) *image.RGBA {
	part := parts[r.IntN(len(parts))]
	at := part.Min.Add(image.Pt(r.IntN(part.Dx()-side+1), r.IntN(part.Dy()-side+1)))
	tile := image.NewRGBA(image.Rect(0, 0, side, side))
	mirror := r.IntN(2) == 1
	for y := range side {
		for x := range side {
			from := x
			if mirror {
				from = side - 1 - x
			}
			tile.Set(x, y, photo.At(at.X+from, at.Y+y))
		}
	}
	return tile
}

// Defects are kinds of damage that Damage does.
var Defects = []string{"scratch", "stain", "hole"}

// Damage returns a tile with a defect somewhere on it: a scratch is a bright line, a stain makes a round part dark, a hole
// is a small gray square. It panics for another kind.
func Damage(tile image.Image, kind string, r *rand.Rand) *image.RGBA {
	b := tile.Bounds()
	damaged := image.NewRGBA(b)
	draw.Draw(damaged, b, tile, b.Min, draw.Src)
	side := float64(b.Dx())
	cx, cy, angle := side*(0.25+0.5*r.Float64()), side*(0.25+0.5*r.Float64()), math.Pi*r.Float64()
	covers := map[string]func(x, y float64) float64{
		"scratch": func(x, y float64) float64 {
			along, across := x*math.Cos(angle)+y*math.Sin(angle), y*math.Cos(angle)-x*math.Sin(angle)
			return min(edge(0.4*side-math.Abs(along)), edge(0.7-math.Abs(across)))
		},
		"stain": func(x, y float64) float64 { return 0.55 * edge((0.17*side-math.Hypot(x, y))/2) },
		"hole":  func(x, y float64) float64 { return edge(0.1*side - max(math.Abs(x), math.Abs(y))) },
	}[kind]
	paint := map[string]color.RGBA{"scratch": {210, 210, 200, 255}, "stain": {35, 25, 10, 255}, "hole": {120, 120, 120, 255}}[kind]
	if covers == nil {
		panic(fmt.Sprintf("show: Damage: %q is none of %s", kind, strings.Join(Defects, ", ")))
	}
	for y := b.Min.Y; y < b.Max.Y; y++ {
		for x := b.Min.X; x < b.Max.X; x++ {
			share := covers(float64(x-b.Min.X)+0.5-cx, float64(y-b.Min.Y)+0.5-cy)
			damaged.SetRGBA(x, y, mixed(damaged.RGBAAt(x, y), paint, share))
		}
	}
	return damaged
}

// edge is how much of a pixel is covered whose middle is so far inside.
func edge(inside float64) float64 { return min(max(inside+0.5, 0), 1) }

// mixed is a colour with a share of another one, in [0, 1].
func mixed(a, b color.RGBA, share float64) color.RGBA {
	mix := func(x, y uint8) uint8 { return uint8(math.Round(float64(x) + share*(float64(y)-float64(x)))) }
	return color.RGBA{mix(a.R, b.R), mix(a.G, b.G), mix(a.B, b.B), 255}
}

// PNG is an image as the bytes of a PNG file, for Folder.File.
func PNG(img image.Image) []byte {
	var b bytes.Buffer
	if err := png.Encode(&b, img); err != nil {
		panic("show: PNG: " + err.Error()) // into memory: an image without pixels
	}
	return b.Bytes()
}
