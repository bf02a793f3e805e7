"""Gather real structured data from package registries, sorted into groups of training files.

    python3 gather.py --out DIR --scratch DIR [--only npm,deb,...]
    python3 gather.py --out DIR --scratch DIR --trim json=60,code=50

Reads sources.txt (one package a line), downloads each with its registry's own client (npm, pip, apt-get, go, cargo), and
picks text files out of the archives into DIR/<group>/<source>/. Nothing is installed or run. What was taken is added to
DIR/taken.jsonl, from which sources.py makes SOURCES.md. Needs Debian 12 with those clients; no Python packages.
"""
import argparse
import bz2
import gzip
import hashlib
import html
import json
import os
import re
import subprocess
import tarfile
import zipfile
from pathlib import Path

HERE = Path(__file__).parent
LARGEST = 2_000_000  # a longer file is cut
CUT = 1_500_000
FILES = 150  # of one source in one group
# MB of one source in one group; sources.txt can say otherwise ("json=8").
CAPS = {"json": 0.6, "records": 1.5, "config": 0.4, "logs": 6, "csv": 2, "sql-xml": 0.6, "code": 0.15, "languages": 0.6}

SUFFIXES = {
    "json": "json geojson topojson jsonld har webmanifest avsc ipynb",
    "records": "ndjson jsonl",
    "config": "yaml yml toml ini cfg conf lock properties env editorconfig service desktop hcl tf prom nix",
    "logs": "log",
    "csv": "csv tsv tab",
    "sql-xml": "sql xml svg xsd wsdl kml gpx rss atom osm plist xlf resx",
    "code": "ts tsx js jsx mjs cjs vue svelte go rs java kt py css scss proto graphql md sh",
}
GROUP = {suffix: group for group, suffixes in SUFFIXES.items() for suffix in suffixes.split()}
MANIFEST = re.compile(
    r"^(package|package-lock|npm-shrinkwrap|tsconfig.*|jsconfig|composer|bower|lerna|deno|manifest|angular|\.\w+rc|renovate)\.json$"
    r"|^(go\.mod|go\.sum|Cargo\.lock|Pipfile.*|requirements.*\.txt|Gemfile.*|Dockerfile|Makefile|\.(npmrc|eslintrc|babelrc))$"
)
# The public test sets and their copies: never taken, whatever the content (leaks.py looks at the content).
BANNED_PATH = re.compile(
    r"loghub|simdjson|jsonexamples|vega.?datasets|seaborn|nltk|udhr|calgary|canterbury|silesia|enwik|zookeeper|hadoop|spark"
    r"|openstack|health_?app|proxifier|human.?rights",
    re.I,
)
BANNED_NAME = re.compile(
    r"(twitter.*|citm_?catalog|canada|github_events|gsoc.*|apache_builds|instruments|numbers|mesh|mesh\.pretty|marine_ik"
    r"|update-center|random|tree-pretty|google_maps_api.*|amazon_cellphones|repeat|.*diamonds.*|healthexp|anscombe.*|.*titanic.*"
    r"|flights?|airpassengers|geyser|.*faithful.*|dow.?jones.*|taxis|planets|(auto.?)?mpg|brain_networks|iris.*|tips|penguins.*"
    r"|car_crashes|alice.*|kennedy|lcet10|plrabn12|asyoulik)$",
    re.I,
)


def run(*command, **options):
    """Run quietly; a source that fails is reported and left out, not fatal."""
    done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, **options)
    if done.returncode:
        print(f"failed: {' '.join(map(str, command))[:120]}: {done.stdout.strip()[-300:]}", flush=True)
    return done


# --- fetching: every function yields (name, version, archives) ---


def npm(names, scratch):
    cache = scratch.parent / "npm-cache"  # kept: the registry's answers in it are records (see records.py)
    for part in range(0, len(names), 20):
        chunk = [n for n in names[part : part + 20] if not list(scratch.glob(slug(n) + "-[0-9]*.tgz"))]
        if chunk and run("npm", "pack", "--ignore-scripts", "--cache", cache, *chunk, cwd=scratch).returncode:
            for name in chunk:
                run("npm", "pack", "--ignore-scripts", "--cache", cache, name, cwd=scratch)
    for name in names:
        for path in sorted(scratch.glob(slug(name) + "-[0-9]*.tgz"))[-1:]:
            yield name, path.name[len(slug(name)) + 1 : -4], [path]


