package main

import (
	"cmp"
	"fmt"
	"path/filepath"
	"slices"
	"strings"

	"deepgmm/dataset"
	"deepgmm/experiments/report"
	"deepgmm/internal/atomicfile"
	"deepgmm/internal/escape"
)

// What a contact sheet has.
const (
	sheetColumns = 10
	perCluster   = 9   // members in the one file of all sheets, beside the prototype
	perSheet     = 99  // in a file of its own
	sheetTile    = 128 // side of a picture, in pixels, unless it is larger
)

// cluster is a component of the top layer with its images, the one with the highest score first.
type cluster struct {
	k       int
	members []int
}

// clusters are those with images, the largest first; none of a model whose top layer has several positions.
func (j *judged) clusters() (all []cluster) {
	at := map[int]int{}
	for _, i := range slices.Backward(j.oddest(0)) {
		k := j.rows[i].Cluster
		if k == nil {
			return nil
		}
		if _, ok := at[*k]; !ok {
			at[*k] = len(all)
			all = append(all, cluster{k: *k})
		}
		all[at[*k]].members = append(all[at[*k]].members, i)
	}
	for _, c := range all {
		slices.SortStableFunc(c.members, func(a, b int) int { return cmp.Compare(j.rows[b].Score, j.rows[a].Score) })
	}
	slices.SortFunc(all, func(a, b cluster) int { return cmp.Or(len(b.members)-len(a.members), a.k-b.k) })
	return all
}

// spread are at most n of the members, evenly, with the first and the last.
func (c cluster) spread(n int) []int {
	if len(c.members) <= n {
		return c.members
	}
	some := make([]int, n)
	for i := range some {
		some[i] = c.members[i*(len(c.members)-1)/(n-1)]
	}
	return some
}

// prototype is what component k of the top layer stands for, as an image's H×W×C bytes.
func (j *judged) prototype(k int) []uint8 {
	values, shape := j.Network.Project(j.top(), 0, k)
	in := j.Network.Input()
	if shape != in { // some rows and columns are seen by nobody
		whole := make([]float32, in.Size())
		for y := range shape.H {
			copy(whole[y*in.W*in.C:], values[y*shape.W*shape.C:][:shape.W*shape.C])
		}
		values = whole
	}
	return dataset.Bytes(values)
}

// drawSheets writes one file with all sheets, or a folder with a file for each.
func (j *judged) drawSheets(files *forceFlag, path string, top int) error {
	oddest := sheetOf("oddest", fmt.Sprintf("The oddest of %d images", j.set.N), j.oddestSheet(top))
	if path[len(path)-1] != '/' {
		all := oddest
		all.Title = fmt.Sprintf("%d images by %s", j.set.N, escape.Line(filepath.Base(j.path)))
		for i, c := range j.clusters() {
			s := j.clusterSheet(c, perCluster)
			s.NewRow = i == 0
			all.Sheets = append(all.Sheets, s)
		}
		return files.within(path, all.WritePNG)
	}
	return atomicfile.WriteFolder(path, files.force, func(temp string) error {
		write := func(name string, p report.Pictures) error {
			return atomicfile.Write(filepath.Join(temp, name+".png"), p.WritePNG)
		}
		if err := write("oddest", oddest); err != nil {
			return err
		}
		for _, c := range j.clusters() {
			one := sheetOf("cluster", fmt.Sprintf("Cluster %d", c.k), j.clusterSheet(c, perSheet))
			if err := write(fmt.Sprintf("cluster-%03d", c.k), one); err != nil {
				return err
			}
		}
		return nil
	})
}

func sheetOf(id, title string, s report.Sheet) report.Pictures {
	return report.Pictures{ID: id, Title: title, Sheets: []report.Sheet{s}}
}

// oddestSheet has the oddest images with rank and name.
func (j *judged) oddestSheet(top int) report.Sheet {
	s := j.newSheet("the oddest, by rank; low and high are flagged")
	for _, i := range j.oddest(top) {
		r := &j.rows[i]
		j.addTo(&s, j.set.Image(i), strings.TrimSpace(fmt.Sprintf("%d %s", r.Rank, r.Flag))+": ", r.Path)
	}
	return s
}

// clusterSheet has the prototype of a cluster and some of its members.
func (j *judged) clusterSheet(c cluster, n int) report.Sheet {
	s := j.newSheet(fmt.Sprintf("cluster %d: its prototype, then members from the likeliest to the oddest, of %d",
		c.k, len(c.members)))
	j.addTo(&s, j.prototype(c.k), "prototype", "")
	for _, i := range c.spread(n) {
		j.addTo(&s, j.set.Image(i), "", j.rows[i].Path)
	}
	return s
}

func (j *judged) newSheet(caption string) report.Sheet {
	times := j.magnified()
	return report.Sheet{Caption: caption, Cols: sheetColumns, H: times * j.set.H, W: times * j.set.W, C: j.set.C}
}

// magnified is by how much the pictures of sheets are.
func (j *judged) magnified() int { return max(1, sheetTile/max(j.set.H, j.set.W)) }

// addTo adds a picture with words and the name of a file, as far as they fit below it: of names the end, where
// neighbours differ.
func (j *judged) addTo(s *report.Sheet, pix []uint8, words, path string) {
	times := j.magnified()
	for y := range s.H {
		for x := range s.W {
			at := (y/times*j.set.W + x/times) * s.C
			s.Pix = append(s.Pix, pix[at:at+s.C]...)
		}
	}
	name := escape.Line(strings.TrimSuffix(filepath.Base(path), filepath.Ext(path)))
	if path == "" {
		name = ""
	}
	room := max(4, s.W/7-len(words))
	if r := []rune(name); len(r) > room {
		name = "…" + string(r[len(r)-room+1:])
	}
	s.Captions = append(s.Captions, words+name)
}
