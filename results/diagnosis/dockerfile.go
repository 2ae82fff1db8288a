package diagnosis

import (
	"context"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/xcmatrix/xcmatrix/results/pattern"
	"github.com/xcmatrix/xcmatrix/results/record"
	"github.com/xcmatrix/xcmatrix/results/regular"
)

// instruction is one of a Dockerfile.
type instruction struct {
	line       int
	name, args string
}

// instructions are those that a Dockerfile may have: Dockerfile reference.
var instructions = strings.Fields("ADD ARG CMD COPY ENTRYPOINT ENV EXPOSE FROM HEALTHCHECK LABEL MAINTAINER ONBUILD RUN SHELL STOPSIGNAL USER VOLUME WORKDIR")

// What stands in the arguments of an instruction.
var (
	hereDocument   = pattern.Of(`<<-?["']?(\w+)["']?`)
	stageName      = pattern.Of(`(?i)\sAS\s+(\S+)$`)
	goImage        = pattern.Of(`(^|/)golang[:@]`)
	fetchesModules = pattern.Of(`\bgo mod (download|vendor)\b`)
	copiesAll      = pattern.Of(`^(--\S+ +)*\. `)
	holdsPassword  = pattern.Of(`(?i)https?://[^/\s:@$]+:[^/\s@$]+@|(PASSWORD|TOKEN|SECRET)=[^\s$]{4,}`)
)

// Dockerfile returns the checks of a Dockerfile that builds a Go program. It fails with a *record.Problem that names the line where the file
// is none.
func Dockerfile(path string) ([]Check, error) {
	raw, err := regular.ReadNamed(path, regular.MaxText)
	if err != nil {
		return nil, err
	}
	all, err := parseDockerfile(path, string(raw))
	if err != nil {
		return nil, err
	}
	return dockerfileChecks(all), nil
}

// parseDockerfile returns the instructions of a Dockerfile, with continued lines and here-documents joined.
func parseDockerfile(path, content string) (all []instruction, err error) {
	at := func(line int) string { return path + ":" + strconv.Itoa(line) }
	lines := strings.Split(content, "\n")
	for i := 0; i < len(lines); i++ {
		text := strings.TrimSpace(lines[i])
		if text == "" || strings.HasPrefix(text, "#") {
			continue
		}
		first := i + 1
		for strings.HasSuffix(text, "\\") {
			if i++; i >= len(lines) {
				return nil, record.Wrongf(at(first), "the last line is to be continued", "末行以续行符结尾")
			}
			if next := strings.TrimSpace(lines[i]); !strings.HasPrefix(next, "#") {
				text = strings.TrimSuffix(text, "\\") + " " + next
			}
		}
		name, args, _ := strings.Cut(text, " ")
		name, args = strings.ToUpper(name), strings.TrimSpace(args)
		if !slices.Contains(instructions, name) {
			return nil, record.Wrongf(at(first), "%.40q is no instruction of a Dockerfile", "%.40q 不是 Dockerfile 指令", name)
		}
		if args == "" {
			return nil, record.Wrongf(at(first), "%s says nothing", "%s 没有内容", name)
		}
		if m := hereDocument().FindStringSubmatch(args); m != nil && (name == "RUN" || name == "COPY" || name == "ADD") {
			for i++; i < len(lines) && strings.TrimSpace(lines[i]) != m[1]; i++ {
				args += "\n" + lines[i]
			}
			if i >= len(lines) {
				return nil, record.Wrongf(at(first), "the text that ends with %s has no end", "以 %s 结尾的文本没有结束", m[1])
			}
		}
		if len(all) == 0 && name != "FROM" && name != "ARG" {
			return nil, record.Wrongf(at(first), "%s stands before the first FROM", "%s 位于首个 FROM 之前", name)
		}
		all = append(all, instruction{first, name, args})
	}
	for _, in := range all {
		if in.name == "FROM" {
			return all, nil
		}
	}
	return nil, record.Wrongf(path, "there is no FROM", "没有 FROM")
}

