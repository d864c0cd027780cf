#!/usr/bin/env python3
"""archive.py NAME OUT: writes the archive of that name. Each is the good package but for what its name says.
archive.py --list: the names, each with what has to become of it: a finding's code, or 3 for an archive that cannot be read."""
import gzip
import hashlib
import io
import json
import sys
import zlib

BLOCK = 512
GOOD = [("lib/a", b"alpha\n"), ("lib/b", b"beta\n")]
CASES = {}


def case(becomes):
    def add(function):
        CASES[function.__name__.replace("_", "-")] = (becomes, function)
        return function
    return add


def asset(path, content, **more):
    return {"source": path, "hash": "sha256:" + hashlib.sha256(content).hexdigest(), "plane": "ho3", "type": "library", **more}


def manifest(assets=None, **more):
    assets = [asset(*f) for f in GOOD] if assets is None else assets
    sums = "".join(h + "\n" for h in sorted(a.get("hash", "") for a in assets))
    document = {"schema_version": "1.1", "package_id": "PKG-EVIL-001", "version": "1.0.0", "type": "library", "assets": assets,
                "integrity": {"manifest_hash": "sha256:" + hashlib.sha256(sums.encode()).hexdigest()}, **more}
    return json.dumps({k: v for k, v in document.items() if v is not None}).encode()


def header(name, size=0, type=b"0", mode=0o644, link="", **over):
    """A member's header as libarchive writes it, unless a field is given."""
    raw = name if isinstance(name, bytes) else name.encode()
    fields = [("name", raw, 100), ("mode", b"%06o \0" % mode, 8), ("uid", b"000000 \0", 8), ("gid", b"000000 \0", 8),
              ("length", b"%011o " % size, 12), ("mtime", b"00000000000 ", 12), ("sum", b" " * 8, 8), ("type", type, 1),
              ("link", link.encode(), 100), ("magic", b"ustar\0" + b"00", 8), ("uname", b"", 32), ("gname", b"", 32),
              ("major", b"000000 \0", 8), ("minor", b"000000 \0", 8), ("prefix", b"", 155)]
    block = b"".join(over.get(n, v).ljust(w, b"\0")[:w] for n, v, w in fields).ljust(BLOCK, b"\0")
    total = over.get("checksum", b"%06o\0 " % sum(block))
    return block[:148] + total + block[156:]


def padded(content):
    return content + b"\0" * (-len(content) % BLOCK)


def member(name, content=b"", **more):
    return header(name, len(content), **more) + padded(content)


END = b"\0" * (2 * BLOCK)


def tar(members=None, document=None, extra=()):
    files = {**dict(GOOD if members is None else members)}
    files["package.manifest.yaml"] = manifest() if document is None else document
    parts = [(n if isinstance(n, bytes) else n.encode(), member(n, c)) for n, c in files.items()] + list(extra)
    return b"".join(p for _, p in sorted(parts, key=lambda x: x[0])) + END


def packed(data):
    return gzip.compress(data, 6, mtime=0)


@case("good")
def good():
    return packed(tar())



# --- names ---

def evil(*extra, document=None):
    return packed(tar(extra=extra, document=document))


def named(name, becomes):
    def build():
        content = b"evil\n"
        more = [asset(name, content)] if becomes == "DUPLICATE" else []
        document = manifest([asset(*f) for f in GOOD] + more)
        return evil((name if isinstance(name, bytes) else name.encode(), member(name, content)), document=document)
    return becomes, build


CASES["parent-directory"] = named("../evil", "PATH_ESCAPE")
CASES["parent-directory-inside"] = named("lib/../../evil", "PATH_ESCAPE")
CASES["parent-directory-that-stays-inside"] = named("lib/../evil", "PATH_ESCAPE")
CASES["parent-directory-at-the-end"] = named("lib/..", "PATH_ESCAPE")
CASES["absolute"] = named("/etc/evil", "PATH_ESCAPE")
CASES["two-slashes-first"] = named("//etc/evil", "PATH_ESCAPE")
CASES["dot-component"] = named("lib/./evil", "PATH_ESCAPE")
CASES["dot-first"] = named("./evil", "PATH_ESCAPE")
CASES["two-slashes"] = named("lib//evil", "PATH_ESCAPE")
CASES["not-utf-8"] = named(b"lib/\xff\xfe", "PATH_ESCAPE")
CASES["surrogate-in-utf-8"] = named(b"lib/\xed\xa0\x80", "PATH_ESCAPE")
CASES["overlong-slash"] = named(b"lib\xc0\xafevil", "PATH_ESCAPE")
CASES["line-feed-in-name"] = named("lib/a\nb", "PATH_ESCAPE")
CASES["escape-in-name"] = named("lib/\x1b[2J", "PATH_ESCAPE")
CASES["delete-in-name"] = named("lib/a\x7f", "PATH_ESCAPE")
CASES["right-to-left-override"] = named("lib/\u202egpj.exe", "PATH_ESCAPE")
CASES["case-twin"] = named("lib/A", "DUPLICATE")
CASES["case-twin-of-a-directory"] = named("LIB/c", "DUPLICATE")
CASES["file-and-directory"] = named("lib/a/c", "DUPLICATE")
CASES["the-manifest-in-capitals"] = named("Package.manifest.yaml", "DUPLICATE")


