import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import express from 'express';
import request from 'supertest';
import { canonical, clientAddress } from '../../../src/http/guards/client-address.js';

describe('the address of a client', () => {
  for (const [forms, address] of [
    [
      [
        '203.0.113.9',
        '203.0.113.9:50012',
        '203.0.113.9:',
        ' 203.0.113.9:1 ',
        '"203.0.113.9:50012"',
        '[203.0.113.9]:50012',
        '::ffff:203.0.113.9',
        '::FFFF:203.0.113.9',
        '::ffff:203.0.113.9:50012',
        '::ffff:cb00:7109',
        '0:0:0:0:0:ffff:203.0.113.9',
        '[::ffff:203.0.113.9]:50012',
        '[::ffff:cb00:7109]',
      ],
      '203.0.113.9',
    ],
    [
      [
        '2001:db8::1',
        '2001:DB8::1',
        '2001:0db8:0:0:0:0:0:1',
        '2001:db8:0:0:0:0:0:1:50012',
        '[2001:db8::1]',
        '[2001:db8::1]:50012',
        '"[2001:db8::1]:50012"',
        '2001:db8::1%eth0',
        '[2001:db8::1%25eth0]:443',
      ],
      '2001:db8::1',
    ],
  ] as const) {
    for (const form of forms) it(`${form} is ${address}`, () => assert.equal(canonical(form), address));
  }

  for (const text of [
    '',
    'unknown',
    '_hidden',
    'localhost',
    'localhost:80',
    '203.0.113.9:port',
    '203.0.113.256',
    '203.0.113.9/8',
    '203.0.113.009',
    '[203.0.113.9',
    '2001:db8::1::2',
    '[2001:db8::1]50012',
    '1234567890',
  ]) {
    it(`${JSON.stringify(text)} is none`, () => assert.equal(canonical(text), undefined));
  }

  it("is the connection's where a trusted proxy has written none", async () => {
    const app = express().set('trust proxy', 1);
    app.get('/', (req, res) => void res.send(clientAddress(req)));
    const from = async (header: string): Promise<string> =>
      (await request(app).get('/').set('X-Forwarded-For', header)).text;
    assert.equal(await from('203.0.113.9:50012'), '203.0.113.9');
    for (const text of ['unknown', '203.0.113.7, unknown']) {
      assert.equal(await from(text), '127.0.0.1', text);
    }
  });
});
