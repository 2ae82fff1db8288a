# Takes a payload from its standard input and keeps it under its digest. Before it stand: mark; base, digest, size, sum and
# gzip; digest.sh.
set -u
umask 077
LC_ALL=C
export LC_ALL
dir=$base/xcmatrix/payloads
part=$dir/.part-$$
answer() {
	printf '\n%s %s\n' "$mark" "$1"
	rm -f "$part"
	exit 0
}
mkdir -p "$dir" || answer unwritable
# What an earlier one left that was killed.
for old in "$dir"/.part-*; do
	if [ -f "$old" ] && ! kill -0 "${old##*-}" 2>/dev/null; then rm -f "$old"; fi
done
trap 'rm -f "$part"' HUP INT TERM
if [ "$gzip" = yes ]; then
	gzip -dc >"$part"
else
	cat >"$part"
fi
status=$?
have=$(wc -c <"$part")
if [ "$((have))" -ne "$size" ] || [ "$status" -ne 0 ]; then
	free=$(df -Pk "$dir" 2>/dev/null | {
		read -r _
		read -r _ _ _ free _
		printf %s "$free"
	})
	case $free in
	'' | *[!0-9]*) ;;
	*) if [ "$free" -lt 1024 ]; then answer full; fi ;;
	esac
	answer "short $have"
fi
have=$(digest_of <"$part")
if [ "${have%% *}" != "$digest" ]; then answer damaged; fi
chmod 700 "$part" && mv "$part" "$dir/sha256-$digest" || answer unwritable
# The newest eight are enough to resume the last runs.
ls -t "$dir"/sha256-* 2>/dev/null | tail -n +9 | while IFS= read -r old; do rm -f "$old"; done
answer kept
