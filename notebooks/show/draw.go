package show

import (
	"context"
	"encoding/base64"
	"fmt"
	"os"
	"slices"
	"strings"
	"time"

	_ "embed"

	"github.com/janpfeifer/gonb/gonbui"
	"github.com/janpfeifer/gonb/gonbui/comms"
	"github.com/janpfeifer/gonb/gonbui/protocol"

	"deepgmm/dcgmm"
	"deepgmm/eval"
)

// For how long DrawMask waits for the page to connect, and when it asks it to do so again, then for the first stroke, and
// for another one.
const (
	untilConnected = 10 * time.Second
	untilAsked     = 3 * time.Second
	untilFirst     = 20 * time.Second
	untilNext      = 2 * time.Minute
)

// DrawMask lets a reader draw missing pixels on images with the mouse, and shows the images filled in as the mask is
// drawn. It starts with images.Missing; a stroke that begins on a missing pixel takes pixels out of the mask. Below is
// a still picture of the start for readers: the images as they are, hidden, and filled in, one row each. It returns
// the mask that was drawn, N×H×W, for Images.Missing.
//
// Unlike Explore, the cell runs for as long as one draws: until "done" is clicked, for 20 seconds without a first
// stroke or two minutes after the last one. Without a Jupyter server, as in nbconvert, it does not wait.
//
// The error is that of Network.Inpaint, or says that the cell was interrupted.
func DrawMask(title string, net *dcgmm.Network, images dcgmm.Images, c dcgmm.Inpainting) ([]bool, error) {
	p := pad{net: net, images: images, how: c}
	filled, err := net.Inpaint(Context(), images, c)
	if err != nil {
		return nil, err
	}
	pixels := images.Len() * images.Shape.H * images.Shape.W
	p.images.Missing = make([]bool, pixels)
	for i := range pixels {
		p.images.Missing[i] = eval.IsMissing(images.Missing, i)
	}
	rows := slices.Concat(Values(images), Masked(images), filled)
	still := Sheet("as they are, hidden, filled in", images.Len(), images.Shape, rows)
	kernel := os.Getenv(protocol.GONB_JUPYTER_KERNEL_ID_ENV) // which a Jupyter server gives
	if !gonbui.IsNotebook || kernel == "" {
		Pictures(title, still)
		return p.images.Missing, nil
	}
	id := "draw_" + gonbui.UniqueId()
	from := comms.Listen[string](id).LatestOnly()
	display("", bundle{html: p.html(id, title, kernel)})
	Pictures(title, still)
	err = p.follow(Context(), from.C, func(text string) { comms.Send(id+"/answer", text) })
	return p.images.Missing, err
}

// pad is what is drawn on.
type pad struct {
	net    *dcgmm.Network
	images dcgmm.Images // with the mask as far as it is drawn, N×H×W
	how    dcgmm.Inpainting
}

//go:embed draw.js
var drawScript string

// html is an element that the script fills. Where scripts do not run, nothing is seen.
func (p *pad) html(id, title, kernel string) string {
	missing := []byte(strings.Repeat("0", len(p.images.Missing)))
	for i, m := range p.images.Missing {
		if m {
			missing[i] = '1'
		}
	}
	return scripted(id, drawScript, struct {
		Title   string `json:"title"`
		ID      string `json:"id"`
		Kernel  string `json:"kernel"`
		Images  small  `json:"images"`
		N       int    `json:"n"`
		H       int    `json:"h"`
		W       int    `json:"w"`
		Missing string `json:"missing"`
	}{title, id, kernel, p.picture(Values(p.images)), p.images.Len(), p.images.Shape.H, p.images.Shape.W, string(missing)})
}

func (p *pad) picture(values []float32) small { return shrink(Sheet("", 0, p.images.Shape, values)) }

// follow answers to what the page says until one is done, or waits for too long. The page says the number of a mask,
// or done, and the mask; the answer is a PNG of the images filled in, in base64, the last one is "end". What is sent to a
// page that has said nothing makes GoNB connect again, if the page was busy or another one was there before.
func (p *pad) follow(ctx context.Context, from <-chan string, answer func(string)) error {
	wait, ask := time.NewTimer(untilConnected), time.NewTicker(untilAsked)
	defer ask.Stop()
	connected := false
	for {
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-wait.C:
			return nil
		case <-ask.C:
			answer("hello")
		case said := <-from:
			if !connected {
				connected = true
				ask.Stop()
				defer answer("end")
			}
			done, err := p.take(ctx, said, answer)
			if done || err != nil {
				return err
			}
			wait.Reset(untilNext)
			if strings.HasPrefix(said, "0 ") {
				wait.Reset(untilFirst)
			}
		}
	}
}

// take takes the mask in what the page said, and answers to it if one is not done.
func (p *pad) take(ctx context.Context, said string, answer func(string)) (done bool, err error) {
	word, mask, _ := strings.Cut(said, " ")
	if len(mask) != len(p.images.Missing) || strings.Trim(mask, "01") != "" {
		return false, fmt.Errorf("the page sent a mask of %d characters for %d pixels: run the cell again",
			len(mask), len(p.images.Missing))
	}
	for i := range mask {
		p.images.Missing[i] = mask[i] == '1'
	}
	if word == "done" {
		return true, nil
	}
	filled, err := p.net.Inpaint(ctx, p.images, p.how)
	if err != nil {
		return false, err
	}
	answer(base64.StdEncoding.EncodeToString(p.picture(filled).PNG))
	return false, nil
}