// found returns a check that fails at the first instruction which a function finds. wrong is what it finds, "" for nothing.
func found(id, en, zh string, all []instruction, hint bool, find func(all []instruction) (at instruction, is bool), causeEn, causeZh, remedyEn, remedyZh string) Check {
	c := newCheck(id, en, zh, func(context.Context, *Host) Evidence {
		if in, is := find(all); is {
			return Evidence{"line": strconv.Itoa(in.line), "text": firstLine(in.name + " " + in.args)}
		}
		return Evidence{}
	}, func(e Evidence) *Fault {
		if e["line"] == "" {
			return nil
		}
		f := fault("line "+e["line"]+": "+e["text"], causeEn, causeZh, remedyEn, remedyZh)
		f.Hint = hint
		return f
	})
	c.Hints = hint
	return c
}

// where returns a function that finds the first instruction of a name whose arguments match, and do not match another expression.
func where(name, match, unless string) func([]instruction) (instruction, bool) {
	return func(all []instruction) (instruction, bool) {
		for _, in := range all {
			if in.name != name {
				continue
			}
			if ok, _ := regexp.MatchString(match, in.args); !ok {
				continue
			}
			if ok, _ := regexp.MatchString(unless, in.args); ok && unless != "" {
				continue
			}
			return in, true
		}
		return instruction{}, false
	}
}

