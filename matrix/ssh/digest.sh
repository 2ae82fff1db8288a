# digest_of prints the SHA-256 of its standard input, in hexadecimal, by the command that $sum names.
digest_of() {
	case $sum in
	openssl) openssl dgst -sha256 -r ;;
	sha256sum) sha256sum ;;
	busybox) busybox sha256sum ;;
	toybox) toybox sha256sum ;;
	shasum) shasum -a 256 ;;
	cksum) cksum -a sha256 --untagged ;;
	perl) perl -MDigest::SHA -e 'print Digest::SHA->new(256)->addfile(*STDIN, "b")->hexdigest' ;;
	python3) python3 -c 'import hashlib, sys; print(hashlib.sha256(sys.stdin.buffer.read()).hexdigest())' ;;
	esac
}
