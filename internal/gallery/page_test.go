package gallery

import (
	"bytes"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"html"
	"image"
	"image/color"
	"image/jpeg"
	"math/rand/v2"
	"reflect"
	"regexp"
	"strings"
	"testing"
)

// hostile are names that want to be more than names.
var hostile = []string{
	`</script><script>window.pwned = 1</script>.png`, `"><img src=x onerror="window.pwned = 1">.png`, `<svg onload=window.pwned=1>`,
	`javascript:window.pwned=1//.png`, `'-(window.pwned = 1)-'.png`, `{{.Data}}.png`, `<!--<script>.png`, `${window.pwned = 1}.png`,
	"\u2028window.pwned = 1\u2029.png", `a&lt;b&#x3c;c.png`, `\u003c/script\u003e.png`, `<b>bold</b> and ünïcode 猫.png`,
}

// plain is a picture of one colour, another one for each i.
func plain(i int) *image.RGBA {
	img := image.NewRGBA(image.Rect(0, 0, 20, 12))
	for p := range img.Pix {
		img.Pix[p] = []uint8{uint8(40 * (i % 6)), uint8(50 * (i / 6 % 5)), 90, 255}[p%4]
	}
	return img
}

// hostilePage is a page of n ≥ 40 images with all there is; image i has rank i+1, so the hostile names are the oddest.
func hostilePage(n int) *Page {
	below := -0.5
	p := &Page{Title: hostile[0], Facts: []Fact{{hostile[1], hostile[2]}}, Score: hostile[3], Below: &below, ThresholdWords: hostile[4], DuplicateWords: hostile[5],
		MapShare: "12 %", Thumbnail: func(i int) image.Image { return plain(i) }, Oddest: 20, Places: []int{34, 27}}
	c := &p.Images
	c.Layers = make([][]float64, 2)
	for i := range n {
		name := fmt.Sprintf("folder/picture %d.png", i)
		if i < len(hostile) {
			name = hostile[i]
		}
		c.Path, c.Cluster, c.Folder, c.Class = append(c.Path, name), append(c.Cluster, i%3), append(c.Folder, hostile[i%2]), append(c.Class, hostile[i%3])
		c.Score, c.Rank, c.Percentile = append(c.Score, float64(i)/10-1), append(c.Rank, i+1), append(c.Percentile, 100*float64(i)/float64(n))
		c.X, c.Y, c.Peak = append(c.X, float64(i%20)), append(c.Y, float64(i/20)), append(c.Peak, float64(20*(i%7)))
		flag := ""
		if i < 5 {
			flag = "low"
		}
		c.Flag = append(c.Flag, flag)
		for l := range c.Layers {
			c.Layers[l] = append(c.Layers[l], float64(-i*l))
		}
	}
	for k := range 3 {
		members := []int{}
		for i := n - 1; i >= 0; i-- {
			if i%3 == k {
				members = append(members, i)
			}
		}
		p.Clusters = append(p.Clusters, Cluster{K: k, At: k, Members: members, Words: hostile[6]})
		p.Prototypes = append(p.Prototypes, plain(k))
	}
	p.Groups = [][]Duplicate{{{I: 0, Of: 7, Exact: true}, {I: 7, Of: 0, Exact: true}, {I: 9, Of: 0, Distance: 0.05}}, {{I: 30, Of: 31, Distance: 0.02}, {I: 31, Of: 30, Distance: 0.02}}}
	for _, i := range []int{0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 34, 27} {
		heat := make([]float32, 240)
		heat[i] = 40 + float32(i)
		p.Heats = append(p.Heats, HeatOf{I: i, Picture: Fit(Heat(plain(i), heat), 80)})
	}
	return p
}