def pypi(names, scratch):
    command = ("pip", "download", "-q", "--no-deps", "--only-binary", ":all:", "-d", scratch, "--disable-pip-version-check")
    wheel = lambda name: sorted(p for p in scratch.glob("*.whl") if p.name.split("-")[0].replace("_", "-").replace(".", "-").lower() == name)
    for part in range(0, len(names), 10):
        chunk = [n for n in names[part : part + 10] if not wheel(n)]
        if chunk and run(*command, *chunk).returncode:
            for name in chunk:
                run(*command, name)
    for name in names:
        for path in wheel(name)[-1:]:
            yield name, path.name.split("-")[1], [path]


def deb(names, scratch):
    have = lambda name: sorted(scratch.glob(name + "_*.deb"))
    for name in names:
        if not have(name):
            run("apt-get", "download", "-q", name, cwd=scratch)
        for path in have(name)[-1:]:
            yield name, path.name.split("_")[1], [path]


def debsrc(names, scratch):
    """Source packages: they carry the test fixtures. The machine's own list is copied, with sources switched on."""
    lists = scratch / "sources.list.d"
    for folder in (lists, scratch / "lists" / "partial"):
        folder.mkdir(parents=True, exist_ok=True)
    for path in Path("/etc/apt/sources.list.d").glob("debian*.sources"):
        (lists / path.name).write_text(re.sub(r"^Types:.*", "Types: deb-src", path.read_text(), flags=re.M))
    for path in [p for p in [Path("/etc/apt/sources.list")] if p.exists()]:
        (lists / "debian.list").write_text(re.sub(r"^deb ", "deb-src ", path.read_text(), flags=re.M))
    apt = ("apt-get", "-q", "-o", "Dir::Etc::sourcelist=/dev/null", "-o", f"Dir::Etc::sourceparts={lists}")
    apt += ("-o", f"Dir::State::lists={scratch / 'lists'}", "-o", "APT::Sandbox::User=root")
    if not list((scratch / "lists").glob("*Sources*")):
        run(*apt, "update")
    for name in names:
        folder = scratch / name
        folder.mkdir(exist_ok=True)
        if not list(folder.glob("*.dsc")):
            run(*apt, "source", "--download-only", name, cwd=folder)
        archives = sorted(p for p in folder.iterdir() if re.search(r"\.tar\.(gz|xz|bz2)$", p.name))
        for dsc in list(folder.glob("*.dsc"))[:1]:
            yield name, dsc.name[: -len(".dsc")].split("_", 1)[1], archives


def go(names, scratch):
    env = {**os.environ, "GOMODCACHE": str(scratch / "cache"), "GOFLAGS": "-modcacherw"}
    seen = scratch / "seen"
    seen.mkdir(exist_ok=True)
    for name in names:
        note = seen / (slug(name) + ".json")
        if not note.exists():
            done = run("go", "mod", "download", "-json", name if "@" in name else name + "@latest", cwd=scratch, env=env)
            if '"Zip"' not in done.stdout:
                continue
            # A module that asks for a newer Go is downloaded all the same, with a word about it before the answer.
            note.write_text(done.stdout[done.stdout.index("{") : done.stdout.rindex("}") + 1])
        found = json.loads(note.read_text())
        yield name, found["Version"], [Path(found["Zip"])]


def crates(names, scratch):
    """The named crates and all that they need: each is a source of its own."""
    (scratch / "src").mkdir(exist_ok=True)
    (scratch / "src" / "lib.rs").write_text("")
    wanted = "".join(f'{name} = "*"\n' for name in names)
    (scratch / "Cargo.toml").write_text(f'[package]\nname = "x"\nversion = "0.0.0"\nedition = "2021"\n[dependencies]\n{wanted}')
    run("cargo", "fetch", cwd=scratch, env={**os.environ, "CARGO_HOME": str(scratch / "home")})
    for path in sorted(scratch.glob("home/registry/cache/*/*.crate")):
        name, version = re.match(r"(.+?)-(\d.*)\.crate", path.name).groups()
        yield name, version, [path]


