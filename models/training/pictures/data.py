"""Pack the pictures that train and validate: one blob of RGB bytes and its index.

    data.py --cid22 DIR --cifar DIR --debian DIR --out DIR

cid22: its `train/`; every 13th picture by name validates. cifar: batches 1 to 4 train, 5 validates; of drawings, every 13th name
validates. debian: packages, unpacked, one folder
each (names, licences: MODEL_CARD.md of the model). Test sets are not read.
"""
import argparse
import json
import zlib
from pathlib import Path

import numpy as np
from PIL import Image

from lattice import ALPHA, GREY, RGB

Image.MAX_IMAGE_PIXELS = None
GROUPS = ["photos", "half", "quarter", "wallpapers", "cifar", "screens", "icons", "alpha"]
PHOTO_PACKAGES = ["lomiri-wallpapers-16.04", "lomiri-wallpapers-20.04", "mate-backgrounds", "ukui-wallpapers"]
SCREEN_PACKAGES = ["gimp-help-en", "freeciv-data"]
ICON_PACKAGES = ["mate-icon-theme", "gnome-icon-theme", "elementary-xfce-icon-theme"]
MOST_OF_GROUP = 40 << 20  # bytes of screens and of icons


def box(pixels, factor):
    """Mean of factor x factor squares, rounded; what is left over at the right and below is dropped."""
    h, w = pixels.shape[0] // factor, pixels.shape[1] // factor
    whole = pixels[: h * factor, : w * factor].reshape(h, factor, w, factor, 3).astype(np.uint32)
    return ((whole.sum((1, 3)) * 2 + factor * factor) // (2 * factor * factor)).astype(np.uint8)


def cifar_batch(path):
    records = np.fromfile(path, np.uint8).reshape(-1, 3073)
    return records[:, 1:].reshape(-1, 3, 32, 32).transpose(0, 2, 3, 1)


def rgb(path):
    return np.asarray(Image.open(path).convert("RGB"))


class Pack:
    def __init__(self):
        self.parts, self.index, self.at = [], [], 0

    def add(self, group, pixels, plane=RGB):
        pixels = np.ascontiguousarray(pixels)
        if min(pixels.shape[:2]) < 2:
            return
        self.parts.append(pixels.tobytes())
        self.index.append((self.at, *pixels.shape[:2], GROUPS.index(group), plane))
        self.at += pixels.size

    def photo(self, pixels):
        self.add("photos", pixels)
        self.add("half", box(pixels, 2))
        for factor in (3, 4, 6, 8):
            self.add("quarter", box(pixels, factor))

    def drawing(self, group, path):
        """A PNG as it is: colour, grey, or colour and alpha apart."""
        image = Image.open(path)
        if image.mode in ("P", "1") or image.mode.startswith("I"):
            return
        if image.mode == "L":
            self.add(group, np.repeat(np.asarray(image)[..., None], 3, 2), GREY)
            return
        if image.mode in ("LA", "RGBA"):
            pixels = np.asarray(image.convert("RGBA"))
            self.add("alpha", np.repeat(pixels[..., 3:], 3, 2), ALPHA)
            self.add(group, pixels[..., :3])
            return
        self.add(group, np.asarray(image.convert("RGB")))

    def save(self, folder, name):
        (folder / f"{name}.bin").write_bytes(b"".join(self.parts))
        index = np.array(self.index, np.int64)
        np.save(folder / f"{name}.index.npy", index)
        (folder / f"{name}.index.json").write_text(json.dumps(np.asarray(index).tolist()))
        sums = {g: [int((index[:, 3] == i).sum()), int((index[index[:, 3] == i, 1] * index[index[:, 3] == i, 2]).sum())] for i, g in enumerate(GROUPS)}
        print(name, json.dumps(sums), "[pictures, pixels]")


def drawings(folder, packages, seed):
    paths = sorted(p for name in packages for p in (folder / name).rglob("*.png") if p.is_file() and not p.is_symlink())
    return [paths[i] for i in np.random.default_rng(seed).permutation(len(paths))]


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    for name in ("cid22", "cifar", "debian", "out"):
        parser.add_argument(f"--{name}", required=True, type=Path)
    args = parser.parse_args()
    args.out.mkdir(parents=True, exist_ok=True)
    train, valid = Pack(), Pack()
    for i, path in enumerate(sorted((args.cid22 / "train").glob("*.webp"))):
        (valid if i % 13 == 0 else train).photo(rgb(path))
    for path in sorted(args.cifar.glob("data_batch_*.bin")):
        for pixels in cifar_batch(path):
            (valid if "_5." in path.name else train).add("cifar", pixels)
    for name in PHOTO_PACKAGES:
        for path in sorted(p for p in (args.debian / name).rglob("*.*") if p.suffix in (".jpg", ".png") and not p.is_symlink()):
            pixels = rgb(path)
            for factor in (4, 8):
                train.add("wallpapers", box(pixels, factor))
    for group, packages in (("screens", SCREEN_PACKAGES), ("icons", ICON_PACKAGES)):
        begun = train.at
        for path in drawings(args.debian, packages, 14):
            if train.at - begun > MOST_OF_GROUP:
                break
            # By name, so that a drawing is held out in all of its sizes and themes.
            (valid if zlib.crc32(path.stem.encode()) % 13 == 0 else train).drawing(group, path)
    train.save(args.out, "train")
    valid.save(args.out, "valid")


if __name__ == "__main__":
    main()
