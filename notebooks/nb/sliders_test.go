package main

import (
	"context"
	"fmt"
	"testing"
	"time"
)

// slidersNotebook has all that can be moved, and a cell behind it.
var slidersNotebook = &notebook{NBFormat: 4, Cells: []*cell{
	{Type: "code", Source: `import (
	"deepgmm/dcgmm"
	"deepgmm/notebooks/show"
)

%%
defer show.Done()
set := show.Must(show.Data("glyphs")).Train.Head(300)
job := show.Job{Arch: "F8/2 G9 M F6 G9", Images: show.Images(set), Init: dcgmm.Init{Seed: 1}, Config: dcgmm.Config{Epochs: 2, Seed: 1}}
moments := show.Must(show.Moments(job, 0, 0.3, 0.6, 1))
net := moments[3].Network
show.Check(show.ExploreAnnealing("annealing", moments, 0))
show.Check(show.ExploreSamples("samples", net, 4, 1))
show.Check(show.ExploreMasks("masks", net, show.Images(set.Head(3)), dcgmm.Inpainting{}, show.Masks(28, 28)...))
show.Check(show.ExploreComponent("down", net, 1, 4))`},
	{Type: "code", Source: "%%\nfmt.Println(\"the last cell\")"},
}}

// TestSliders moves the sliders in JupyterLab: the pictures follow. Restart and run all works twice.
func TestSliders(t *testing.T) {
	ctx, e, tab := browser(t)
	slidersNotebook.clean()
	source, err := slidersNotebook.bytes()
	if err != nil {
		t.Fatal(err)
	}
	open(t, tab, startLab(t, ctx, e, source))
	for i := range 3 {
		if i == 0 {
			command(t, tab, "notebook:run-all-cells")
		} else {
			evaluate(t, tab, `document.querySelectorAll('[id^=explore_]').forEach(e => e.remove()); true`)
			command(t, tab, "notebook:restart-run-all")
			until(t, tab, "the question whether to restart", `(b => { b?.click(); return !!b })(document.querySelector('.jp-Dialog .jp-mod-accept'))`, time.Minute)
		}
		until(t, tab, "the sliders", `document.querySelectorAll('[id^=explore_] input[type=range]').length === 5`, 4*time.Minute)
		until(t, tab, "the end of the last cell", allNumbered+` && document.body.textContent.includes('the last cell\n')`, time.Minute)
	}
	evaluate(t, tab, `window.seen = e => [...e.lastChild.querySelectorAll('img')].map(i => i.src + i.previousSibling.textContent).join(); true`)
	for i := range 5 {
		moveSlider(t, tab, i)
	}
	down := `[...document.querySelectorAll('[id^=explore_]')].at(-1)`
	evaluate(t, tab, `{ const e = `+down+`, i = e.querySelector('img'), r = i.getBoundingClientRect(); window.before = window.seen(e);
		i.dispatchEvent(new MouseEvent('click', {clientX: r.left + r.width * 5 / 6, clientY: r.top + r.height / 6, bubbles: true})) }; true`)
	until(t, tab, "the component that was clicked", down+`.querySelector('input').value === '2' && window.seen(`+down+`) !== window.before`, 10*time.Second)
	evaluate(t, tab, `window.before = document.querySelector('[id^=explore_] input').value; document.querySelector('[id^=explore_] button').click(); true`)
	until(t, tab, "a slider that plays", `document.querySelector('[id^=explore_] input').value !== window.before`, 10*time.Second)
}

// moveSlider moves one to its first position, then to its last.
func moveSlider(t *testing.T, tab context.Context, i int) {
	t.Helper()
	slider := fmt.Sprintf(`document.querySelectorAll('[id^=explore_] input[type=range]')[%d]`, i)
	move := func(to string) string {
		return `{ const s = ` + slider + `; s.value = s.` + to + `; s.dispatchEvent(new Event('input', {bubbles: true})) } `
	}
	evaluate(t, tab, move("min")+`window.before = window.seen(`+slider+`.closest('[id^=explore_]')); `+move("max")+`; true`)
	until(t, tab, fmt.Sprintf("another picture for slider %d", i), `window.seen(`+slider+`.closest('[id^=explore_]')) !== window.before`, 10*time.Second)
}