def maven(names, scratch):
    for name in names:
        group, artifact, version = name.split(":")
        path = scratch / f"{artifact}-{version}-sources.jar"
        if not path.exists():
            run("mvn", "-q", "-B", "dependency:copy", f"-Dartifact={name}:jar:sources", f"-DoutputDirectory={scratch}", cwd=scratch)
        if path.exists():
            yield f"{group}:{artifact}", version, [path]


# --- picking ---


def slug(name):
    return re.sub(r"[^A-Za-z0-9.+_-]+", "-", name.replace("@", "")).strip("-")


def members(archive):
    """(path, size, reader) of every plain file of an archive."""
    if archive.suffix in (".whl", ".zip", ".jar"):
        with zipfile.ZipFile(archive) as held:
            for info in held.infolist():
                if not info.is_dir():
                    yield info.filename, info.file_size, lambda info=info: held.read(info)
        return
    if archive.suffix == ".deb":
        piped = subprocess.Popen(["dpkg-deb", "--fsys-tarfile", archive], stdout=subprocess.PIPE)
        held = tarfile.open(fileobj=piped.stdout, mode="r|")
    else:
        held = tarfile.open(archive, mode="r|*")
    with held:
        for info in held:
            if info.isfile():
                yield info.name, info.size, lambda info=info: held.extractfile(info).read()


def group_of(path, allowed):
    name = path.rsplit("/", 1)[-1]
    if MANIFEST.match(name):
        return "config"
    name = re.sub(r"\.(gz|bz2)$", "", name)
    suffix = name.rsplit(".", 1)[-1].lower() if "." in name else ""
    if "logs" in allowed and (suffix == "log" or re.search(r"logs?/|samples?/|tests?/|testcases/", path) and suffix in ("", "txt", "in", "data", "out")):
        return "logs"
    if allowed == ("csv",) and suffix in ("txt", "ids", "dat"):
        return "csv"
    if "languages" in allowed and suffix not in ("js", "css", "py", "json", "svg", "c", "h"):
        return "languages"
    return GROUP.get(suffix)


def banned(path):
    stem = re.sub(r"(\.(gz|bz2|json|ndjson|jsonl|csv|tsv|txt|geojson|xml|sql|dat|py|rst|md|html))+$", "", path.rsplit("/", 1)[-1], flags=re.I)
    return bool(BANNED_PATH.search(path)) or (bool(BANNED_NAME.match(stem)) and "cldr" not in path)


def plain_text(data):
    """The text, or None for what is binary, minified or nearly empty."""
    if len(data) < 64 or b"\0" in data[:65536]:
        return None
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError:
        return None


def prose(path, text):
    """Words of a page or of a translation file: languages are trained as text, one file in two."""
    if re.search(r"\.html?$|\.page$|\.xhtml$", path):
        text = re.sub(r"(?is)<(script|style|head)\b.*?</\1>", " ", text)
        text = html.unescape(re.sub(r"<[^>]+>", "", text))
        text = re.sub(r"[ \t]+", " ", text)
        return re.sub(r"\s*\n\s*\n\s*", "\n\n", text).strip() + "\n"
    if path.endswith(".po") and hashlib.sha1(text.encode()).digest()[1] % 2:
        found = re.findall(r'^msgstr(?:\[\d\])? ((?:"(?:\\.|[^"\\])*"\s*)+)', text, flags=re.M)[1:]
        words = ("".join(re.findall(r'"((?:\\.|[^"\\])*)"', entry)) for entry in found)
        return "\n".join(w.replace("\\n", "\n").replace('\\"', '"') for w in words if w) + "\n"
    return text


def reform(text, allowed):
    """(group, text) of a JSON document: packages ship it pretty, services send it compact or line by line.

    One in three becomes compact; a list of objects becomes NDJSON, three times in four.
    """
    try:
        value = json.loads(text)
    except (ValueError, RecursionError):
        return "json", text
    digest = hashlib.sha1(text.encode()).digest()
    rows = value
    if isinstance(value, dict) and value:
        rows = max(value.values(), key=lambda v: len(v) if isinstance(v, list) else 0)
    if isinstance(rows, list) and len(rows) >= 20 and all(isinstance(r, dict) for r in rows) and digest[0] % 4 and "records" in allowed:
        return "records", "".join(json.dumps(r, ensure_ascii=False, separators=(",", ":")) + "\n" for r in rows)
    if digest[0] % 3 == 0:
        return "json", json.dumps(value, ensure_ascii=False, separators=(",", ":"))
    return "json", text


