import assert from 'node:assert/strict';
import test from 'node:test';
import { UnreadableModelError } from '../../src/onnx/errors.js';
import { ElementType, parseOnnx } from '../../src/onnx/read.js';
import { contextGraph, type GraphSpec, setConstant } from '../audit/graph-builder.js';

test('reads nodes, attributes, constants, inputs and outputs', () => {
  const graph = parseOnnx(contextGraph());
  assert.deepEqual(
    graph.nodes.map((node) => node.opType),
    ['Gather', 'Cast', 'Reshape', 'MatMul', 'Add', 'Floor', 'Clip'],
  );
  assert.deepEqual([...graph.nodes[1].attributes], [['to', 1]]);
  assert.deepEqual(graph.nodes[3].inputs, ['x', 'w']);
  assert.deepEqual(graph.inputs, [{ name: 'indices', elementType: ElementType.int32, dims: [null, 2] }]);
  assert.deepEqual(graph.outputs, [{ name: 'logits', elementType: ElementType.float, dims: [null, 256] }]);
  const constant = (name: string) => graph.constants.find((c) => c.name === name);
  assert.deepEqual(constant('table')?.values.slice(0, 3), Int8Array.of(-128, 127, -128));
  assert.deepEqual(constant('shape')?.values, BigInt64Array.of(-1n, 4n));
  assert.deepEqual(constant('high')?.values, Float32Array.of(1023));
  assert.deepEqual(constant('w')?.dims, [4, 256]);
});

test('an attribute that is not an integer is null, and a node without a name is called by its outputs', () => {
  const graph = parseOnnx(
    contextGraph((spec) => {
      spec.nodes[0].attributes = [{ name: 'axis', i: 0, type: 1 }];
    }),
  );
  assert.equal(graph.nodes[0].attributes.get('axis'), null);
});

const refused: [string, RegExp, (spec: GraphSpec) => void][] = [
  ['model-local functions', /functions/, (spec) => (spec.functions = [Uint8Array.of(1)])],
  ['sparse constants', /sparse/, (spec) => (spec.sparseInitializer = [Uint8Array.of(1)])],
  ['quantisation annotations', /annotations/, (spec) => (spec.quantizationAnnotation = [Uint8Array.of(1)])],
  ['overloaded operators', /overloads/, (spec) => (spec.nodes[3].overload = 'fast')],
  [
    'references to attributes',
    /references/,
    (spec) => (spec.nodes[0].attributes = [{ name: 'axis', i: 0, refAttrName: 'a' }]),
  ],
  ['an old operator set', /operator set "" 9/, (spec) => (spec.opsets = [{ domain: '', version: 9 }])],
  ['a future operator set', /operator set "" 99/, (spec) => (spec.opsets = [{ domain: '', version: 99 }])],
  [
    'an unknown operator set',
    /operator set "com.microsoft"/,
    (spec) =>
      (spec.opsets = [
        { domain: '', version: 17 },
        { domain: 'com.microsoft', version: 1 },
      ]),
  ],
  ['no operator set', /once/, (spec) => (spec.opsets = [])],
  [
    'doubles',
    /element type 11/,
    (spec) => setConstant(spec, { name: 'b', dims: [256], values: new Float64Array(256) }),
  ],
  [
    'data in another file',
    /external data/,
    (spec) => setConstant(spec, { ...spec.constants[3], override: { dataLocation: 1, rawData: new Uint8Array(0) } }),
  ],
  [
    'a constant with fewer values than its shape',
    /255 raw values for a shape of 256/,
    (spec) => setConstant(spec, { name: 'b', dims: [256], values: new Float32Array(255) }),
  ],
  [
    'a constant that ends within a value',
    /whole number of elements/,
    (spec) => setConstant(spec, { ...spec.constants[3], override: { rawData: new Uint8Array(1023) } }),
  ],
];
for (const [what, reason, change] of refused) {
  test(`refuses ${what}`, () => {
    assert.throws(
      () => parseOnnx(contextGraph(change)),
      (error) => error instanceof UnreadableModelError && reason.test(error.message),
    );
  });
}

test('bytes that are no model give a typed error, wherever a model is cut off', () => {
  const model = contextGraph();
  const inputs: Uint8Array[] = [
    new Uint8Array(0),
    Uint8Array.of(0xff),
    Buffer.from('not a model at all'),
    new Uint8Array(100),
  ];
  for (let length = 0; length < model.length; length += 7) inputs.push(model.subarray(0, length));
  for (const input of inputs) assert.throws(() => parseOnnx(input), UnreadableModelError);
});
