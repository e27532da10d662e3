package main

import (
	"fmt"
	"regexp"
	"strings"
)

// clean removes what differs from run to run and from machine to machine: times, versions, counts, metadata of the execution.
// The same notebook, executed again, gives the same bytes.
func (nb *notebook) clean() {
	nb.NBFormatMinor = 5
	nb.Metadata = map[string]any{
		"kernelspec":    map[string]any{"display_name": "Go (gonb)", "language": "go", "name": "gonb"},
		"language_info": map[string]any{"file_extension": ".go", "mimetype": "text/x-go", "name": "go"},
	}
	count := 0
	for i, c := range nb.Cells {
		if c.ID == "" {
			c.ID = fmt.Sprintf("cell-%02d", i+1)
		}
		c.Metadata = map[string]any{}
		if c.Type != "code" {
			continue
		}
		count++
		n := count
		c.Count = &n
		c.Outputs = cleanOutputs(c.Outputs)
	}
}

func cleanOutputs(all []*output) []*output {
	var kept []*output
	for _, o := range all {
		if html := string(o.Data["text/html"]); hasClass(html, "live") {
			continue
		}
		if n := len(kept); o.Type == "stream" && n > 0 && kept[n-1].Type == "stream" && kept[n-1].Name == o.Name {
			kept[n-1].Text += o.Text
			continue
		}
		for mime, t := range o.Data {
			if strings.HasPrefix(mime, "image/") {
				t = text(strings.ReplaceAll(string(t), "\n", ""))
			}
			o.Data[mime] = text(strings.TrimRight(withoutTiming(string(t)), " "))
		}
		kept = append(kept, o)
	}
	return kept
}

var timing = regexp.MustCompile(`<span class="timing">[^<]*</span>`)

// withoutTiming leaves out the elements that package show marks as times. This is the rule for figures that may differ.
func withoutTiming(html string) string { return timing.ReplaceAllString(html, "") }

// hasClass tells whether HTML begins with an element of a class of package show.
func hasClass(html, class string) bool {
	_, rest, ok := strings.Cut(html, ` class="`)
	return ok && strings.HasPrefix(html, "<") && strings.HasPrefix(rest, class+`"`) && !strings.Contains(html[:len(html)-len(rest)], ">")
}
