package gallery

import (
	"crypto/sha256"
	_ "embed"
	"encoding/base64"
	"fmt"
	"html/template"
	"image"
	"io"
	"strings"
)

// Page is what a page shows. Names in it may be any: they are written as words.
type Page struct {
	Title          string
	Facts          []Fact // of the overview
	Score          string // name of the score
	Below, Above   *float64
	ThresholdWords string // a sentence
	DuplicateWords string // a sentence
	MapShare       string // of the variance, in words

	Images     Columns
	Thumbnail  func(i int) image.Image // of image i; all have one size, up to 64 pixels of which are kept, of few 128
	Clusters   []Cluster
	Prototypes []image.Image // of components; all have one size
	Groups     [][]Duplicate
	Heats      []HeatOf
	NoHeat     string // why there are none, a sentence
	Oddest     int    // how many are shown as such
	Places     []int  // images that are odd in one place only, for all their score
}

// Fact is a line of the overview.
type Fact struct{ Name, Value string }

// Columns are what is known of N images, a value each; those that are nil are not known of any. JSON names are those of
// the page's script.
type Columns struct {
	Path       []string    `json:"path"`
	Cluster    []int       `json:"cluster"`
	Folder     []string    `json:"folder"` // class by the sub-folder
	Class      []string    `json:"class"`  // class by the model
	Score      []float64   `json:"score"`
	Rank       []int       `json:"rank"`
	Percentile []float64   `json:"percentile"`
	Flag       []string    `json:"flag"`
	Layers     [][]float64 `json:"layers"` // log-likelihoods by layer
	Peak       []float64   `json:"peak"`   // the highest heat
	X          []float64   `json:"x"`      // places on the map
	Y          []float64   `json:"y"`
}

// Cluster is a component of the top layer with its images, the one with the highest score first.
type Cluster struct {
	K       int    `json:"k"`
	At      int    `json:"prototype"` // its place among the prototypes
	Members []int  `json:"members"`
	Words   string `json:"words,omitempty"` // what else there is to say
}

// Duplicate is an image of a group.
type Duplicate struct {
	I        int     `json:"i"`
	Of       int     `json:"of"` // the nearest one
	Distance float64 `json:"distance"`
	Exact    bool    `json:"exact"` // has the same pixels
}

// HeatOf is the heat of an image, as a picture; all have one size.
type HeatOf struct {
	I       int
	Picture image.Image
}

var (
	//go:embed page/page.html.tmpl
	pageTemplate string
	//go:embed page/page.css
	pageStyle string
	//go:embed page/page.js
	pageScript string
)

// view is what the template sees.
type view struct {
	*Page
	Policy    string
	Style     template.CSS
	Script    template.JS
	Data      *pageData
	HeatWords string
	HasMap    bool
}

// pageData is what the script sees.
type pageData struct {
	Images     *Columns      `json:"images"`
	Score      string        `json:"score"`
	Below      *float64      `json:"below"`
	Above      *float64      `json:"above"`
	Oddest     int           `json:"oddest"`
	Places     []int         `json:"places"`
	Clusters   []Cluster     `json:"clusters"`
	Groups     [][]Duplicate `json:"groups"`
	Thumbs     *sprites      `json:"thumbs"`
	Prototypes *sprites      `json:"prototypes"`
	Heats      *heats        `json:"heats"`
}

// heats are sprites of some images.
type heats struct {
	*sprites
	Of []int `json:"of"`
}

// Write writes the page. The error is the writer's, or says that the pictures take too much room. It panics for a page
// without images, or if columns differ in length.
func (p *Page) Write(w io.Writer) error {
	p.Images.check()
	data, err := p.data()
	if err != nil {
		return err
	}
	t, err := template.New("page").Parse(pageTemplate)
	if err != nil {
		return fmt.Errorf("page: %w", err)
	}
	v := view{Page: p, Policy: policy(), Style: template.CSS(pageStyle), Script: template.JS(pageScript), Data: data}
	v.HasMap = p.Images.X != nil
	if len(p.Heats) > 0 {
		v.HeatWords = HeatWords
	}
	return t.Execute(w, v)
}

// policy lets the page's own style and script work, by their hashes, and pictures that it carries along; it loads
// nothing, and no script that a name might bring along runs.
func policy() string {
	hash := func(text string) string {
		sum := sha256.Sum256([]byte(text))
		return "'sha256-" + base64.StdEncoding.EncodeToString(sum[:]) + "'"
	}
	return strings.Join([]string{"default-src 'none'", "img-src data:", "style-src " + hash(pageStyle),
		"script-src " + hash(pageScript), "base-uri 'none'", "form-action 'none'"}, "; ")
}

func (p *Page) data() (*pageData, error) {
	d := &pageData{Images: &p.Images, Score: p.Score, Below: p.Below, Above: p.Above, Oddest: p.Oddest, Places: p.Places,
		Clusters: p.Clusters, Groups: p.Groups}
	if d.Groups == nil {
		d.Groups = [][]Duplicate{}
	}
	var err error
	if d.Thumbs, err = thumbnails(len(p.Images.Path), p.Thumbnail, thumbBudget); err != nil {
		return nil, err
	}
	if len(p.Prototypes) > 0 {
		prototype := func(i int) image.Image { return p.Prototypes[i] }
		if d.Prototypes, err = thumbnails(len(p.Prototypes), prototype, thumbBudget); err != nil {
			return nil, err
		}
	}
	if len(p.Heats) > 0 {
		d.Heats = &heats{}
		for _, h := range p.Heats {
			d.Heats.Of = append(d.Heats.Of, h.I)
		}
		heat := func(i int) image.Image { return p.Heats[i].Picture }
		d.Heats.sprites, err = thumbnails(len(p.Heats), heat, thumbBudget)
	}
	return d, err
}

// check panics unless all columns have a value for each image.
func (c *Columns) check() {
	n, mapped := len(c.Path), c.X != nil || c.Y != nil
	lengths := []int{len(c.Score), len(c.Rank), len(c.Percentile), len(c.Flag)}
	for _, layer := range c.Layers {
		lengths = append(lengths, len(layer))
	}
	for _, may := range []struct {
		known  bool
		length int
	}{{c.Cluster != nil, len(c.Cluster)}, {c.Folder != nil, len(c.Folder)}, {c.Class != nil, len(c.Class)},
		{c.Peak != nil, len(c.Peak)}, {mapped, len(c.X)}, {mapped, len(c.Y)}} {
		if may.known {
			lengths = append(lengths, may.length)
		}
	}
	for _, length := range lengths {
		if n == 0 || length != n {
			panic(fmt.Sprintf("gallery: Write: %d names, but columns of %v values", n, lengths))
		}
	}
}
