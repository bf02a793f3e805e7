"""A sketch, in floats: what a mixing stage behind the network would win, and by which inputs. It decides no bit; its figures are in pictures.md.

    mixing_sketch.py --run DIR --data DIR [--photographs DIR] [--side 192] [--pictures 6]

Each sample is eight binary decisions. The network's probability of a decision is mixed in the logistic domain with what the picture has
shown, and learns after each. Held-out training pictures only; --photographs: JPEG files at full size, for colours that lie on a lattice.
"""
import argparse
from pathlib import Path

import numpy as np
from numba import njit

from data import GROUPS
from evaluate import centre, load, rgb
from lattice import CENTRES, rows_of, steps
from logistics import INVERSE_SCALES, K, LOGISTIC, LOGIT_WEIGHTS, OUTPUTS, channel, condition, cumulative, limited, start_weights, COUPLINGS
from network import exact, threads

TABLE_BITS = 20
DIRECT, PREDICTORS, MAP_CONTEXTS = 10, 9, 3
INPUTS = 2 + 2 * DIRECT + 2 * PREDICTORS * MAP_CONTEXTS
LEVELS = 48
GROUP_OF_INPUT = np.array([0, 0] + [1 + d for d in range(DIRECT) for _ in range(2)]
                          + [1 + DIRECT + p for p in range(PREDICTORS) for _ in range(2 * MAP_CONTEXTS)])
NAMES = ["network", "G", "G R", "G, base", "G R, base", "nearest two, exact", "base, G less its base", "own mates", "G, R less base, base", "opposite pair", "node only",
         "map: base", "map: network's mean", "map: base + colour trend", "map: better pair", "map: better pair + colour trend",
         "map: mean + mates' errors", "map: mate", "map: mate + colour trend", "map: median of pairs and mean"]


def prepare(networks, pixels):
    """All outputs of a picture, in coding order: (ys, xs, spacing, kind, outputs, base, activity)."""
    parts = []
    for s, kind, ys, xs in steps(*pixels.shape[:2]):
        rows, base, activity = rows_of(pixels, s, kind, 1, ys, xs)
        n = len(ys)
        parts.append((ys, xs, np.full(n, s), np.full(n, kind), exact(networks[kind], rows), base, activity))
    return [np.concatenate(p) for p in zip(*parts)]


@njit(cache=True)
def stretch(p):
    return np.log(p / (1 - p))


@njit(cache=True)
def squash(x):
    return 1 / (1 + np.exp(-min(20.0, max(-20.0, x))))


@njit(cache=True)
def hashed(a, b, c, d):
    h = np.uint32(a + 1) * np.uint32(0x9E3779B1)
    for v in (b, c, d):
        h = (h ^ (h >> np.uint32(15)) ^ np.uint32(v + 1)) * np.uint32(0x85EBCA6B)
    return h