func mustWrite(t *testing.T, p *Page) string {
	t.Helper()
	var b bytes.Buffer
	if err := p.Write(&b); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

// insides are what is in the elements of a kind.
func insides(page, tag string) (all []string) {
	for _, m := range regexp.MustCompile(`(?s)<`+tag+`[^>]*>(.*?)</`+tag+`>`).FindAllStringSubmatch(page, -1) {
		all = append(all, m[1])
	}
	return all
}

// The page has two scripts, its own one and data, whatever the names are; the policy knows script and style by their
// hashes and lets nothing else work.
func TestNamesStayNames(t *testing.T) {
	p := hostilePage(40)
	page := mustWrite(t, p)
	scripts, styles := insides(page, "script"), insides(page, "style")
	if len(scripts) != 2 || len(styles) != 1 || strings.Count(page, "<script") != 2+strings.Count(pageScript, "<script") {
		t.Fatalf("%d scripts, %d styles", len(scripts), len(styles))
	}
	policies := regexp.MustCompile(`http-equiv="Content-Security-Policy" content="([^"]*)"`).FindAllStringSubmatch(page, -1)
	if len(policies) != 1 {
		t.Fatalf("%d policies", len(policies))
	}
	hash := func(text string) string {
		sum := sha256.Sum256([]byte(text))
		return "'sha256-" + base64.StdEncoding.EncodeToString(sum[:]) + "'"
	}
	want := "default-src 'none'; img-src data:; style-src " + hash(styles[0]) + "; script-src " + hash(scripts[1]) + "; base-uri 'none'; form-action 'none'"
	if got := html.UnescapeString(policies[0][1]); got != want {
		t.Errorf("the policy is %s, want %s", got, want)
	}
	var data struct {
		Images Columns
		Groups [][]Duplicate
	}
	if err := json.Unmarshal([]byte(scripts[0]), &data); err != nil {
		t.Fatal(err)
	}
	if !reflect.DeepEqual(data.Images, p.Images) || !reflect.DeepEqual(data.Groups, p.Groups) {
		t.Error("the page has other data")
	}
	for _, bad := range []string{"<img", "<svg", " onerror=\"", "<b>", " style=", "http:", "https:", "url("} {
		rest := strings.ReplaceAll(strings.ReplaceAll(page, scripts[0], ""), scripts[1], "")
		if strings.Contains(rest, bad) {
			t.Errorf("the page has %q", bad)
		}
	}
	if again := mustWrite(t, hostilePage(40)); again != page {
		t.Error("the same page has other bytes")
	}
}

// A page does without what is not known.
func TestBarePage(t *testing.T) {
	p := &Page{Title: "bare", Thumbnail: func(i int) image.Image { return image.NewGray(image.Rect(0, 0, 3, 200)) },
		Images: Columns{Path: []string{"a"}, Score: []float64{1}, Rank: []int{1}, Percentile: []float64{0}, Flag: []string{""}}}
	page := mustWrite(t, p)
	if strings.Contains(page, `id="map"`) || strings.Contains(page, `id="clusters"`) || len(insides(page, "script")) != 2 {
		t.Error("there is a section of what is not known")
	}
	p.Images.X = []float64{1}
	defer func() {
		if r := recover(); r == nil || !strings.Contains(fmt.Sprint(r), "1 names, but columns of [1 1 1 1 1 0] values") {
			t.Errorf("a column that is too short: %v", r)
		}
	}()
	_ = p.Write(&bytes.Buffer{})
}

// Ten thousand pictures of the worst kind, noise in colour, fit into 30 MB, and are told apart.
func TestTenThousandPictures(t *testing.T) {
	const n = 10_000
	r := rand.New(rand.NewPCG(1, 1))
	noise := image.NewRGBA(image.Rect(0, 0, 64, 64*8))
	for i := range noise.Pix {
		noise.Pix[i] = uint8(r.Uint32()) | uint8(i%4/3*255)
	}
	c := Columns{Layers: make([][]float64, 3)}
	for i := range n {
		c.Path, c.Cluster = append(c.Path, fmt.Sprintf("a folder with a long name/and another one/photograph-%06d.jpeg", i)), append(c.Cluster, i%49)
		c.Score, c.Rank, c.Percentile, c.Flag = append(c.Score, r.NormFloat64()), append(c.Rank, i+1), append(c.Percentile, 100*r.Float64()), append(c.Flag, "low")
		c.X, c.Y = append(c.X, r.NormFloat64()), append(c.Y, r.NormFloat64())
		for l := range c.Layers {
			c.Layers[l] = append(c.Layers[l], 1000*r.NormFloat64())
		}
	}
	p := &Page{Title: "many", Images: c, Thumbnail: func(i int) image.Image { return noise.SubImage(image.Rect(0, i%448, 64, i%448+64)) }}
	if page := mustWrite(t, p); len(page) > 30<<20 || len(page) < 10<<20 {
		t.Errorf("%d bytes", len(page))
	}
}

// Every picture is where the script looks for it, without colours of its neighbours.
func TestSpritesHavePicturesInTheirPlaces(t *testing.T) {
	const n = 2200 // more than a sheet
	s, err := thumbnails(n, func(i int) image.Image { return plain(i) }, 1<<22)
	if err != nil {
		t.Fatal(err)
	}
	if s.W != 20 || s.H != 12 || s.TileW != 32 || s.TileH != 16 || s.Cols != 32 || len(s.Sheets) != 3 {
		t.Fatalf("%d sheets, %+v", len(s.Sheets), *s)
	}
	for at, text := range s.Sheets {
		b, err := base64.StdEncoding.DecodeString(text)
		if err != nil {
			t.Fatal(err)
		}
		sheet, err := jpeg.Decode(bytes.NewReader(b))
		if err != nil {
			t.Fatal(err)
		}
		for i := at * 1024; i < min(n, (at+1)*1024); i++ {
			want := plain(i).RGBAAt(0, 0)
			for _, corner := range []image.Point{{0, 0}, {19, 0}, {0, 11}, {19, 11}} {
				place := corner.Add(image.Pt(i%1024%32*32, i%1024/32*16))
				got := color.RGBAModel.Convert(sheet.At(place.X, place.Y)).(color.RGBA)
				if far(got.R, want.R) || far(got.G, want.G) || far(got.B, want.B) {
					t.Fatalf("picture %d has %v, want %v", i, got, want)
				}
			}
		}
	}
	if s, err := thumbnails(50, func(i int) image.Image { return plain(i) }, 100); err == nil || s != nil || !strings.Contains(err.Error(), "take fewer with --limit") {
		t.Errorf("a budget of 100 bytes: %v", err)
	}
}

func far(a, b uint8) bool { return max(a, b)-min(a, b) > 6 }

func TestHeatColours(t *testing.T) {
	img := image.NewGray(image.Rect(3, 4, 6, 5))
	img.Pix = []uint8{100, 100, 100}
	got := Heat(img, []float32{1, 1.6, 1e9})
	if c := got.RGBAAt(0, 0); c != (color.RGBA{110, 110, 110, 255}) {
		t.Errorf("usual: %v", c)
	}
	if c := got.RGBAAt(1, 0); c.R < 150 || c.G < 150 || c.B > 80 {
		t.Errorf("unlikely: %v is not yellow", c)
	}
	if c := got.RGBAAt(2, 0); c.R < 190 || c.G > 40 || c.B > 40 {
		t.Errorf("very unlikely: %v is not red", c)
	}
	for side, want := range map[int]image.Point{7: {6, 2}, 3: {3, 1}, 2: {2, 1}} {
		if size := Fit(img, side).Bounds().Size(); size != want {
			t.Errorf("fitted to %d: %v, want %v", side, size, want)
		}
	}
	if b := Beside(6, img, got); b.Bounds().Size() != (image.Point{16, 2}) || b.RGBAAt(7, 0) != (color.RGBA{255, 255, 255, 255}) || b.RGBAAt(0, 1).R != 100 {
		t.Errorf("side by side: %v", b.Bounds())
	}
}

// The error of a disk that is full comes back.
func TestWriteFails(t *testing.T) {
	if err := hostilePage(40).Write(broken{}); !errors.Is(err, errBroken) {
		t.Errorf("%v", err)
	}
}

var errBroken = errors.New("no room")

type broken struct{}

func (broken) Write([]byte) (int, error) { return 0, errBroken }
