import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { after, before, describe, it } from 'node:test';
import { InferenceSession, Tensor } from 'onnxruntime-node';
import type { Rows } from '../../src/ardm/network.js';
import type { Predictor } from '../../src/ardm/predictor.js';
import { decodeSegment, encodeSegment } from '../../src/ardm/segment.js';
import { sizeClass } from '../../src/pictures/lattice.js';
import { LATTICE, NEVER, PICTURES_1, pictureModel, releasedCoding } from './fakes.js';
import { referenceEncode, stepsOf } from './reference.js';
import { ReferenceMixture } from './reference-mixture.js';
import { lookAround, planesOf, type Seen } from './reference-window.js';

/** `models/training/pictures/fixture.py`. */
interface Fixture {
  readonly name: string;
  readonly height: number;
  readonly width: number;
  readonly channels: 1 | 3 | 4;
  readonly samples: readonly number[];
  readonly calls: readonly Call[];
}
interface Call {
  readonly spacing: number;
  readonly kind: 'centres' | 'quincunx';
  readonly cut: number;
  readonly y: readonly number[];
  readonly x: readonly number[];
  readonly planes: readonly {
    readonly plane: 'rgb' | 'grey' | 'alpha';
    readonly rowsDigest: string;
    readonly rows: readonly (readonly number[])[];
    readonly base: readonly (readonly number[])[];
    readonly activity: readonly number[];
    readonly outputsDigest: string;
    readonly outputs: readonly (readonly number[])[];
    readonly intervals: readonly (readonly (readonly [start: number, size: number])[])[];
  }[];
}

const FIXTURES = JSON.parse(readFileSync('models/training/pictures/fixture.json', 'utf8')) as Fixture[];
const UNCUT = FIXTURES.filter(({ calls }) => calls.every(({ cut }) => cut === 1));
const CODING = releasedCoding();
const digest = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex');

/** Keeps what the program asks it, and asks the network. */
class OnnxPredictor implements Predictor {
  readonly rowsAtOnce = 64;
  readonly asked: number[][] = [];

  constructor(private readonly session: InferenceSession) {}

  async predict([input]: readonly Rows[], rows: number): Promise<Float32Array> {
    const own = Float32Array.from(input as Rows);
    for (let r = 0; r < rows; r++) this.asked.push([...own.subarray(221 * r, 221 * r + 221)]);
    const { outputs } = await this.session.run({ rows: new Tensor('float32', own, [rows, 221]) });
    return outputs?.data as Float32Array;
  }

  async of(rows: readonly (readonly number[])[]): Promise<number[][]> {
    const all = await this.predict([Float32Array.from(rows.flat())], rows.length);
    return rows.map((_, r) => [...all.subarray(50 * r, 50 * r + 50)]);
  }
}

describe('what the trainer says of small pictures', () => {
  let sessions: InferenceSession[];
  const predictors = (): OnnxPredictor[] => sessions.map((session) => new OnnxPredictor(session));

  before(async () => {
    sessions = await Promise.all(
      ['centres', 'quincunx'].map((name) => InferenceSession.create(`${PICTURES_1}/${name}.onnx`)),
    );
  });
  after(() => Promise.all(sessions.map((session) => session.release())));

  it('is about pictures of all kinds', () => {
    assert.ok(UNCUT.length >= 5, `${UNCUT.length}`);
    assert.deepEqual(new Set(UNCUT.map(({ channels }) => channels)), new Set([1, 3, 4]));
  });

  for (const fixture of UNCUT) {
    const { name, width, height, channels, calls } = fixture;
    const samples = Uint8Array.from(fixture.samples);
    const size = sizeClass({ width, height });

    it(`holds of ${name}: order, rows, outputs and intervals`, async () => {
      const own = predictors();
      const planes = planesOf(samples, width, height, channels);
      const steps = [...stepsOf(width, height)];
      assert.equal(calls.length, steps.length);
      const known = new Set([0]);
      for (const [i, { kind, spacing, positions }] of steps.entries()) {
        const call = calls[i] as Call;
        assert.deepEqual([call.spacing, call.kind], [spacing, ['centres', 'quincunx'][kind]]);
        assert.deepEqual(
          positions,
          call.y.map((y, p) => [y, call.x[p]]),
        );
        for (const [p, plane] of planes.entries()) {
          const expected = call.planes[p] as Call['planes'][number];
          assert.equal(plane.kind, expected.plane);
          const seen: Seen[] = positions.map(([y, x]) => lookAround(plane, y, x, spacing, size, (at) => known.has(at)));
          assert.deepEqual(
            seen.map(({ base }) => base),
            expected.base,
          );
          assert.deepEqual(
            seen.map(({ activity }) => activity),
            expected.activity,
          );
          const rows = seen.map(({ row }) => row);
          assert.deepEqual(rows.slice(0, expected.rows.length), expected.rows);
          assert.equal(digest(Uint8Array.from(rows.flat())), expected.rowsDigest);
          const outputs = await (own[kind] as OnnxPredictor).of(rows);
          assert.deepEqual(outputs.slice(0, expected.outputs.length), expected.outputs);
          assert.equal(digest(new Uint8Array(Int16Array.from(outputs.flat()).buffer)), expected.outputsDigest);
          for (const [at, [y, x]] of positions.entries()) {
            const { base, activity } = seen[at] as Seen;
            const mixture = new ReferenceMixture(CODING, outputs[at] as number[], base, activity);
            const [r = 0, g = 0, b = 0] = plane.pixels[y * width + x] as readonly number[];
            const intervals: number[][] = [];
            const interval = (value: number): void => {
              const start = mixture.cumulative(value);
              intervals.push([start, mixture.cumulative(value + 1) - start]);
            };
            mixture.openGreen();
            interval(g);
            if (plane.kind === 'rgb') {
              mixture.openRed(g);
              interval(r);
              mixture.openBlue(g, r);
              interval(b);
            }
            assert.deepEqual(intervals, expected.intervals[at], `${plane.kind} ${y} ${x}`);
          }
        }
        for (const [y, x] of positions) known.add(y * width + x);
      }
    });

    it(`is what the program asks of ${name}, and what it codes of it is what the reference codes`, async () => {
      const own = predictors();
      const model = pictureModel(CODING, [width, height, channels], own);
      const payload = await encodeSegment(model, samples, LATTICE, NEVER);
      const asked = own.map((predictor) => predictor.asked.splice(0));
      const expected: number[][][] = [[], []];
      const reference = await referenceEncode(
        CODING,
        { samples, width, height, channels, size },
        async (graph, rows) => {
          expected[graph]?.push(...rows.map((row) => [...row]));
          return await (own[graph] as OnnxPredictor).of(rows);
        },
      );
      assert.deepEqual(asked, expected);
      assert.deepEqual(payload, reference);
      assert.deepEqual(await decodeSegment(model, payload, samples.length, LATTICE, NEVER), samples);
    });
  }
});
