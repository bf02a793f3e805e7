"""Lists of WAV files that train and validate, one name a line, for dump.mjs and fit_mixing.mjs.

    lists.py --fsdd DIR --asterisk DIR --sonic-pi DIR --words DIR --out DIR

fsdd, words: folders of WAV. asterisk: `sounds/en_US_f_Allison`. sonic-pi: the package's samples, decoded (`flac -d`). sets.json names what was
drawn once: the clips of fsdd, and what is held out of the others. Speaker yweweler of fsdd is in no list.
"""
import argparse
import json
import random
from pathlib import Path

SETS = json.loads((Path(__file__).parent / "sets.json").read_text())
SEED = 16


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    for name in ("fsdd", "asterisk", "sonic-pi", "words", "out"):
        parser.add_argument(f"--{name}", required=True, type=Path)
    args = parser.parse_args()
    args.out.mkdir(parents=True, exist_ok=True)

    def write(name, folder, clips):
        (args.out / name).write_text("".join(f"{(folder / f'{clip}.wav').resolve()}\n" for clip in clips))
        print(f"{name}: {len(clips)} clips")

    for name in ("fsdd-train", "fsdd-valid"):
        write(name, args.fsdd, SETS[name].split())
    for name, folder in (("asterisk", args.asterisk), ("sonic-pi", args.sonic_pi), ("words", args.words)):
        held = SETS[f"{name}-valid"].split()
        rest = {str(path.relative_to(folder).with_suffix("")) for path in folder.rglob("*.wav")} - set(held)
        clips = sorted(rest)
        random.Random(SEED).shuffle(clips)
        write(f"{name}-train", folder, clips)
        write(f"{name}-valid", folder, held)


if __name__ == "__main__":
    main()
