package product

import (
	"github.com/xcmatrix/xcmatrix/results/record"
	"github.com/xcmatrix/xcmatrix/results/regular"
	"github.com/xcmatrix/xcmatrix/results/store"
	"github.com/xcmatrix/xcmatrix/results/yamlfile"
)

// text is a text in both languages.
type text struct {
	En string `yaml:"en"`
	Zh string `yaml:"zh"`
}

func (t text) record() record.Sentence { return record.Say(t.En, t.Zh) }

// productFile is a product.yaml.
type productFile struct {
	Name      text   `yaml:"name"`
	Version   string `yaml:"version"`
	Vendor    text   `yaml:"vendor"`
	Applicant *text  `yaml:"applicant"` // the vendor, where it is left out
	Module    string `yaml:"module"`
	Licence   string `yaml:"licence"`
}

// laboratoryFile is a laboratory.yaml.
type laboratoryFile struct {
	Name          text     `yaml:"name"`
	Address       text     `yaml:"address"`
	Accreditation string   `yaml:"accreditation"`
	Basis         []string `yaml:"basis"`
	Months        int      `yaml:"months"`
	Link          string   `yaml:"link"`
}

// Read reads a product's file, and holds it against what a run tested. Every complaint is a *record.Problem with file and
// line.
func Read(path string, tested ...*store.Product) (*Product, error) {
	raw, err := regular.ReadNamed(path, regular.MaxText)
	if err != nil {
		return nil, err
	}
	return Parse(path, raw, tested...)
}

// Parse is Read for a file that was read.
func Parse(name string, raw []byte, tested ...*store.Product) (*Product, error) {
	var content productFile
	f, err := yamlfile.Decode(name, raw, &content)
	if err != nil {
		return nil, err
	}
	if content.Applicant == nil {
		content.Applicant = &content.Vendor
	}
	p := &Product{Name: content.Name.record(), Version: content.Version, Vendor: content.Vendor.record(), Applicant: content.Applicant.record(),
		Module: content.Module, Licence: content.Licence}
	if w := p.wrong(); w != nil {
		w.Place = f.Place(w.at...)
		return nil, f.Mend(w.Problem)
	}
	for _, t := range tested {
		if _, problem := p.Fits(t); problem != nil {
			key := "version"
			if t == nil || t.Module != p.Module {
				key = "module"
			}
			problem.Place = f.Place(key)
			return nil, problem
		}
	}
	return p, nil
}

// ReadLaboratory reads a laboratory's file. Every complaint is a *record.Problem with file and line.
func ReadLaboratory(path string) (*Laboratory, error) {
	raw, err := regular.ReadNamed(path, regular.MaxText)
	if err != nil {
		return nil, err
	}
	return ParseLaboratory(path, raw)
}

// ParseLaboratory is ReadLaboratory for a file that was read.
func ParseLaboratory(name string, raw []byte) (*Laboratory, error) {
	var content laboratoryFile
	f, err := yamlfile.Decode(name, raw, &content)
	if err != nil {
		return nil, err
	}
	l := &Laboratory{Name: content.Name.record(), Address: content.Address.record(), Accreditation: content.Accreditation, Basis: content.Basis,
		Months: content.Months, Link: content.Link}
	if w := l.wrong(); w != nil {
		w.Place = f.Place(w.at...)
		return nil, f.Mend(w.Problem)
	}
	return l, nil
}
