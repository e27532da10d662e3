// Package report writes tables and figures from plain numbers. It knows nothing of models or
// data sets, and is the only place that knows how a table or a figure looks.
//
// # The story
//
// A Table has typed columns and rows of Values, which programs find by ids; Write leaves it as ID.csv, ID.json (for ReadTable) and ID.md.
// A figure is Lines (panels of curves) or Pictures (sheets of small images); Write leaves ID.png and ID.json: the
// numbers that were drawn, not the pixels. A Notice, "generated glyphs, not MNIST", is repeated in every file.
// Words stay words in every form, whoever wrote them: in Markdown no HTML, links or lines come of them (Text, Link, Inline),
// in CSV files what a spreadsheet would compute has an apostrophe in front.
// All files are written whole or not at all, and the same input gives the same bytes.
package report
