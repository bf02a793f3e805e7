"""Speaks 48 words by flite's voices, with noise and through Ogg Vorbis, as clips of a second at 16 kHz: stands for recordings that were sent over a network.

    words.py --out DIR

Needs Debian's flite, sox and vorbis-tools. Words, levels and noises are those of a fixed seed; the encoder and sox's noise are not fixed by it.
"""
import argparse
import math
import random
import subprocess
import tempfile
from pathlib import Path

SEED = 3
VOICES = ("kal16", "awb", "rms", "slt")
WORDS = (
    "yes no up down left right on off stop go zero one two three four five six seven eight nine bed bird cat dog happy house marvin sheila tree wow"
).split()
WORDS_OF_A_VOICE = 12


def run(*command):
    subprocess.run([str(part) for part in command], check=True)


def speak(voice, word, gain, noise, volume, quality, out):
    with tempfile.TemporaryDirectory() as folder:
        spoken, padded, noisy, both, coded, decoded = (Path(folder) / n for n in ("a.wav", "b.wav", "c.wav", "d.wav", "d.ogg", "e.wav"))
        run("flite", "-voice", voice, "-t", word, "-o", spoken)
        run("sox", "-q", spoken, "-r", 44100, padded, "gain", "-n", f"{20 * math.log10(gain):.2f}", "pad", 0.3, 1, "trim", 0, 1)
        run("sox", "-q", "-n", "-r", 44100, "-c", 1, noisy, "synth", 1, noise, "vol", volume)
        run("sox", "-q", "-m", "-v", 1, padded, "-v", 1, noisy, both)
        run("oggenc", "-Q", "-q", quality, "-o", coded, both)
        run("oggdec", "-Q", "-o", decoded, coded)
        run("sox", "-q", decoded, "-r", 16000, "-b", 16, out)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--out", required=True, type=Path)
    out = parser.parse_args().out
    out.mkdir(parents=True, exist_ok=True)
    generator = random.Random(SEED)
    for voice in VOICES:
        for word in generator.sample(WORDS, WORDS_OF_A_VOICE):
            gain, volume = generator.uniform(0.05, 0.9), generator.choice([0.0005, 0.002, 0.006])
            noise = generator.choice(["pinknoise", "brownnoise", "whitenoise"])
            speak(voice, word, gain, noise, volume, generator.choice([2, 3, 5]), out / f"{voice}_{word}.wav")


if __name__ == "__main__":
    main()