def cut(data):
    if len(data) <= LARGEST:
        return data
    data = data[:CUT]
    end = data.rfind(b"\n", CUT - 65536)
    if end > 0:
        return data[: end + 1]
    return data.decode("utf-8", "ignore").encode()


class Taker:
    """Writes files under out/<group>/<source>/, each content once, and keeps the caps."""

    def __init__(self, out):
        self.out = out
        self.seen = set()
        out.mkdir(parents=True, exist_ok=True)
        for path in out.glob("*/*/*"):
            self.seen.add(hashlib.sha1(path.read_bytes()).digest())

    def put(self, group, source, name, data):
        data = cut(data)
        digest = hashlib.sha1(data).digest()
        if digest in self.seen or len(data) < 64:
            return 0
        self.seen.add(digest)
        name = slug(re.sub(r"[/\\]+", "__", name))[-110:].lstrip("-.")
        target = self.out / group / source / name
        if target.exists():
            target = target.with_name(digest.hex()[:6] + "-" + name)
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(data)
        return len(data)


def licence(path, text):
    name = path.rsplit("/", 1)[-1]
    if name == "package.json" and path.count("/") <= 1:
        try:
            value = json.loads(text).get("license")
        except ValueError:
            return None
        return value.get("type") if isinstance(value, dict) else value if isinstance(value, str) else None
    if name == "METADATA":
        # Newest form first; the oldest field sometimes holds the whole text of the licence.
        for form in (r"^License-Expression: (.+)", r"^Classifier: License :: (?:OSI Approved :: )?(.+)", r"^License: (.+)"):
            found = re.search(form, text, re.M)
            if found:
                return found[1]
        return None
    if name == "Cargo.toml" and path.count("/") <= 1:
        found = re.search(r'^license = "(.+)"', text, re.M)
        return found and found[1]
    if re.search(r"debian/copyright$|usr/share/doc/[^/]+/copyright$", path):
        found = list(dict.fromkeys(re.findall(r"^License: *(\S.*)", text, re.M)))
        if not found:  # a file in the old, free form names a text of /usr/share/common-licenses
            found = list(dict.fromkeys(re.findall(r"common-licenses/([A-Za-z0-9.-]*\w)", text)))
        return ", ".join(found[:4]) or "see its copyright file"
    if re.search(r"@[^/]+/LICEN[CS]E[^/]*$|META-INF/LICENSE", path):
        for key, word in (("Apache-2.0", "Apache License"), ("AGPL-3.0", "AFFERO GENERAL"), ("MPL-2.0", "Mozilla Public"), ("GPL-3.0", "GNU GENERAL PUBLIC"),
                          ("MIT", "Permission is hereby granted, free"), ("BSD", "Redistribution and use"), ("BUSL-1.1", "Business Source")):
            if word.lower() in text.lower():
                return key
    return None


def pick(taker, manager, name, version, archives, allowed, caps):
    source = f"{manager}-{slug(name)}"
    wanted, terms, sizes = {}, None, {}
    for archive in archives:
        for path, size, read in members(archive):
            base, data = path.rsplit("/", 1)[-1], None
            if base in ("package.json", "METADATA", "Cargo.toml", "copyright") or base.startswith(("LICENSE", "LICENCE")):
                data = read()  # kept: an archive that is streamed gives a member once
                terms = terms or licence(path, data.decode("utf-8", "replace"))
            group = group_of(path, allowed)
            if group not in allowed or size > 12_000_000 or size < 64 or banned(path) or re.search(r"\.min\.|[./]bundle\.|\.map$|/i18n/en", path):
                continue
            # A sample over the whole archive by hash, but no more in memory than is needed.
            wanted.setdefault(group, [])
            rank = hashlib.sha1(path.encode()).digest()
            held = wanted[group]
            if len(held) >= FILES and rank > held[-1][0]:
                continue
            data = read() if data is None else data
            if path.endswith(".gz"):
                data = gzip.decompress(data)
            elif path.endswith(".bz2"):
                data = bz2.decompress(data)
            text = plain_text(data)
            if text is None or group == "code" and len(text) > 300 * (text.count("\n") + 1):
                continue
            if group == "logs" and len(re.findall(r"\d\d:\d\d", text)) < 0.2 * text.count("\n"):  # few times of day: no log
                continue
            held.append((rank, path, text))
            held.sort()
            del held[FILES:]
    for group, held in wanted.items():
        for _, path, text in held:
            target = group
            if group == "languages":
                text = prose(path, text)
            elif group == "json":
                target, text = reform(text, allowed)
            limit = caps.get(target, CAPS[target]) * 1e6
            if sizes.get(target, 0) + min(len(text), CUT) > limit and sizes.get(target, 0):
                continue
            # No single file of one source takes more than its cap.
            data = text.encode()
            if len(data) > max(limit, 200_000):
                data = data[: int(max(limit, 200_000))].rsplit(b"\n", 1)[0] + b"\n"
                data = data.decode("utf-8", "ignore").encode()
            sizes[target] = sizes.get(target, 0) + taker.put(target, source, path, data)
    sizes = {group: size for group, size in sizes.items() if size}
    if sizes:
        with open(taker.out / "taken.jsonl", "a") as notes:
            notes.write(json.dumps({"source": source, "version": version, "licence": terms, "bytes": sizes}) + "\n")
    print(f"{source} {version}: {', '.join(f'{g} {s / 1e6:.2f}' for g, s in sizes.items()) or 'nothing'}", flush=True)


