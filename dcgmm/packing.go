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
	maps    []*pass        // of single images, made when first needed
	lanes   []int          // by layer, that are filled at once
	table   []kernel.Table // by layer, for these lanes
	columns []float32      // D×lanes: patches
	rows    []float32      // lanes×D, or lanes×C: patches, and what is handed on
	missing *missing       // nil: all pixels of the images are known
	known   []laneMap      // by image: 1 where a value is observed
	seen    []float32      // D×lanes: those of the patches
}

// packs reports whether a packing scores N images: few, and not so large that copies of their patches need much memory.
func (n *Network) packs(N int) bool {
	size := 0
	for i, l := range n.layers {
		size = total(size, product(fewImages, mapSize(&n.arch.Layers[i])), product(2*packedLanes(l), max(l.D(), l.channels())))
	}
	return N <= fewImages && size <= roomy
}

// packedLanes is how many lanes of a layer are filled at once.
func packedLanes(pl *layer) int {
	if pl.PerPosition {
		return fewImages
	}
	return min(inferenceLanes, kernel.Pad(product(fewImages, pl.P())))
}

func (n *Network) newPacking() *packing {
	p := &packing{net: n, scoring: n.newScoring(inferenceLanes), reduction: n.newReduction(fewImages)}
	columns, rows := 0, 0
	for _, pl := range n.layers {
		lanes := packedLanes(pl)
		p.lanes, p.table = append(p.lanes, lanes), append(p.table, kernel.Contiguous(pl.D(), lanes))
		columns, rows = max(columns, lanes*pl.D()), max(rows, lanes*max(pl.D(), pl.channels()))
	}
	p.columns, p.rows = make([]float32, columns), make([]float32, rows)
	return p
}

// evaluate fills ev, which has been reset for the images. The error is the context's or about scores that are not finite.
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
	p.missing, p.known = nil, nil
	if images.Missing != nil {
		p.loadMasks(images)
	}
}

// loadMasks takes the masks of images, and marginals by the parameters of now.
func (p *packing) loadMasks(images Images) {
	pl, shape := p.net.layers[0], images.Shape
	p.missing = p.net.newMissingScores(p.lanes[0])
	p.seen = make([]float32, pl.D()*p.lanes[0])
	for i := range images.Len() {
		m := newLaneMap(pl.In, pl.Padded, pl.Top, pl.Left, 1)
		setOnes(m.v)
		mask := images.Missing[i*shape.H*shape.W%len(images.Missing):] // one for all, or for each
		for pos, gone := range mask[:shape.H*shape.W] {
			if gone {
				clear(m.at(pos/shape.W, pos%shape.W))
			}
		}
		p.known = append(p.known, m)
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
	pl := p.net.layers[i]
	most := p.lanes[i]
	if pl.PerPosition {
		most = N
	}
	for first := 0; first < N*pl.P(); first += most {
		if ctx.Err() != nil {
			return ctx.Err()
		}
		s := span{i, N, first, min(most, N*pl.P()-first)}
		out, err := p.score(s)
		if err != nil {
			return err
		}
		for lane := range s.count {
			image, pos := s.patch(pl, lane)
			p.add(&p.scoring, lane, ev, place{i, 0, image, pos})
		}
		if i < len(p.net.layers)-1 {
			p.handUp(s, out)
		}
	}
	return nil
}

// A span is count of the patches of N images for a layer, in the order of their images, or of their positions where
// these have parameters of their own.
type span struct{ layer, N, first, count int }

// patch is the image and the position of a patch of a span.
func (s span) patch(pl *layer, lane int) (image, pos int) {
	if pl.PerPosition {
		return (s.first + lane) % s.N, (s.first + lane) / s.N
	}
	return (s.first + lane) / pl.P(), (s.first + lane) % pl.P()
}

// score takes the patches of a span to scores, and returns what they hand on.
func (p *packing) score(s span) (out []float32, err error) {
	pl, n := p.net.layers[s.layer], kernel.Pad(s.count)
	_, pos := s.patch(pl, 0)
	v := vectors{p.columns, p.table[s.layer], n, s.count, pl.set(pos)}
	p.fold(p.columns, s, false)
	if s.layer == 0 && p.missing != nil {
		p.fold(p.seen, s, true)
		p.missing.scoreSome(p.l, v, p.seen)
	} else {
		pl.gmm.family.score(p.l, v)
	}
	_, out, ok := p.respond(nil, pl, v.set, n, s.count)
	if !ok {
		return nil, p.net.notFinite("scores of images", s.layer)
	}
	return out, nil
}

// fold copies the patches of a span, or what is known of them, into the columns of dst, D×lanes.
func (p *packing) fold(dst []float32, s span, known bool) {
	pl := p.net.layers[s.layer]
	D, width := pl.D(), pl.Fold.W*pl.In.C
	for lane := range s.count {
		image, pos := s.patch(pl, lane)
		m := &p.maps[image].maps[s.layer][len(pl.Pools)]
		if known {
			m = &p.known[image]
		}
		from, to := m.patch(&pl.Layer, pos), p.rows[lane*D:][:D]
		for ; len(to) > 0; to = to[width:] {
			copy(to[:width], from)
			from = from[min(len(from), m.shape.W*m.shape.C):]
		}
	}
	kernel.Transpose(dst, p.lanes[s.layer], p.rows, D, s.count, D)
}

// handUp writes what the patches of a span hand on, C×n, to the next layer's first maps.
func (p *packing) handUp(s span, out []float32) {
	pl := p.net.layers[s.layer]
	C := pl.channels()
	kernel.Transpose(p.rows, C, out, kernel.Pad(s.count), C, s.count)
	for lane := range s.count {
		image, pos := s.patch(pl, lane)
		copy(p.maps[image].maps[s.layer+1][0].at(pos/pl.Out.W, pos%pl.Out.W), p.rows[lane*C:])
	}
}
