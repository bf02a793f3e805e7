"""Write SOURCES.md beside this file: what lies in a gathered folder, by source.

    python3 sources.py --gathered DIR

Sizes are of the files that are there, so after trimming and leak checks; versions and licences are gather.py's notes.
"""
import argparse
import json
from collections import Counter, defaultdict
from pathlib import Path

HERE = Path(__file__).parent
HEAD = (HERE / "SOURCES.head.md").read_text() if (HERE / "SOURCES.head.md").exists() else ""
GROUPS = ("json", "records", "config", "logs", "csv", "sql-xml", "code", "languages")
# Where a package does not say it in the place where gather.py looks: its project's own word.
KNOWN = {
    "deb-gimp-help": "GFDL-1.2+", "deb-debian-faq": "GPL-2+", "deb-fortunes": "GPL-2+ or public domain, collected sayings", "deb-logwatch": "MIT",
    "deb-manpages-ja": "GPL, BSD, GFDL and others, by page", "deb-unicode-data": "Unicode-3.0", "debsrc-pgbadger": "PostgreSQL", "debsrc-postfix": "IPL-1.0 or EPL-2.0",
    "debsrc-dokuwiki": "GPL-2", "debsrc-percona-toolkit": "GPL-2", "debsrc-python-digitalocean": "LGPL-3", "debsrc-r-cran-dplyr": "MIT", "go-github.com-BurntSushi": "MIT",
    "maven-io.netty": "Apache-2.0", "maven-org.apache.kafka": "Apache-2.0", "maven-org.springframework": "Apache-2.0", "maven-org.hibernate": "LGPL-2.1+",
    "npm-world-countries": "ODbL-1.0", "npm-json-schema-test-suite": "MIT", "pypi-cookiecutter": "BSD-3-Clause", "pypi-currencyconverter": "Apache-2.0",
    "pypi-matminer": "modified BSD (LBNL)", "pypi-basis-set-exchange": "BSD-3-Clause", "pypi-us": "BSD-3-Clause",
}  # fmt: skip
SMALL = 30_000  # crates below this are one row together


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--gathered", required=True, type=Path)
    args = parser.parse_args()
    notes = {}
    for line in (args.gathered / "taken.jsonl").read_text().splitlines():
        note = json.loads(line)
        notes[note["source"]] = note
    sizes = defaultdict(Counter)
    for path in args.gathered.glob("*/*/*"):
        source = path.parent.name
        sizes["synthetic" if source.startswith("synthetic-") else source][path.parts[-3]] += path.stat().st_size
    fixed = {
        "synthetic": ("records.py", "this repository's (made from a seed; names from Faker, MIT)"),
        "npm-registry-answers": ("", "facts about packages, with excerpts of their READMEs under their own licences"),
    }
    rows, small, total, count = [], Counter(), Counter(), 0
    small_terms, small_count = Counter(), 0
    for source, by_group in sorted(sizes.items()):
        total.update(by_group)
        count += 1
        version, terms = fixed.get(source, (None, None))
        note = notes.get(source, {})
        if source.startswith("server-"):
            version, terms = version or "Debian 12's or npm's/PyPI's newest", "own run: the server's output on made requests"
        terms = terms or next((known for start, known in KNOWN.items() if source.startswith(start)), None)
        version, terms = version if version is not None else note.get("version", "?"), terms or note.get("licence") or "not stated in the package"
        if source.startswith("crates-") and sum(by_group.values()) < SMALL:
            small.update(by_group)
            small_count += 1
            small_terms[terms] += 1
            continue
        groups = ", ".join(f"{g} {by_group[g] / 1e6:.2f}" for g in GROUPS if by_group[g])
        rows.append(f"| {source} | {version} | {groups} | {' '.join(str(terms).split())[:90].replace('|', '/')} |")
    if small_count:
        groups = ", ".join(f"{g} {small[g] / 1e6:.2f}" for g in GROUPS if small[g])
        terms = ", ".join(f"{t} ({n})" for t, n in small_terms.most_common(6))
        rows.append(f"| {small_count} smaller crates | newest of {small_count} | {groups} | {terms}, and others |")
    text = [HEAD.strip(), "", "| group | MB |", "| --- | ---: |"]
    text += [f"| {g} | {total[g] / 1e6:.1f} |" for g in GROUPS] + [f"| all, {count} sources | {sum(total.values()) / 1e6:.1f} |", ""]
    text += ["| source | version | MB by group | licence |", "| --- | --- | --- | --- |", *rows, ""]
    (HERE / "SOURCES.md").write_text("\n".join(text))
    print(f"{count} sources, {sum(total.values()) / 1e6:.1f} MB, {len(rows)} rows")


if __name__ == "__main__":
    main()