func dockerfileChecks(all []instruction) []Check {
	return []Check{
		found("docker-tag", "its images name a version", "镜像指明版本", all, false, where("FROM", `^(--\S+ +)*[^\s:@]+(:latest)?(\s|$)`, `(?i)^(--\S+ +)*(scratch|\$\S+)(\s|$)`+"|"+stages(all)),
			"an image without a version is another one tomorrow", "没有版本的镜像明天就会变成另一个", "name a version, better a digest: golang:1.26.8@sha256:…", "请指明版本，最好加摘要：golang:1.26.8@sha256:…"),
		found("docker-digest", "its images are pinned by digest", "镜像以摘要固定", all, true, where("FROM", `:`, `@sha256:`), "a tag can be moved: the layers of two builds may differ", "标签可被移动：两次构建的层可能不同", "append @sha256:… to the tag", "请在标签后加上 @sha256:…"),
		found("docker-cgo", "it says whether cgo is used", "注明是否启用 cgo", all, false, func(all []instruction) (instruction, bool) {
			for _, in := range all {
				if strings.Contains(in.args, "CGO_ENABLED") {
					return instruction{}, false
				}
			}
			return where("RUN", `\bgo (build|install)\b`, "")(all)
		}, "without CGO_ENABLED=0 the program is linked against the C library of the image that builds it, and starts in no other", "未设 CGO_ENABLED=0 时程序链接构建镜像的 C 库，在其他镜像中无法启动", "RUN CGO_ENABLED=0 go build …", "RUN CGO_ENABLED=0 go build …"),
		found("docker-trimpath", "it leaves paths out of the program", "程序中不含路径", all, true, where("RUN", `\bgo build\b`, `-trimpath`), "the program has the paths of the image that builds it: another directory gives other bytes", "程序含构建镜像的路径：换目录则字节不同", "go build -trimpath", "go build -trimpath"),
		found("docker-modules", "it fetches modules before it copies the source", "先下载模块再复制源码", all, false, func(all []instruction) (instruction, bool) {
			for _, in := range all {
				if in.name == "RUN" && fetchesModules().MatchString(in.args) || in.name == "COPY" && strings.Contains(in.args, "vendor") || strings.Contains(in.args, "--mount=type=cache") {
					return instruction{}, false
				}
				if in.name == "COPY" && copiesAll().MatchString(in.args) && !strings.Contains(in.args, "--from=") {
					return in, true
				}
			}
			return instruction{}, false
		}, "each change of the source fetches all modules again", "每次改动源码都会重新下载全部模块", "COPY go.mod go.sum ./ and RUN go mod download before COPY . .", "在 COPY . . 之前先 COPY go.mod go.sum ./ 并 RUN go mod download"),
		found("docker-sum", "it copies go.sum with go.mod", "go.sum 与 go.mod 一起复制", all, false, where("COPY", `\bgo\.mod\b`, `go\.sum|go\.\*|go\.mod\*`), "without go.sum nothing holds the modules to what they were", "没有 go.sum 就无法保证模块未变", "COPY go.mod go.sum ./", "COPY go.mod go.sum ./"),
		found("docker-vendor", "it builds from the vendor directory where it makes one", "生成 vendor 目录后从中构建", all, false, func(all []instruction) (instruction, bool) {
			_, makes := where("RUN", `\bgo mod vendor\b`, "")(all)
			in, builds := where("RUN", `\bgo build\b`, `-mod=vendor`)(all)
			return in, makes && builds && !strings.Contains(in.args, "go mod vendor")
		}, "the vendor directory is made, and not named where the program is built: the key of its layer does not decide what is built", "生成了 vendor 目录，构建时却未指明：该层的缓存键不决定构建内容", "go build -mod=vendor", "go build -mod=vendor"),
		found("docker-fetch", "it fetches nothing without a checksum", "不下载未校验的内容", all, false, func(all []instruction) (instruction, bool) {
			if in, is := where("ADD", `https?://`, `--checksum=`)(all); is {
				return in, true
			}
			return where("RUN", `\b(curl|wget)\b.*https?://`, `sha256sum|sha512sum|gpg|shasum`)(all)
		}, "what is fetched is held against nothing: tomorrow it may be another file", "下载内容未校验：明天可能是另一个文件", "ADD --checksum=sha256:… URL, or sha256sum -c in the same RUN", "ADD --checksum=sha256:… 网址，或在同一 RUN 中 sha256sum -c"),
		found("docker-secret", "it has no password in it", "不含口令", all, false, func(all []instruction) (instruction, bool) {
			for _, in := range all {
				if holdsPassword().MatchString(in.args) && (in.name == "ENV" || in.name == "ARG" || in.name == "RUN") {
					return instruction{in.line, in.name, "…"}, true
				}
			}
			return instruction{}, false
		}, "a password is in a layer, which everybody who has the image reads", "口令写进了镜像层，任何得到镜像的人都能读取", "RUN --mount=type=secret", "RUN --mount=type=secret"),
		found("docker-stage", "the last image is not the one that builds", "最终镜像不是构建镜像", all, true, func(all []instruction) (instruction, bool) {
			var last instruction
			for _, in := range all {
				if in.name == "FROM" {
					last = in
				}
			}
			return last, goImage().MatchString(last.args)
		}, "the image that is shipped has a compiler and all of the source", "交付的镜像含编译器和全部源码", "a second FROM, and COPY --from=0 of the program alone", "增加第二个 FROM，仅 COPY --from=0 程序本身"),
		found("docker-user", "its program does not run as root", "程序不以 root 运行", all, true, func(all []instruction) (instruction, bool) {
			user := ""
			for _, in := range all {
				switch in.name {
				case "FROM":
					user = ""
				case "USER":
					user = in.args
				}
			}
			last := all[len(all)-1]
			return last, user == "" || user == "root" || user == "0" || strings.HasPrefix(user, "0:")
		}, "the program runs as root", "程序以 root 运行", "USER 65532:65532", "USER 65532:65532"),
	}
}

// stages returns an expression that matches FROM with the name of an earlier stage.
func stages(all []instruction) string {
	names := []string{`\x00`}
	for _, in := range all {
		if m := stageName().FindStringSubmatch(in.args); m != nil && in.name == "FROM" {
			names = append(names, regexp.QuoteMeta(m[1]))
		}
	}
	return `^(` + strings.Join(names, "|") + `)(\s|$)`
}
