package main

import (
	"fmt"
	"image"
	"image/draw"
	"image/color"
	"maps"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"

	"deepgmm/notebooks/show"
)

func put(p string, b []byte) { os.MkdirAll(filepath.Dir(p), 0o777); if err := os.WriteFile(p, b, 0o666); err != nil { panic(err) } }

func main() {
	photo := show.Must(show.Plush())
	out := os.Args[1]
	b := image.NewRGBA(photo.Bounds())
	draw.Draw(b, b.Bounds(), photo, image.Point{}, draw.Src)
	for _, rs := range show.Materials() { for _, q := range rs {
		for x := q.Min.X; x < q.Max.X; x++ { b.Set(x, q.Min.Y, color.White); b.Set(x, q.Max.Y-1, color.White) }
		for y := q.Min.Y; y < q.Max.Y; y++ { b.Set(q.Min.X, y, color.White); b.Set(q.Max.X-1, y, color.White) }
	}}
	put(out+"/rects.png", show.PNG(b))
	const side = 32
	r := rand.New(rand.NewPCG(1, 2))
	ms := show.Materials()
	for _, name := range slices.Sorted(maps.Keys(ms)) {
		for i := range 300 { put(fmt.Sprintf("%s/known/%s/%03d.png", out, name, i), show.PNG(show.Tile(photo, ms[name], side, r))) }
		for i := range 75 { put(fmt.Sprintf("%s/new/%s/%03d.png", out, name, i), show.PNG(show.Tile(photo, ms[name], side, r))) }
		for _, kind := range show.Defects { for i := range 4 {
			put(fmt.Sprintf("%s/new/defect/%s, %s %d.png", out, name, kind, i), show.PNG(show.Damage(show.Tile(photo, ms[name], side, r), kind, r)))
		}}
	}
}