def trim(out, targets):
    """Bring groups down to their MB: every source keeps at most the same amount, so that the small ones stay whole."""
    for group, target in targets.items():
        held = {}
        for path in (out / group).glob("*/*"):
            held.setdefault(path.parent, []).append((hashlib.sha1(path.name.encode()).digest(), path.stat().st_size, path))
        sizes = sorted(sum(size for _, size, _ in files) for files in held.values())
        left, level = target * 1e6, float("inf")
        for at, size in enumerate(sizes):
            if size * (len(sizes) - at) > left:
                level = left / (len(sizes) - at)
                break
            left -= size
        for files in held.values():
            total = 0
            for _, size, path in sorted(files):
                total += size
                if total > level and total > size:
                    total -= size
                    path.unlink()
        print(f"{group}: {sum(sizes) / 1e6:.1f} MB, at most {level / 1e6:.2f} of a source kept")


MANAGERS = {"npm": npm, "pypi": pypi, "deb": deb, "debsrc": debsrc, "go": go, "crates": crates, "maven": maven}
ANY = ("json", "records", "config", "csv", "sql-xml", "code")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--out", required=True, type=Path)
    parser.add_argument("--scratch", required=True, type=Path)
    parser.add_argument("--only", default=",".join(MANAGERS))
    parser.add_argument("--trim", help="only bring what is there down to so many MB: json=60,code=50")
    args = parser.parse_args()
    if args.trim:
        return trim(args.out, {part.split("=")[0]: float(part.split("=")[1]) for part in args.trim.split(",")})
    args.out, args.scratch = args.out.resolve(), args.scratch.resolve()
    table = {}
    for line in (HERE / "sources.txt").read_text().splitlines():
        words = line.split("#")[0].split()
        if words:
            table.setdefault(words[0], {})[words[1]] = words[2:]
    taker = Taker(args.out)
    notes = args.out / "taken.jsonl"
    done = {json.loads(line)["source"] for line in notes.read_text().splitlines()} if notes.exists() else set()
    for manager in args.only.split(","):
        scratch = args.scratch / manager
        scratch.mkdir(parents=True, exist_ok=True)
        for name, version, archives in MANAGERS[manager](list(table.get(manager, {})), scratch):
            if f"{manager}-{slug(name)}" in done:
                continue
            # What is not in the table is what a crate of the table needs: little of each. Maven's names have versions there.
            groups = next((g for key, g in table[manager].items() if key == name or key.startswith(name + ":")), ["code=0.03", "config=0.02"])
            caps = {g.split("=")[0]: float(g.split("=")[1]) for g in groups if "=" in g}
            allowed = tuple(g.split("=")[0] for g in groups if not g.startswith("+")) or ANY
            allowed += tuple(g[1:].split("=")[0] for g in groups if g.startswith("+"))
            try:
                pick(taker, manager, name, version, archives, allowed, caps)
            except (OSError, EOFError, tarfile.TarError, zipfile.BadZipFile, ValueError) as error:
                print(f"{manager} {name}: {error}", flush=True)


if __name__ == "__main__":
    main()