# --- what is no file ---

def special(name, type, becomes="SPECIAL", **more):
    return becomes, lambda: evil((name.encode(), header(name, type=type, **more)))


CASES["symlink-out"] = special("lib/c", b"2", link="../../../etc/passwd")
CASES["symlink-absolute"] = special("lib/c", b"2", link="/etc/passwd")
CASES["symlink-inside"] = special("lib/c", b"2", link="a")
CASES["hardlink-out"] = special("lib/c", b"1", link="/etc/passwd")
CASES["hardlink-inside"] = special("lib/c", b"1", link="lib/a")
CASES["character-device"] = special("lib/c", b"3")
CASES["block-device"] = special("lib/c", b"4")
CASES["fifo"] = special("lib/c", b"6")
CASES["directory"] = special("lib/c/", b"5", "NONCANONICAL", mode=0o755)
CASES["directory-that-leads-out"] = special("../c/", b"5", "PATH_ESCAPE", mode=0o755)
CASES["directory-dot"] = special("./", b"5", "PATH_ESCAPE", mode=0o755)


@case("SPECIAL")
def symlink_and_a_file_through_it():
    return evil((b"lib/c", header("lib/c", type=b"2", link="/tmp")), (b"lib/c/evil", member("lib/c/evil", b"x")))


# --- what is declared and what is there ---

@case("UNDECLARED")
def undeclared_member():
    return evil((b"lib/c", member("lib/c", b"x")))


@case("UNDECLARED")
def manifest_of_another_name_beside_it():
    return evil((b"package.manifest.json", member("package.manifest.json", manifest())))


@case("MISSING")
def missing_member():
    return packed(tar(members=GOOD[:1]))


@case("MODIFIED")
def another_content():
    return packed(tar(members=[GOOD[0], ("lib/b", b"BETA\n")]))


@case("MODIFIED")
def contents_swapped():
    return packed(tar(members=[("lib/a", GOOD[1][1]), ("lib/b", GOOD[0][1])]))


@case("MODIFIED")
def executable_that_is_not_declared_so():
    return packed(b"".join([member("lib/a", GOOD[0][1], mode=0o755), member("lib/b", GOOD[1][1]),
                            member("package.manifest.yaml", manifest()), END]))


@case("MODIFIED")
def setuid():
    return packed(b"".join([member("lib/a", GOOD[0][1], mode=0o4755), member("lib/b", GOOD[1][1]),
                            member("package.manifest.yaml", manifest([asset(*GOOD[0], mode="0755"), asset(*GOOD[1])])), END]))


@case("DUPLICATE")
def member_twice():
    return evil((b"lib/a", member("lib/a", b"evil\n")))


@case("DUPLICATE")
def member_twice_with_one_content():
    return evil((b"lib/a", member(*GOOD[0])))


@case("DUPLICATE")
def manifest_twice():
    return evil((b"package.manifest.yaml", member("package.manifest.yaml", manifest(version="2.0.0"))))


@case("DUPLICATE")
def asset_twice():
    return packed(tar(document=manifest([asset(*GOOD[0]), asset(*GOOD[1]), asset(*GOOD[1], mode="0644")])))


@case("3")
def manifest_not_at_the_root():
    return packed(b"".join([member("p/lib/a", GOOD[0][1]), member("p/package.manifest.yaml", manifest()), END]))


@case("3")
def no_manifest():
    return packed(member("lib/a", GOOD[0][1]) + END)


@case("3")
def no_members():
    return packed(END)


# --- the manifest ---

def said(document, becomes="MANIFEST"):
    return becomes, lambda: packed(tar(document=document))


