package dcgmm

import (
	"context"

	"deepgmm/internal/kernel"
)

// fewImages at most are scored by a packing.
const fewImages = kernel.Lanes

// A packing scores few images at once. Where a block has one image in a lane, and lanes that are empty if there are
// fewer of them, here a lane has one patch: the positions of an image lie side by side, those of the next one behind
// them. Patches are copied for that. A layer with parameters for each position has the images of one position in its
// lanes. What a lane computes does not depend on the others, so that the bits are those of a block.
type packing struct {
	net *Network
	scoring
	reduction
	maps    []*pass // of single images, made when first needed
	layers  []packedLayer
	at      []place   // of the lanes that are filled
	columns []float32 // D×lanes: patches
	rows    []float32 // lanes×D, or lanes×C: patches, and what is handed on
}

// A packedLayer says where a packing finds the patches of a layer.
type packedLayer struct {
	*layer
	lanes    int // that are filled at once
	table    kernel.Table
	from, to []int // by position: where its patch begins in the map of an image, and what it hands on in the next map
}

// packs reports whether a packing scores the images: few, of which no pixel is missing, and not so large that copies of
// their patches need much memory.
func (n *Network) packs(images Images) bool {
	size := 0
	for i, l := range n.layers {
		maps, patches := product(fewImages, mapSize(&n.arch.Layers[i])), product(2*packedLanes(l), max(l.D(), l.channels()))
		size = total(size, maps, patches)
	}
	return images.Len() <= fewImages && images.Missing == nil && size <= roomy
}

// packedLanes is how many lanes of a layer are filled at once.
func packedLanes(pl *layer) int {
	if pl.PerPosition {
		return fewImages
	}
	return min(inferenceLanes, kernel.Pad(product(fewImages, pl.P())))
}

func (n *Network) newPacking() *packing {
	p := &packing{net: n, scoring: n.newScoring(inferenceLanes), reduction: n.newReduction(fewImages),
		at: make([]place, inferenceLanes)}
	columns, rows := 0, 0
	one := newPass(n, 1)
	for i, pl := range n.layers {
		l := packedLayer{layer: pl, lanes: packedLanes(pl)}
		l.table = kernel.Contiguous(pl.D(), l.lanes)
		for pos := range pl.P() {
			l.from = append(l.from, cap(one.maps[i][len(pl.Pools)].v)-cap(one.patch(i, pos)))
			if i < len(n.layers)-1 {
				m := &one.maps[i+1][0]
				l.to = append(l.to, cap(m.v)-cap(m.at(pos/pl.Out.W, pos%pl.Out.W)))
			}
		}
		p.layers = append(p.layers, l)
		columns, rows = max(columns, l.lanes*pl.D()), max(rows, l.lanes*max(pl.D(), pl.channels()))
	}
	p.maps = []*pass{one}
	p.columns, p.rows = make([]float32, columns), make([]float32, rows)
	return p
}

// evaluate fills ev, which has been reset for the images. The error is the context's or about scores that are not
// finite.
func (p *packing) evaluate(ctx context.Context, ev *Evaluation, images Images) error {
	p.begin()
	p.load(images)
	for i := range p.net.layers {
		if err := p.pool(ctx, i, images.Len()); err != nil {
			return err
		}
		if err := p.layer(ctx, ev, i, images.Len()); err != nil {
			return err
		}
	}
	p.addWins(ev)
	return nil
}

// load writes images into their first maps.
func (p *packing) load(images Images) {
	N, shape := images.Len(), images.Shape
	for len(p.maps) < N {
		p.maps = append(p.maps, newPass(p.net, 1))
	}
	width := shape.W * shape.C
	for i := range N {
		m := &p.maps[i].maps[0][0]
		for y := range shape.H {
			row := m.v[((y+m.top)*m.shape.W+m.left)*m.shape.C:][:width]
			for j, v := range images.Pix[(i*shape.H+y)*width:][:width] {
				row[j] = float32(v) / 255
			}
		}
	}
}

// pool fills the maps of a layer's poolings for N images.
func (p *packing) pool(ctx context.Context, layer, N int) error {
	for j, pool := range p.net.layers[layer].Pools {
		for i := range N {
			if ctx.Err() != nil {
				return ctx.Err()
			}
			for y := range pool.Out.H {
				p.maps[i].pool(layer, j, y)
			}
		}
	}
	return nil
}

// layer scores all patches of N images for a layer and fills the next layer's first maps.
func (p *packing) layer(ctx context.Context, ev *Evaluation, i, N int) error {
	pl := &p.layers[i]
	most := pl.lanes
	if pl.PerPosition {
		most = N
	}
	next := place{layer: i}
	for left := N * pl.P(); left > 0; left -= len(p.at) {
		if ctx.Err() != nil {
			return ctx.Err()
		}
		p.at = p.at[:min(most, left)]
		for lane := range p.at {
			p.at[lane] = next
			next = pl.after(next, N)
		}
		out, err := p.score(pl)
		if err != nil {
			return err
		}
		for lane, at := range p.at {
			p.add(&p.scoring, lane, ev, at)
		}
		if i < len(p.layers)-1 {
			p.handUp(pl, out)
		}
	}
	return nil
}

// after is the place of the next lane: the next position, or the next of N images where positions have parameters of
// their own.
func (pl *packedLayer) after(at place, N int) place {
	if pl.PerPosition {
		if at.i++; at.i == N {
			at.i, at.pos = 0, at.pos+1
		}
		return at
	}
	if at.pos++; at.pos == len(pl.from) {
		at.i, at.pos = at.i+1, 0
	}
	return at
}

// score takes the patches of the lanes to scores, and returns what they hand on.
func (p *packing) score(pl *packedLayer) (out []float32, err error) {
	n, count, at := kernel.Pad(len(p.at)), len(p.at), p.at[0]
	v := vectors{p.columns, pl.table, n, count, pl.set(at.pos)}
	p.fold(pl)
	pl.gmm.family.score(p.l, v)
	_, out, ok := p.respond(nil, pl.layer, v.set, n, count)
	if !ok {
		return nil, p.net.notFinite("scores of images", at.layer)
	}
	return out, nil
}

// fold copies the patches of the lanes into the columns.
func (p *packing) fold(pl *packedLayer) {
	D, width, stride := pl.D(), pl.Fold.W*pl.In.C, pl.Padded.W*pl.In.C
	for lane, at := range p.at {
		m := &p.maps[at.i].maps[at.layer][len(pl.Pools)]
		from, to := m.v[pl.from[at.pos]:], p.rows[lane*D:][:D]
		for y := range pl.Fold.H {
			copy(to[y*width:][:width], from[y*stride:])
		}
	}
	kernel.Transpose(p.columns, pl.lanes, p.rows, D, len(p.at), D)
}

// handUp writes what the lanes hand on, C×n, to the next layer's first maps.
func (p *packing) handUp(pl *packedLayer, out []float32) {
	C := pl.channels()
	kernel.Transpose(p.rows, C, out, kernel.Pad(len(p.at)), C, len(p.at))
	for lane, at := range p.at {
		copy(p.maps[at.i].maps[at.layer+1][0].v[pl.to[at.pos]:], p.rows[lane*C:][:C])
	}
}
