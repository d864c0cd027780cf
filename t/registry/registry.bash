# shellcheck shell=bash
# What the tests of this room share.

# shellcheck disable=SC2034 # for the tests
empty_sum=e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855

# registry LINE...: the file r with a header of the common columns, then the lines.
registry() {
	printf '%s\n' file_path,owner_id,content_hash "$@" >r
}

# list DIR [OWNER]: makes DIR's .file_registry.csv of what is in it.
list() {
	local f sum owner=${2-PKG-TEST-001}
	{
		echo file_path,owner_id,owner_registry,content_hash
		echo ".file_registry.csv,$owner,package,"
		for f in "$1"/*; do
			[ -f "$f" ] || continue
			if [ -L "$f" ]; then sum=$(readlink -n "$f" | sha256sum); else sum=$(sha256sum <"$f"); fi
			echo "${f##*/},$owner,package,sha256:${sum%% *}"
		done
	} >"$1/.file_registry.csv.made"
	mv "$1/.file_registry.csv.made" "$1/.file_registry.csv"
}

# tree_of DIR: every name in it with mode and content, so that two can be compared; without our own lock.
tree_of() {
	(cd "$1" && find . -path ./.cp -prune -o -printf '%y %m %p %l\n' | LC_ALL=C sort &&
		find . -path ./.cp -prune -o -type f -print0 | LC_ALL=C sort -z | xargs -0r sha256sum)
}
