#!/bin/sh
# Runs xcmatrix on this machine and leaves one file, <machine>-<date>.xcr, beside this script.
#
#	sh run.sh                        what the plan beside it says, lab.plan; the default items where there is none
#	sh run.sh --suite abi,kernel     arguments are those of `xcmatrix run`; the plan is left out
#
# With tests.txt beside it the programs carry a module's own tests, and these run: arguments are those of `xcmatrix test`.
#
# It needs a POSIX shell and the basic commands (uname, mkdir, cp, df, rm), no root, no network, and installs nothing. It
# works in a directory of its own, in the first of $TMPDIR, $HOME, /var/tmp, /tmp, this one and the current one that has
# room and allows execution, and removes it in the end.
#
# 在本机运行 xcmatrix，并在本脚本旁留下一个文件：<机器>-<日期>.xcr。无需 root、网络或安装。

set -u
umask 022
proc=/proc

say() { printf 'xcmatrix: %s\nxcmatrix：%s\n' "$1" "$2" >&2; }

# stop ends the script with a sentence in English and one in Chinese.
stop() {
	say "$1" "$2"
	exit 2
}

[ -c /dev/null ] || stop "there is no /dev/null: start this in a whole system" "没有 /dev/null：请在完整的系统中运行"
[ -r "$proc/self/status" ] || stop "$proc is not mounted, and Go programs read it" "未挂载 $proc，而 Go 程序需要读取它"

case $0 in
*/*) here=${0%/*} ;;
*) here=. ;;
esac
here=$(CDPATH='' cd -- "$here" && pwd) || exit 2
start=$(pwd)

# Which file.
system=$(uname -s)
[ "$system" = Linux ] || stop "this is $system, and the programs here are for Linux" "本机系统为 $system，此处的程序仅适用于 Linux"
machine=$(uname -m)
case $machine in
x86_64 | amd64) arch=amd64 ;;
aarch64 | arm64) arch=arm64 ;;
loongarch64 | loong64) arch=loong64 ;;
*) stop "there is no program for this processor ($machine): there are some for x86_64, aarch64 and loongarch64" \
	"没有适用于本机处理器（$machine）的程序：现有 x86_64、aarch64 与 loongarch64" ;;
esac
name=xcmatrix-linux-$arch
both=no
if [ -f "$here/bin/$name-both" ]; then
	name=$name-both both=yes
fi
program=$here/bin/$name
[ -f "$program" ] || stop "$program is missing: copy the bundle again, or make one whose matrix has $arch" \
	"缺少 $program：请重新复制，或用包含 $arch 的矩阵重新生成"

# LoongArch's old ABI world: the kernel prints a signal set with 32 digits there, with 16 in the new one.
world=new
if [ "$arch" = loong64 ]; then
	world=
	while read -r key value _; do
		if [ "$key" = SigBlk: ]; then
			case ${#value} in
			16) world=new ;;
			32) world=old ;;
			esac
		fi
	done <"$proc/self/status"
	if [ -z "$world" ]; then
		if grep -q /lib64/ld-linux-loongarch-lp64d.so.1 /bin/sh 2>/dev/null; then
			world=new
		elif grep -q /lib64/ld.so.1 /bin/sh 2>/dev/null; then
			world=old
		fi
	fi
	if [ "$world" = old ] && [ "$both" = no ]; then
		stop "this LoongArch system is of the old ABI world, and the file here starts in the new one alone: make the bundle with an unchanged upstream Go 1.26 or 1.27" \
			"本 LoongArch 系统属于旧世界 ABI，而此处的文件只能在新世界启动：请用未修改的上游 Go 1.26 或 1.27 重新生成"
	fi
fi

# The oldest kernel of the Go port.
case $arch/$world in
loong64/old) floor=4.19 ;;
loong64/*) floor=5.19 ;;
*) floor=3.2 ;;
esac
release=$(uname -r)
major=${release%%.*}
minor=${release#*.}
minor=${minor%%[!0-9]*}
case $major$minor in
'' | *[!0-9]*) ;; # a release that is no number: the program tells by starting
*)
	if [ "$major" -lt "${floor%.*}" ] || { [ "$major" -eq "${floor%.*}" ] && [ "${minor:-0}" -lt "${floor#*.}" ]; }; then
		stop "the kernel is $release, and Go programs for $arch need $floor or newer" "内核为 $release，而 $arch 的 Go 程序需要 $floor 或更新版本"
	fi
	;;
esac

# Programs for the same processor with another garbage collector. The program finds them beside itself by their names.
others=
for file in "$here/bin/xcmatrix-linux-$arch"*-nogreenteagc; do
	[ ! -f "$file" ] || others="$others ${file##*/}"
done

