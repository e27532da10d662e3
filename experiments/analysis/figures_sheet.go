package analysis

import (
	"deepgmm/experiments/cell"
	"deepgmm/experiments/configs"
	"deepgmm/experiments/report"
	"deepgmm/experiments/results"
	"deepgmm/experiments/suite"
)

// besideReal puts samples beside real images, many and not selected: of the paper's rival, the flat mixture of factor
// analysers and the deep model whose samples are nearest to validation images, the latter sharpened, too.
func besideReal(s *results.Set, f frame) report.Written {
	figure := f.pictures()
	figure.Sheets = besideRealSheets(s, true)
	return figure
}

// HeroID names the figure of real and drawn images of all data sets.
const HeroID = "F12-real-and-drawn"

// Of a sheet of Hero: small enough for four side by side.
const (
	heroColumns = 4
	heroImages  = 28
)

// Hero shows real and drawn images of all data sets, a row for each; ok is false if nothing was drawn.
func Hero(sets []*results.Set) (f *report.Pictures, ok bool) {
	f = &report.Pictures{ID: HeroID, Title: heroWords.Title, Notice: sets[0].Notice}
	for _, s := range sets {
		if !hasSamples(s.Tier) {
			continue
		}
		for i, sheet := range besideRealSheets(s, false) {
			sheet.Pix = sheet.Pix[:min(len(sheet.Pix), heroImages*sheet.H*sheet.W*sheet.C)]
			sheet.Cols, sheet.NewRow = heroColumns, i == 0
			if i == 0 {
				sheet.Caption = SetTitle(s.Set) + ": " + sheet.Caption
			}
			f.Sheets = append(f.Sheets, sheet)
		}
	}
	return f, len(f.Sheets) > 0
}

// besideRealSheets are the sheets; of the deep model both, as drawn and sharpened, or the one nearer to validation
// images.
func besideRealSheets(s *results.Set, both bool) (sheets []report.Sheet) {
	show := func(id, caption, which string, newRow bool) {
		if d := s.SamplesOf(id); len(d) > 0 && d[0].Pictures[which].Cols > 0 {
			made := sheet(d[0].Pictures[which], "")
			made.Caption, made.NewRow = caption, newRow
			sheets = append(sheets, made)
		}
	}
	show(suite.TrainingImages, "real images", cell.PictureRaw, false)
	flat, _, _ := s.Nearest(suite.Where(s.Samplers(), func(m suite.Model) bool { return m.IsFlat() && m.HasFactors() }))
	deep, nearer, _ := s.Nearest(suite.Where(s.Samplers(), suite.Model.IsDeep))
	for _, m := range []suite.Model{s.PaperRival(configs.Drawing), flat} {
		show(m.ID, m.Short(), cell.PictureRaw, false)
	}
	if both || nearer == results.Raw {
		show(deep.ID, deep.Short(), cell.PictureRaw, both)
	}
	if both || nearer == results.Sharpened {
		show(deep.ID, deep.Short()+", sharpened", cell.PictureSharp, false)
	}
	return sheets
}
