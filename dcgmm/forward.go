package dcgmm

import (
	"deepgmm/dcgmm/arch"
	"deepgmm/internal/kernel"
)

// A laneMap is a feature map of n images with the image index innermost:
// [H][W][C][n], the layout of package kernel. H and W include a zero border.
type laneMap struct {
	v         []float32
	shape     Shape // with the border
	top, left int
	n         int
}

func newLaneMap(inner, padded Shape, top, left, n int) laneMap {
	return laneMap{make([]float32, padded.Size()*n), padded, top, left, n}
}

// at returns the C×n block of a position of the map without its border.
func (m *laneMap) at(y, x int) []float32 {
	i := ((y+m.top)*m.shape.W + x + m.left) * m.shape.C * m.n
	return m.v[i : i+m.shape.C*m.n]
}

// block returns the C×n block of position pos of a map without border.
func (m *laneMap) block(pos int) []float32 {
	size := m.shape.C * m.n
	return m.v[pos*size:][:size]
}

// patch returns the map from the first value of the patch at a position on.
func (m *laneMap) patch(pl *arch.Layer, pos int) []float32 {
	y, x := pos/pl.Out.W*pl.Fold.StrideH, pos%pl.Out.W*pl.Fold.StrideW
	return m.v[(y*m.shape.W+x)*m.shape.C*m.n:]
}

// A pass holds the maps of n images on their way through a network: for every
// layer the inputs of its poolings and the map that is folded.
type pass struct {
	net   *Network
	n     int // lanes, a multiple of kernel.Lanes, or 1 in a packing
	valid int // images in them; the other lanes hold zeros or leftovers
	maps  [][]laneMap
	table []kernel.Table // per layer: where the values of a patch lie, from its first one
}

func newPass(net *Network, n int) *pass {
	p := &pass{net: net, n: n}
	for _, pl := range net.layers {
		var maps []laneMap
		for _, pool := range pl.Pools {
			maps = append(maps, newLaneMap(pool.In, pool.In, 0, 0, n))
		}
		p.maps = append(p.maps, append(maps, newLaneMap(pl.In, pl.Padded, pl.Top, pl.Left, n)))
		p.table = append(p.table, patchTable(&pl.Layer, n))
	}
	return p
}

// load writes row y of the images idx[0…valid) into the first map. The lanes that are left get the last image.
func (p *pass) load(im Images, idx []int32, y int) {
	m := &p.maps[0][0]
	size, width := im.Shape.Size(), im.Shape.W*im.Shape.C
	row := m.v[((y+m.top)*m.shape.W+m.left)*m.shape.C*p.n:]
	var off [kernel.Lanes]int
	for first := 0; first < p.n; first += kernel.Lanes {
		for i := range off {
			off[i] = int(idx[min(first+i, p.valid-1)])*size + y*width
		}
		kernel.Pixels(row[first:], p.n, im.Pix, &off, width)
	}
}

// patch returns the input map from the first value of the patch at position pos on.
func (p *pass) patch(layer, pos int) []float32 {
	pl := p.net.layers[layer]
	return p.maps[layer][len(pl.Pools)].patch(&pl.Layer, pos)
}

// vectors are what a layer sees at a position.
func (p *pass) vectors(layer, pos int) vectors {
	return vectors{p.patch(layer, pos), p.table[layer], p.n, p.valid, p.set(layer, pos)}
}

// set is the parameter set of a position.
func (p *pass) set(layer, pos int) int { return p.net.layers[layer].set(pos) }

// emit writes what a position hands on, of its scores l with their maxima best, to the next layer's first map. The
// scratch may share both.
func (p *pass) emit(layer, pos int, l, best []float32, s outputScratch) {
	pl := p.net.layers[layer]
	pl.write(p.maps[layer+1][0].at(pos/pl.Out.W, pos%pl.Out.W), handed{l, best, p.n, pl.set(pos)}, s)
}