# Are the files whole?
if command -v sha256sum >/dev/null 2>&1; then
	for each in "$name" $others; do
		sum=$(sha256sum <"$here/bin/$each")
		sum=${sum%% *}
		want=
		while read -r digest file; do
			[ "$file" = "bin/$each" ] && want=$digest
		done <"$here/SHA256SUMS"
		[ "$sum" = "$want" ] || stop "$here/bin/$each is damaged: it has not the digest in SHA256SUMS; copy the bundle again" \
			"$here/bin/$each 已损坏：摘要与 SHA256SUMS 不符；请重新复制"
	done
else
	say "there is no sha256sum here: the file is not checked" "没有 sha256sum：未检查文件是否完好"
fi

# A directory with room that allows execution. Each program is copied twice: here, and into its cache.
size=0
for each in "$name" $others; do
	size=$((size + $(wc -c <"$here/bin/$each")))
done
need=$((size / 512 + 65536)) # KiB
id=$(date +%Y%m%d-%H%M%S)-$$
dir=
why=
cause=
leave() { [ -z "$dir" ] || rm -rf "$dir"; }

# copied copies the programs to $dir.
copied() {
	cp "$program" "$dir/xcmatrix" 2>/dev/null || return 1
	for each in $others; do
		cp "$here/bin/$each" "$dir/$each" 2>/dev/null || return 1
	done
}

# fits makes $dir below a directory and copies the programs there, or says in $why and $cause what is in the way.
fits() {
	dir=$1/xcmatrix-$id
	if ! mkdir -m 700 "$dir" 2>/dev/null; then
		dir=
		why="$why; ${1:-/}: not writable" cause="$cause；${1:-/}：不可写"
		return 1
	fi
	free=$(df -Pk "$dir" 2>/dev/null | {
		read -r _
		read -r _ _ _ free _
		printf '%s' "$free"
	})
	case $free in
	'' | *[!0-9]*) free=$need ;; # df does not tell: cp will
	esac
	if [ "$free" -lt "$need" ] || ! copied; then
		leave
		why="$why; ${1:-/}: no space ($((need / 1024)) MiB are needed)" cause="$cause；${1:-/}：空间不足（需要 $((need / 1024)) MiB）"
		return 1
	fi
	chmod 700 "$dir/xcmatrix"
	"$dir/xcmatrix" --version >/dev/null 2>"$dir/said"
	started=$?
	if [ "$started" -eq 126 ]; then
		leave
		why="$why; ${1:-/}: mounted noexec, so that no program starts there" cause="$cause；${1:-/}：以 noexec 挂载，无法执行程序"
		return 1
	fi
}

found=no
for place in "${TMPDIR:-}" "${HOME:-}" /var/tmp /tmp "$here" "$start"; do
	if [ -n "$place" ] && [ -d "$place" ] && fits "${place%/}"; then
		found=yes
		break
	fi
done
[ "$found" = yes ] || stop "no directory here can run the program: ${why#; }; name one that can: TMPDIR=/a/directory sh run.sh" \
	"没有可运行程序的目录：${cause#；}；请指定一个：TMPDIR=/目录 sh run.sh"
if [ "$started" -ne 0 ]; then
	said=$(cat "$dir/said")
	leave
	stop "the program does not start here (status $started): $said" "程序无法在此启动（状态 $started）：$said"
fi

# Everything that the run writes is below $dir.
XDG_CACHE_HOME=$dir/cache TMPDIR=$dir/tmp
export XDG_CACHE_HOME TMPDIR
mkdir "$TMPDIR"
if [ -d "$here/vectors" ]; then
	XCMATRIX_VECTORS=$here/vectors
	export XCMATRIX_VECTORS
fi
if [ $# -eq 0 ] && [ -f "$here/lab.plan" ]; then
	set -- --plan "$here/lab.plan"
fi
trap : INT TERM # the program ends its run by itself, and what there is by then is packed
cd "$dir" || exit 2
verb=run
[ ! -f "$here/tests.txt" ] || verb=test
"$dir/xcmatrix" $verb --target native --packed "$@"
status=$?
if [ ! -e "$dir/results/runs" ]; then
	cd / && leave
	exit "$status"
fi
for place in "$here" "$start" "${HOME:-}"; do
	if [ -n "$place" ] && file=$("$dir/xcmatrix" pack latest --quiet --out "$place/" 2>"$dir/said"); then
		cd / && leave
		say "all of the run is in $file: take it along, and on your own machine: xcmatrix show $file" \
			"本次运行的全部内容在 $file 中：请将其带回，并在自己的机器上执行：xcmatrix show $file"
		exit "$status"
	fi
done
cat "$dir/said" >&2
stop "the run could not be packed; it is in $dir/results/runs: take that directory along" "无法打包本次运行；结果在 $dir/results/runs：请将该目录带回"