CASES["manifest-of-version-1-0"] = said(manifest(schema_version="1.0"))
CASES["manifest-with-an-unknown-member"] = said(manifest(post_install="rm -rf /"))
CASES["manifest-of-a-spec-without-framework"] = said(manifest(type="spec", spec_id="SPEC-A"))
CASES["manifest-of-a-framework-without-id"] = said(manifest(type="framework"))
CASES["manifest-with-a-migration"] = said(manifest(upgrade_policy={"migration": "run.sh"}))
CASES["manifest-of-an-unknown-type"] = said(manifest(type="registry"))
CASES["manifest-without-integrity"] = said(manifest(integrity=None))
CASES["version-that-is-none"] = said(manifest(version="1.0"))
CASES["asset-of-type-registry"] = said(manifest([asset(*GOOD[0]), {**asset(*GOOD[1]), "type": "registry"}]))
CASES["asset-with-an-unknown-member"] = said(manifest([asset(*GOOD[0]), asset(*GOOD[1], owner="root")]))
CASES["asset-setuid"] = said(manifest([asset(*GOOD[0]), asset(*GOOD[1], mode="4755")]), "3")
CASES["asset-with-a-target-of-its-own"] = said(manifest([asset(*GOOD[0]), asset(*GOOD[1], target="../x")]), "3")
CASES["asset-that-leads-out"] = said(manifest([asset(*GOOD[0]), {**asset(*GOOD[1]), "source": "../lib/b"}]), "3")
CASES["asset-of-no-plane"] = said(manifest([asset(*GOOD[0]), {**asset(*GOOD[1]), "plane": "ho0"}]), "3")
CASES["asset-without-hash"] = said(manifest([asset(*GOOD[0]), {**asset(*GOOD[1]), "hash": ""}]), "3")
CASES["assets-none"] = said(manifest([]), "MANIFEST")
CASES["package-id-that-leads-out"] = said(manifest(package_id="PKG-../../x"), "3")
CASES["manifest-empty"] = said(b"", "3")
CASES["manifest-no-yaml"] = said(b"\0\1\2", "3")
CASES["manifest-with-an-alias-bomb"] = said(b"a: &a [x, x]\nb: &b [*a, *a]\nassets: [*b]\n", "3")
CASES["manifest-with-a-member-twice"] = said(manifest()[:-1] + b', "version": "2.0.0"}', "3")
CASES["manifest-nested-deep"] = said(b"[" * 100000 + b"]" * 100000, "3")
CASES["another-manifest-hash"] = said(manifest(integrity={"manifest_hash": "sha256:" + "0" * 64}), "HASH")
CASES["no-manifest-hash"] = said(manifest(integrity={}), "HASH")
CASES["another-document-hash"] = said(json.dumps({**json.loads(manifest()), "integrity": {
    **json.loads(manifest())["integrity"], "document_hash": "sha256:" + "0" * 64}}).encode(), "HASH")


# --- one tar file, two readers ---

def pax(records, type=b"x"):
    body = b""
    for key, value in records:
        rest = b" " + key + b"=" + value + b"\n"
        n = len(rest)
        while len(str(n)) + len(rest) != n:
            n = len(str(n)) + len(rest)
        body += str(n).encode() + rest
    return header("PaxHeader/x", len(body), type=type) + padded(body)


def in_front(before, becomes, declared="lib/c", **more):
    """What changes what the member behind it is."""
    def build():
        content = b"evil\n"
        document = manifest([asset(*f) for f in GOOD] + [asset(declared, content)])
        return evil((b"lib/c", before + member("lib/c", content, **more)), document=document)
    return becomes, build


CASES["pax-path-that-leads-out"] = in_front(pax([(b"path", b"../evil")]), "PATH_ESCAPE")
CASES["pax-path-absolute"] = in_front(pax([(b"path", b"/evil")]), "PATH_ESCAPE")
CASES["pax-path-of-another"] = in_front(pax([(b"path", b"lib/d")]), "NONCANONICAL", "lib/d")
CASES["pax-path-needless"] = in_front(pax([(b"path", b"lib/c")]), "NONCANONICAL")
CASES["pax-path-twice"] = in_front(pax([(b"path", b"../evil"), (b"path", b"lib/c")]), "NONCANONICAL")
CASES["pax-link"] = in_front(pax([(b"linkpath", b"/etc/passwd")]), "NONCANONICAL")
CASES["pax-size-larger"] = in_front(pax([(b"size", b"600")]), "3")
CASES["pax-size-negative"] = in_front(pax([(b"size", b"-1")]), "3")
CASES["pax-owner"] = in_front(pax([(b"uid", b"1000"), (b"uname", b"root")]), "NONCANONICAL")
CASES["pax-time"] = in_front(pax([(b"mtime", b"1.5")]), "NONCANONICAL")
CASES["pax-xattr"] = in_front(pax([(b"SCHILY.xattr.security.capability", b"x")]), "NONCANONICAL")
CASES["pax-global-path"] = in_front(pax([(b"path", b"../evil")], b"g"), "NONCANONICAL")
CASES["pax-record-too-long"] = in_front(header("p", 6, type=b"x") + padded(b"99 a=\n"), "3")
CASES["gnu-long-name-that-leads-out"] = in_front(header("././@LongLink", 8, type=b"L") + padded(b"../evil\0"), "PATH_ESCAPE")
CASES["gnu-long-name-needless"] = in_front(header("././@LongLink", 6, type=b"L") + padded(b"lib/c\0"), "NONCANONICAL")
CASES["gnu-sparse"] = in_front(pax([(b"GNU.sparse.major", b"1"), (b"GNU.sparse.minor", b"0"),
                                    (b"GNU.sparse.realsize", b"5"), (b"GNU.sparse.name", b"lib/c")]), "any")