@njit(cache=True)
def run(pixels, ys, xs, ss, kinds, outputs, bases, activities, use, grey, final, rate):
    """Bits by (network alone, mixed): use uint8 [INPUTS] which inputs take part; final: with a last adaptive map."""
    height, width = pixels.shape[0], pixels.shape[1]
    coded = np.zeros((height, width), np.uint8)
    coded[0, 0] = 1
    mean_at, error_at, cost_at = np.zeros((height, width, 3)), np.zeros((height, width, 3)), np.zeros((height, width))
    probability = np.full((DIRECT, 1 << TABLE_BITS), 0.5, np.float32)
    seen = np.zeros((DIRECT, 1 << TABLE_BITS), np.uint8)
    maps = np.full((PREDICTORS, MAP_CONTEXTS, 3, LEVELS, 256), 0.02, np.float32)
    predictor_error = np.zeros((PREDICTORS, height, width), np.float32)
    weights_a = np.zeros((3 * 8 * 12, INPUTS))
    weights_b = np.zeros((3 * 16 * 2, INPUTS))
    weights_a[:, 0] = weights_b[:, 0] = 1.0
    last = np.zeros((3, 256, 33), np.float32)
    last_g = np.zeros((1 << 16, 33), np.float32)
    for j in range(33):
        last[:, :, j] = squash((j - 16) / 2)
        last_g[:, j] = squash((j - 16) / 2)
    x = np.zeros(INPUTS)
    w, m, inv = np.empty(K, np.int64), np.empty((3, K), np.int64), np.empty(K, np.int64)
    contexts = np.zeros(DIRECT, np.uint32)
    predictions = np.zeros(PREDICTORS, np.int64)
    levels = np.zeros((PREDICTORS, MAP_CONTEXTS), np.int64)
    running = np.zeros((PREDICTORS, MAP_CONTEXTS, 257), np.float32)
    alone, mixed = 0.0, 0.0
    places = np.empty((4, 2), np.int64)
    for i in range(len(ys)):
        y, xx, s, kind, activity = ys[i], xs[i], ss[i], kinds[i], activities[i]
        o, base = outputs[i], bases[i]
        if kind == 0:
            places[0], places[1], places[2], places[3] = (y - s, xx - s), (y + s, xx + s), (y - s, xx + s), (y + s, xx - s)
            my, mx, ny, nx = y, xx - 2 * s, y - 2 * s, xx
        else:
            places[0], places[1], places[2], places[3] = (y - s, xx), (y + s, xx), (y, xx - s), (y, xx + s)
            my, mx, ny, nx = y - s, xx - s, y - s, xx + s
        inside = np.zeros(4, np.uint8)
        for j in range(4):
            inside[j] = 0 <= places[j, 0] < height and 0 <= places[j, 1] < width
        mate = 0 <= my < height and 0 <= mx < width and coded[my, mx] == 1
        mate2 = 0 <= ny < height and 0 <= nx < width and coded[ny, nx] == 1
        cost, near = 0.0, 0
        for j in range(4):
            if inside[j]:
                cost += cost_at[places[j, 0], places[j, 1]]
                near += 1
        if mate:
            cost += 2 * cost_at[my, mx]
            near += 2
        cost = cost / max(1, near)
        start_weights(o, LOGIT_WEIGHTS, w)
        spent = 0.0
        for step in range(1 if grey else 3):
            c = 1 if step == 0 else 0 if step == 1 else 2
            value = np.int64(pixels[y, xx, c])
            g, r = np.int64(pixels[y, xx, 1]), np.int64(pixels[y, xx, 0])
            channel(o, base, activity, c, INVERSE_SCALES, m[c], inv)
            for k in range(K):
                if c == 0:
                    m[0, k] = limited(m[0, k] + ((o[COUPLINGS + k] * (16 * g - m[1, k]) + 32) >> 6))
                if c == 2:
                    shift = o[COUPLINGS + K + k] * (16 * g - m[1, k]) + o[COUPLINGS + 2 * K + k] * (16 * r - m[0, k])
                    m[2, k] = limited(m[2, k] + ((shift + 32) >> 6))
            mean = 0.0
            for k in range(K):
                mean += w[k] * m[c, k]
            mean = mean / 32768 / 16
            trend = 0 if step == 0 else g - base[1] if step == 1 else ((g - base[1]) + (r - base[0])) // 2
            # Predictions.
            pair_a = base[c]
            pair_b = base[c]
            trend_a = trend_b = trend
            gap_a = gap_b = 1000
            if inside[0] and inside[1]:
                a, b = np.int64(pixels[places[0, 0], places[0, 1], c]), np.int64(pixels[places[1, 0], places[1, 1], c])
                pair_a, gap_a = (a + b) >> 1, abs(a - b)
                trend_a = g - ((np.int64(pixels[places[0, 0], places[0, 1], 1]) + pixels[places[1, 0], places[1, 1], 1]) >> 1)
            if inside[2] and inside[3]:
                a, b = np.int64(pixels[places[2, 0], places[2, 1], c]), np.int64(pixels[places[3, 0], places[3, 1], c])
                pair_b, gap_b = (a + b) >> 1, abs(a - b)
                trend_b = g - ((np.int64(pixels[places[2, 0], places[2, 1], 1]) + pixels[places[3, 0], places[3, 1], 1]) >> 1)
            better, better_trend = (pair_a, trend_a) if gap_a < gap_b else (pair_b, trend_b)
            bias, biased = 0.0, 0
            if mate:
                bias += pixels[my, mx, c] - mean_at[my, mx, c]
                biased += 1
            if mate2:
                bias += pixels[ny, nx, c] - mean_at[ny, nx, c]
                biased += 1
            bias = bias / 4 if biased else 0.0
            of_mate = np.int64(pixels[my, mx, c]) if mate else base[c]
            mate_trend = (g - np.int64(pixels[my, mx, 1])) if mate and step else 0
            net = np.int64(np.floor(mean + 0.5))
            predictions[0] = base[c]
            predictions[1] = net
            predictions[2] = base[c] + trend
            predictions[3] = better
            predictions[4] = better + (better_trend if step else 0)
            predictions[5] = np.int64(np.floor(mean + bias + 0.5))
            predictions[6] = of_mate
            predictions[7] = of_mate + mate_trend
            predictions[8] = max(min(pair_a, pair_b), min(max(pair_a, pair_b), net))
            for p in range(PREDICTORS):
                predictions[p] = min(255, max(0, predictions[p]))
                total, weight = 0.0, 0.0
                for j in range(4):
                    if inside[j]:
                        total += predictor_error[p, places[j, 0], places[j, 1]]
                        weight += 1
                if mate:
                    total += 2 * predictor_error[p, my, mx]
                    weight += 2
                levels[p, 0] = min(LEVELS - 1, int(6 * np.log2(1 + total / max(weight, 1.0))))
                levels[p, 1] = min(LEVELS - 1, int(3 * cost))
                levels[p, 2] = min(LEVELS - 1, int(5 * np.log2(1 + min(gap_a, gap_b))))
                for t in range(MAP_CONTEXTS):
                    if use[2 + 2 * DIRECT + 2 * (p * MAP_CONTEXTS + t)] == 0:
                        continue
                    row = maps[p, t, c, levels[p, t]]
                    acc = np.float32(0)
                    for v in range(256):
                        running[p, t, v] = acc
                        acc += row[(v - predictions[p]) & 255]
                    running[p, t, 256] = acc
            contexts[0] = hashed(c, g if step else -1, 0, 0)
            contexts[1] = hashed(c, g if step else -1, r if step == 2 else -1, 0)
            contexts[2] = hashed(c, g if step else -1, base[c] >> 1, 0)
            contexts[3] = hashed(c, g if step else -1, r if step == 2 else -1, base[c] >> 2)
            contexts[4] = hashed(c, pixels[places[2, 0], places[2, 1], c] if inside[2] else -1, pixels[places[0, 0], places[0, 1], c] if inside[0] else -1, 0)
            contexts[5] = hashed(c, base[c], g - base[1] if step else 300, 0)
            contexts[6] = hashed(c, pixels[my, mx, c] if mate else -1, pixels[ny, nx, c] if mate2 else -1, 0)
            contexts[7] = hashed(c, g - base[1] if step else 300, r - base[0] if step == 2 else 300, base[c] >> 3)
            contexts[8] = hashed(c, pixels[places[3, 0], places[3, 1], c] if inside[3] else -1, pixels[places[1, 0], places[1, 1], c] if inside[1] else -1, 1)
            contexts[9] = hashed(c, activity, kind, 7)
            node, low, high = 1, 0, 256
            from_low, from_high = 0, 65536
            channel_cost = 0.0
            ia, ib = (c * 8) * 12, (c * 16 + min(15, int(cost))) * 2 + kind
            for bit in range(8):
                middle = (low + high) >> 1
                at = cumulative(middle, w, m[c], inv, LOGISTIC)
                p1 = min(1 - 1 / 65536, max(1 / 65536, (from_high - at) / (from_high - from_low)))
                one = (value >> (7 - bit)) & 1
                x[0] = stretch(p1)
                x[1] = 0.3
                for d in range(DIRECT):
                    if use[2 + 2 * d] == 0:
                        continue
                    h = (contexts[d] ^ np.uint32(node * 0x2C1B3C6D)) >> np.uint32(32 - TABLE_BITS)
                    q = probability[d, h]
                    n = seen[d, h]
                    x[2 + 2 * d] = stretch(min(0.9995, max(0.0005, q))) * min(1.0, n / 4)
                    x[3 + 2 * d] = (q - 0.5) * 2 * min(1.0, n / 12)
                for p in range(PREDICTORS):
                    for t in range(MAP_CONTEXTS):
                        j = 2 + 2 * DIRECT + 2 * (p * MAP_CONTEXTS + t)
                        if use[j] == 0:
                            continue
                        up = running[p, t, high] - running[p, t, middle] + 0.002
                        down = running[p, t, middle] - running[p, t, low] + 0.002
                        q = up / (up + down)
                        x[j] = stretch(q)
                        x[j + 1] = (q - 0.5) * 2
                ja = ia + bit * 12 + activity
                dot_a, dot_b = 0.0, 0.0
                for j in range(INPUTS):
                    if use[j]:
                        dot_a += weights_a[ja, j] * x[j]
                        dot_b += weights_b[ib, j] * x[j]
                pa, pb = squash(dot_a), squash(dot_b)
                both = (dot_a + dot_b) / 2
                pm = squash(both)
                result = pm
                slot = min(15.999, max(-15.999, both * 2)) + 16
                left = int(slot)
                part = slot - left
                hg = hashed(c, g if step else 300, r if step == 2 else 300, node) & np.uint32(65535)
                if final:
                    qa = last[c, node, left] * (1 - part) + last[c, node, left + 1] * part
                    qb = last_g[hg, left] * (1 - part) + last_g[hg, left + 1] * part
                    result = (2 * pm + qa + qb) / 4
                result = min(1 - 1 / 65536, max(1 / 65536, result))
                spent_now = -np.log2(result if one else 1 - result)
                alone -= np.log2(p1 if one else 1 - p1)
                mixed += spent_now
                channel_cost += spent_now
                ea, eb = (one - pa) * rate, (one - pb) * rate
                for j in range(INPUTS):
                    if use[j]:
                        weights_a[ja, j] += ea * x[j]
                        weights_b[ib, j] += eb * x[j]
                if final:
                    for near_slot in (left, left + 1):
                        last[c, node, near_slot] += (one - last[c, node, near_slot]) * 0.01
                        last_g[hg, near_slot] += (one - last_g[hg, near_slot]) * 0.03
                for d in range(DIRECT):
                    if use[2 + 2 * d] == 0:
                        continue
                    h = (contexts[d] ^ np.uint32(node * 0x2C1B3C6D)) >> np.uint32(32 - TABLE_BITS)
                    n = seen[d, h]
                    probability[d, h] += (one - probability[d, h]) / (n + 1.5)
                    if n < 60:
                        seen[d, h] = n + 1
                node = 2 * node + one
                if one:
                    low, from_low = middle, at
                else:
                    high, from_high = middle, at
            spent += channel_cost
            for p in range(PREDICTORS):
                predictor_error[p, y, xx] += abs(value - predictions[p])
                for t in range(MAP_CONTEXTS):
                    if use[2 + 2 * DIRECT + 2 * (p * MAP_CONTEXTS + t)]:
                        row = maps[p, t, c, levels[p, t]]
                        e = (value - predictions[p]) & 255
                        row[e] += 1.0
                        row[(e + 1) & 255] += 0.3
                        row[(e - 1) & 255] += 0.3
                        if row[e] > 250:
                            for v in range(256):
                                row[v] *= 0.5
            mean_at[y, xx, c] = mean
            condition(w, value, m[c], inv, LOGISTIC)
        cost_at[y, xx] = spent / (1 if grey else 3)
        coded[y, xx] = 1
    return alone, mixed


