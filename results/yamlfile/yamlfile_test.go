package yamlfile

import "testing"

type content struct {
	Name string `yaml:"name"`
	List []struct {
		N int `yaml:"n"`
	} `yaml:"list"`
}

func TestComplaints(t *testing.T) {
	for text, want := range map[string]string{
		"name: a\nother: b\n":         `f.yaml:2: there is no field "other" here`,
		"name: a\nlist:\n  - n: x\n":  "f.yaml:3: cannot be read: cannot unmarshal !!str `x` into int",
		"name: a\nname: b\n":          `f.yaml:2: cannot be read: mapping key "name" already defined at line 1`,
		"name: a\n---\nname: b\n":     "f.yaml:2: a second document; only one is read",
		"name: [\n":                   "f.yaml:1: cannot be read: did not find expected node content",
		"name: \"\x01\"\n":            "f.yaml: cannot be read: control characters are not allowed",
		"name: a\nlist:\n - {m: 1}\n": `f.yaml:3: there is no field "m" here`,
	} {
		_, err := Decode("f.yaml", []byte(text), &content{})
		if err == nil || err.Error() != want {
			t.Errorf("%q: %v, want %s", text, err, want)
		}
	}
}

func TestPlace(t *testing.T) {
	var c content
	f, err := Decode("f.yaml", []byte("# head\nname: a\nlist:\n  - n: 1\n  - n: 2\n"), &c)
	if err != nil || c.List[1].N != 2 {
		t.Fatal(c, err)
	}
	for want, path := range map[string][]any{
		"f.yaml:2": {"name"},
		"f.yaml:5": {"list", 1, "n"},
		"f.yaml:4": {"list", 0, "absent"},
	} {
		if got := f.Place(path...); got != want {
			t.Errorf("%v: %s, want %s", path, got, want)
		}
	}
}

func TestEmpty(t *testing.T) {
	f, err := Decode("f.yaml", []byte("# nothing\n"), &content{})
	if err != nil || f.Place("name") != "f.yaml:1" {
		t.Fatal(f, err)
	}
}
