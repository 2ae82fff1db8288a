package elf

import (
	"fmt"
	"runtime"
	"slices"
	"strings"
	"sync"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"

	"github.com/xcmatrix/xcmatrix/results/executable"
	"github.com/xcmatrix/xcmatrix/results/record"
	"github.com/xcmatrix/xcmatrix/suites/check"
)

// factsOnce returns what the payload's file says of itself, as `xcmatrix elf` reads it.
var factsOnce = sync.OnceValues(func() (*executable.Facts, error) {
	f, err := open(self)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		return nil, err
	}
	return executable.Read(f, info.Size())
})

// facts returns what a rule judges of the payload's file. The name is that of the rule's topic: rules of one topic judge the same.
func facts(r executable.Rule) executable.Facts {
	GinkgoHelper()
	return check.Gather("what the file says: "+r.Topic, func() executable.Facts {
		f, err := factsOnce()
		check.NoError(err)
		return *f
	})
}

// rules holds the payload against the rules of the command elf, except for those that only give hints. A rule on code counts where this
// machine lacks what the code uses.
func rules() {
	for _, r := range executable.Rules() {
		if r.Hint {
			continue
		}
		It(r.Topic+" "+r.Holds, func() {
			f := facts(r)
			if r.Topic == "code" {
				lacking(&f)
			}
			Expect(said(r.Find(&f))).To(BeEmpty())
		})
	}
	It("reports the world that its interpreter and symbols are of", func() {
		f := check.Gather("what the file says: world", func() executable.Facts {
			f, err := factsOnce()
			check.NoError(err)
			return *f
		})
		Expect(f.World).To(BeElementOf("", executable.NewWorld))
		check.ObserveDiffers("pages that a kernel may have", f.PageSizes, record.Say("each architecture's linker aligns for its kernels", "各架构链接器按其内核对齐"))
	})
	It("has code that can be followed on this architecture", func() {
		usage := check.Gather("what the file says: usage", func() executable.Facts {
			f, err := factsOnce()
			check.NoError(err)
			return *f
		}).Vectors
		Expect(usage.Read).To(Equal(runtime.GOARCH != "amd64")) // golang.org/x/arch does not decode AVX
		for _, u := range usage.Uses {
			Expect(u.Instructions).To(BeNumerically(">", 0), u.Function)
		}
	})
}

// lacking leaves the uses of what this machine's processor has not.
func lacking(f *executable.Facts) {
	features := check.Fact("features of the processor", check.Machine().Features)
	if len(features) == 0 { // nobody has looked: `go test`
		features = []string{"lsx", "lasx"}
	}
	f.Vectors.Uses = slices.Clone(f.Vectors.Uses)
	f.Vectors.Uses = slices.DeleteFunc(f.Vectors.Uses, func(u use) bool { return slices.Contains(features, u.Feature) })
}

func said(all []record.Sentence) []string {
	var texts []string
	for _, s := range all {
		texts = append(texts, s.En)
	}
	return texts
}

// shared are the topics of rules that a shared object is held against.
func shared(r executable.Rule) bool {
	return !r.Hint && (r.Topic == "header" || r.Topic == "segment" || r.Topic == "dynamic" || r.Topic == "note")
}

// loader holds this system's dynamic linker against the rules for shared objects: it loads every program that is not static.
func loader() {
	for _, r := range executable.Rules() {
		if !shared(r) {
			continue
		}
		It(r.Topic+" "+r.Holds, func() {
			f := check.Gather("what the loader says: "+r.Topic, loaderFacts)
			Expect(said(r.Find(&f))).To(BeEmpty())
		})
	}
	It("is a shared object of this architecture", func() {
		f := check.Gather("what the loader says: object", loaderFacts)
		Expect([]string{f.Type, f.GOARCH}).To(Equal([]string{"ET_DYN", runtime.GOARCH}))
	})
	It("needs no library before it can load one", func() {
		f := check.Gather("what the loader says: needs", loaderFacts)
		Expect(f.Needed).To(BeEmpty())
	})
}

// vdso holds the object that the kernel maps into every process against the rules for shared objects. It has no stack, and lies in pages
// of the kernel that runs.
func vdso() {
	for _, r := range executable.Rules() {
		if !shared(r) || r.ID == "segment-stack" || r.ID == "segment-pages" || r.ID == "header-version" {
			continue
		}
		It(r.Topic+" "+r.Holds, func() {
			f := check.Gather("what the vDSO says: "+r.Topic, vdsoFacts)
			Expect(said(r.Find(&f))).To(BeEmpty())
		})
	}
	It("is a shared object of this architecture", func() {
		f := check.Gather("what the vDSO says: object", vdsoFacts)
		Expect([]string{f.Type, f.GOARCH}).To(Equal([]string{"ET_DYN", runtime.GOARCH}))
	})
	It("needs nothing else", func() {
		f := check.Gather("what the vDSO says: needs", vdsoFacts)
		Expect(fmt.Sprint(f.Interpreter, strings.Join(f.Needed, " "))).To(BeEmpty())
	})
	It("names itself as Linux does", func() {
		f := check.Gather("what the vDSO says: name", vdsoFacts)
		Expect(f.SOName).To(Equal("linux-vdso.so.1"))
	})
}