def held_out(folder, group, count, side):
    index = np.load(folder / "valid.index.npy")
    blob = np.memmap(folder / "valid.bin", np.uint8, mode="r")
    found = []
    for at, h, w, g, plane in index[index[:, 3] == GROUPS.index(group)]:
        if plane == 0 and min(h, w) >= min(side, 32 if group == "cifar" else 48):
            pixels = np.array(blob[at : at + h * w * 3]).reshape(h, w, 3)
            found.append(np.ascontiguousarray(centre(pixels, side) if min(h, w) >= side else pixels))
    return found[:: max(1, len(found) // count)][:count]


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--run", required=True, type=Path)
    parser.add_argument("--data", required=True, type=Path)
    parser.add_argument("--photographs", type=Path)
    parser.add_argument("--side", type=int, default=192)
    parser.add_argument("--pictures", type=int, default=6)
    parser.add_argument("--groups", nargs="+", default=["photos", "cifar", "screens", "icons"])
    parser.add_argument("--each", action="store_true", help="every input's group alone beside the network, and all but it")
    parser.add_argument("--each-picture", action="store_true")
    args = parser.parse_args()
    threads(1)
    networks = load(args.run)
    sets = {g: held_out(args.data, g, args.pictures, args.side) for g in args.groups}
    if args.photographs:
        files = sorted(args.photographs.rglob("*.jpg"))
        sets["from JPEG"] = [np.ascontiguousarray(centre(rgb(f), args.side)) for f in files[:: max(1, len(files) // args.pictures)][: args.pictures]]
    every = np.unique(GROUP_OF_INPUT)
    direct, maps = every[(every > 0) & (every <= DIRECT)], every[every > DIRECT]
    trials = {"mixer alone": [], "+ direct contexts": direct, "+ maps": maps, "+ both": every}
    if args.each:
        for g in every[1:]:
            trials["only " + NAMES[g]] = [g]
        for g in every[1:]:
            trials["without " + NAMES[g]] = [h for h in every if h != g]
    for name, pictures in sets.items():
        ready = [prepare(networks, p) for p in pictures]
        samples = sum(p.size for p in pictures)
        for trial, groups in trials.items():
            use = (np.isin(GROUP_OF_INPUT, groups) | (GROUP_OF_INPUT == 0)).astype(np.uint8)
            for final in (0, 1) if trial == "mixer alone" else (1,):
                each = np.array([run(p, *r, use, False, final, 0.004) for p, r in zip(pictures, ready)])
                results = each.sum(0) / samples
                print(f"{name:10} {trial:28} {'with last map' if final else '':13} network {results[0]:.4f} mixed {results[1]:.4f} ({100 * (results[1] / results[0] - 1):+.2f} %)", flush=True)
                if args.each_picture and trial == "+ both":
                    for p, (alone, mixed) in zip(pictures, each):
                        print(f"{'':10} {p.shape}: network {alone / p.size:.4f} mixed {mixed / p.size:.4f}")


if __name__ == "__main__":
    main()
