package series

import (
	"slices"
	"strings"
)

// processors returns the names that keep the number of processors at their end ("-8"), which go test adds. It is dropped
// from all others, so that machines of different sizes have the same benchmarks. A name keeps it if one column has the
// name with two numbers, because then it distinguishes results.
func processors(parts []*part, by By) map[title]bool {
	type at struct {
		title
		column string
	}
	suffixes, keep := map[at]string{}, map[title]bool{}
	if uniform(parts, by) {
		return keep
	}
	for _, p := range parts {
		labels := p.labels(by)
		for i, t := range p.titles {
			base, suffix := split(t.name)
			t.name = base
			for _, label := range labels[i] {
				if before, ok := suffixes[at{t, label}]; ok && before != suffix {
					keep[t] = true
				}
				suffixes[at{t, label}] = suffix
			}
		}
	}
	return keep
}

// uniform reports whether all names of each column have the same suffix, the usual case.
func uniform(parts []*part, by By) bool {
	suffixes := map[string]string{}
	for _, p := range parts {
		if len(p.titles) == 0 {
			continue
		}
		if !p.uniform {
			return false
		}
		for i := range p.origins {
			label := p.origins[i].Label(by)
			if before, ok := suffixes[label]; ok && before != p.suffix {
				return false
			}
			suffixes[label] = p.suffix
		}
	}
	return true
}

// labels returns the columns in which each title of a part has values.
func (p *part) labels(by By) [][]string {
	all := make([]string, len(p.origins))
	for i := range p.origins {
		all[i] = p.origins[i].Label(by)
	}
	distinct := slices.Compact(slices.Clone(all))
	labels := make([][]string, len(p.titles))
	if len(distinct) == 1 {
		for i := range labels {
			labels[i] = distinct
		}
		return labels
	}
	for c := range p.chunks() {
		of := &labels[p.benchmarks[c.benchmark].title]
		if label := all[c.origin]; !slices.Contains(*of, label) {
			*of = append(*of, label)
		}
	}
	return labels
}

// rename drops the number of processors from the names of benchmarks that are not in keep.
func (p *part) rename(keep map[title]bool) {
	for i := range p.titles {
		t := &p.titles[i]
		base := strings.TrimSuffix(t.name, p.suffix)
		if !p.uniform {
			base, _ = split(t.name)
		}
		if len(keep) == 0 || !keep[title{t.pkg, base}] {
			t.name = base
		}
	}
}

// split returns a name without the "-8" at its end, and that suffix.
func split(name string) (base, suffix string) {
	i := len(name)
	for i > 0 && name[i-1] >= '0' && name[i-1] <= '9' {
		i--
	}
	if i == len(name) || i < 2 || name[i-1] != '-' {
		return name, ""
	}
	return name[:i-1], name[i-1:]
}

// suffixes returns the different ends of a part's names, without the dash.
func (p *part) suffixes() (all []string) {
	titles := p.titles
	if p.uniform {
		titles = titles[:1]
	}
	for _, t := range titles {
		if _, suffix := split(t.name); suffix != "" && !slices.Contains(all, suffix[1:]) {
			if all = append(all, suffix[1:]); len(all) == 8 { // so many cannot be numbers of processors
				return nil
			}
		}
	}
	return all
}

// processors adds a number of processors to the column.
func (c *Column) processors(number string) {
	if i, ok := slices.BinarySearch(c.Processors, number); !ok {
		c.Processors = slices.Insert(c.Processors, i, number)
	}
}