CASES["owner-of-the-packer"] = in_front(b"", "NONCANONICAL", uid=b"001750 \0")
CASES["time-of-the-packer"] = in_front(b"", "NONCANONICAL", mtime=b"14700000000 ")
CASES["name-of-the-packer"] = in_front(b"", "NONCANONICAL", uname=b"root")
CASES["old-regular-file-type"] = in_front(b"", "NONCANONICAL", type=b"\0")
CASES["contiguous-file-type"] = in_front(b"", "any", type=b"7")
CASES["unknown-type"] = in_front(b"", "any", type=b"Z")
CASES["size-in-base-256"] = in_front(b"", "NONCANONICAL", length=b"\x80" + b"\0" * 10 + b"\5")
CASES["size-negative"] = in_front(b"", "3", length=b"\xff" * 12)
CASES["size-huge"] = in_front(b"", "3", length=b"77777777777 ")
CASES["checksum-wrong"] = in_front(b"", "3", checksum=b"000000\0 ")
CASES["prefix-that-leads-out"] = in_front(b"", "PATH_ESCAPE", prefix=b"../..")


@case("NONCANONICAL")
def members_out_of_order():
    return packed(member("lib/b", GOOD[1][1]) + member("lib/a", GOOD[0][1]) + member("package.manifest.yaml", manifest()) + END)


@case("NONCANONICAL")
def archive_behind_the_end():
    return packed(tar() + tar())


@case("NONCANONICAL")
def garbage_behind_the_end():
    return packed(tar() + b"x" * 512)


@case("NONCANONICAL")
def zeros_behind_the_end():
    return packed(tar() + b"\0" * 10240)


@case("NONCANONICAL")
def no_end():
    return packed(tar()[:-len(END)])


@case("NONCANONICAL")
def garbage_in_the_padding():
    data = bytearray(tar())
    data[BLOCK + 100] = 0x41
    return packed(bytes(data))


# --- the compression ---

@case("3")
def garbage_behind_gzip():
    return good() + b"x"


@case("3")
def zeros_behind_gzip():
    return good() + b"\0" * 512


@case("3")
def two_gzip_members():
    return packed(tar()[:1024]) + packed(tar()[1024:])


@case("3")
def empty_gzip_member_first():
    return packed(b"") + good()


@case("3")
def empty_gzip_member_last():
    return good() + packed(b"")


@case("3")
def gzip_checksum_wrong():
    data = bytearray(good())
    data[-8] ^= 1
    return bytes(data)


@case("3")
def gzip_length_wrong():
    data = bytearray(good())
    data[-1] ^= 1
    return bytes(data)


@case("3")
def no_gzip():
    return tar()


@case("3")
def zlib_in_place_of_gzip():
    return zlib.compress(tar())


@case("3")
def gzip_in_gzip():
    return packed(good())


@case("3")
def zip_in_gzip():
    return packed(b"PK\5\6" + b"\0" * 18)


@case("3")
def ratio_bomb():
    return packed(member("lib/a", b"\0" * (200 << 20)) + END)


@case("3")
def million_tiny_members():
    out = io.BytesIO()
    with gzip.GzipFile(fileobj=out, mode="wb", compresslevel=1, mtime=0) as z:
        for i in range(0, 1000000, 1000):
            z.write(b"".join(header("lib/%07d" % (i + k)) for k in range(1000)))
        z.write(END)
    return out.getvalue()


@case("PATH_ESCAPE")
def very_long_name():
    return evil((b"lib/c", pax([(b"path", b"lib/" + b"c" * 300)]) + member("lib/c", b"x")))


@case("PATH_ESCAPE")
def very_long_path():
    return evil((b"lib/c", pax([(b"path", b"/".join([b"d" * 200] * 30))]) + member("lib/c", b"x")))


@case("3")
def name_of_a_megabyte():
    return evil((b"lib/c", pax([(b"path", b"d/" * 500000 + b"x")]) + member("lib/c", b"x")))

def main():
    if sys.argv[1] == "--list":
        for name, (becomes, _) in CASES.items():
            print(name, becomes)
        return
    with open(sys.argv[2], "wb") as out:
        out.write(CASES[sys.argv[1]][1]())


main()
