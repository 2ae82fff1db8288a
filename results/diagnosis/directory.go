package diagnosis

import (
	"context"
	"os"
	"path/filepath"
	"strconv"

	"golang.org/x/sys/unix"
)

// usable returns what is known of a directory that builds write to: of the nearest one that is there, if it has not been made yet.
func usable(path string) Evidence {
	e := Evidence{"path": path}
	at := path
	for at != "/" && at != "." && at != "" {
		info, err := os.Stat(at)
		if err == nil {
			if !info.IsDir() {
				e["file"] = at
			}
			break
		}
		at = filepath.Dir(at)
	}
	e["at"] = at
	if at == "" {
		return e
	}
	if err := unix.Access(at, unix.W_OK|unix.X_OK); err != nil {
		e["refused"] = err.Error()
	}
	var st unix.Statfs_t
	if err := unix.Statfs(at, &st); err == nil {
		e["free-mib"] = strconv.FormatUint(st.Bavail*uint64(st.Bsize)>>20, 10)
		e["noexec"] = says(st.Flags&unix.ST_NOEXEC != 0)
		e["inodes"] = strconv.FormatUint(st.Ffree, 10)
		e["no-inodes"] = says(st.Files > 0 && st.Ffree < 1000)
	}
	return e
}

// written returns a check that a directory of a setting can be written.
func written(id, name, en, zh string) Check {
	return newCheck(id, en, zh, func(ctx context.Context, h *Host) Evidence { return usable(h.setting(ctx, name)) }, func(e Evidence) *Fault {
		switch {
		case e["path"] == "" || e["path"] == "off":
			return nil
		case e["file"] != "":
			return fault(e["file"], name+" leads to a file, not to a directory", name+" 指向文件而非目录", "set "+name+" to a directory of yours", "请把 "+name+" 设为自己的目录").unset(name)
		case e["refused"] != "":
			return fault(e["path"]+": "+e["refused"], name+" cannot be written", name+" 不可写", "make it writable, or set "+name+" to a directory of yours", "请使其可写，或把 "+name+" 设为自己的目录").unset(name)
		}
		return nil
	})
}

// leastMiB is the room that one build of this program takes.
const leastMiB = 700

func directoryChecks() []Check {
	return []Check{
		newCheck("gocache-on", "the build cache is on", "构建缓存已启用", gathers("GOCACHE"), func(e Evidence) *Fault {
			if e["GOCACHE"] != "off" {
				return nil
			}
			return wrongSetting("GOCACHE", e["GOCACHE"], "GOCACHE=off: Go 1.12 and newer build nothing without it", "GOCACHE=off：Go 1.12 及更新版本没有缓存无法构建")
		}),
		written("gocache-written", "GOCACHE", "the build cache can be written", "构建缓存可写"),
		written("gomodcache-written", "GOMODCACHE", "the module cache can be written", "模块缓存可写"),
		newCheck("gocache-room", "the build cache has room", "构建缓存有足够空间", func(ctx context.Context, h *Host) Evidence { return usable(h.setting(ctx, "GOCACHE")) }, func(e Evidence) *Fault {
			free, err := strconv.ParseUint(e["free-mib"], 10, 64)
			if err != nil || free >= leastMiB {
				return nil
			}
			return fault(e["path"]+": "+e["free-mib"]+" MiB", "too little room for a build", "空间不足以完成一次构建", "make room: `go clean -cache`, or set GOCACHE to another file system", "请清理空间：`go clean -cache`，或把 GOCACHE 设到其他文件系统")
		}),
		newCheck("gocache-inodes", "the build cache's file system takes more files", "构建缓存所在文件系统可再建文件", func(ctx context.Context, h *Host) Evidence { return usable(h.setting(ctx, "GOCACHE")) }, func(e Evidence) *Fault {
			if e["no-inodes"] != yes {
				return nil
			}
			return fault(e["path"]+": "+e["inodes"], "the file system has almost no inodes left: \"no space left on device\" with room left", "文件系统 inode 将尽：明明有空间却报 no space left on device", "remove small files: `go clean -cache`", "请删除小文件：`go clean -cache`")
		}),
		newCheck("tmp-there", "the directory of temporary files is there, and can be written", "临时目录存在且可写", temporary, func(e Evidence) *Fault {
			switch {
			case e["at"] != e["path"]:
				return fault(e["variable"]+"="+e["path"], "the directory of temporary files is not there", "临时目录不存在", "make it: mkdir -p "+e["path"], "请创建：mkdir -p "+e["path"]).making(e["path"])
			case e["refused"] != "" || e["file"] != "":
				return fault(e["variable"]+"="+e["path"]+": "+e["refused"], "the directory of temporary files cannot be written", "临时目录不可写", "set GOTMPDIR to a directory of yours", "请把 GOTMPDIR 设为自己的目录")
			}
			return nil
		}),
		newCheck("tmp-exec", "programs may run in the directory of temporary files", "临时目录中允许运行程序", temporary, func(e Evidence) *Fault {
			if e["noexec"] != yes {
				return nil
			}
			return fault(e["path"], "the directory of temporary files is mounted noexec: `go run` and `go test` say permission denied", "临时目录以 noexec 挂载：`go run` 与 `go test` 会报权限不足", "set GOTMPDIR to a directory where programs may run", "请把 GOTMPDIR 设为可运行程序的目录")
		}),
		newCheck("tmp-room", "the directory of temporary files has room", "临时目录有足够空间", temporary, func(e Evidence) *Fault {
			free, err := strconv.ParseUint(e["free-mib"], 10, 64)
			if err != nil || free >= 200 {
				return nil
			}
			return fault(e["path"]+": "+e["free-mib"]+" MiB", "too little room to link a program", "空间不足以链接程序", "make room, or set GOTMPDIR to another file system", "请清理空间，或把 GOTMPDIR 设到其他文件系统")
		}),
	}
}

// temporary returns what is known of the directory that the go command builds in.
func temporary(ctx context.Context, h *Host) Evidence {
	for _, name := range []string{"GOTMPDIR", "TMPDIR"} {
		path := h.Get(name)
		if name == "GOTMPDIR" {
			path = h.setting(ctx, name)
		}
		if path != "" {
			e := usable(path)
			e["variable"] = name
			return e
		}
	}
	return usable("/tmp")
}
