// The library as others get it: its types compile and say what the code has, and the packed package
// is importable.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { after, before, describe, test } from 'node:test';

import * as library from '../../sdk/js/src/index.js';
import { node_packages } from '../harness/server.mjs';

const ts = node_packages('typescript');
const kPackage = path.resolve(import.meta.dirname, '../../sdk/js');
const kTypes = path.join(kPackage, 'index.d.ts');

let folder;
before(() => { folder = fs.mkdtempSync(path.join(os.tmpdir(), 'chartroom-package-')); });
after(() => fs.rmSync(folder, { recursive: true, force: true }));

function npm(...args) {
  return execFileSync('npm', [...args, '--offline', '--no-audit', '--no-fund', '--loglevel=error'], { cwd: folder, encoding: 'utf8' });
}

function complaints(files, options = {}) {
  const program = ts.createProgram(files, {
    strict: true, noEmit: true, target: ts.ScriptTarget.ES2022, module: ts.ModuleKind.NodeNext,
    moduleResolution: ts.ModuleResolutionKind.NodeNext, lib: ['lib.es2022.d.ts', 'lib.dom.d.ts'], types: [], ...options,
  });
  return ts.getPreEmitDiagnostics(program).map(({ file, start, messageText }) => {
    const line = file ? file.getLineAndCharacterOfPosition(start).line + 1 : 0;
    return `${file?.fileName}:${line}: ${ts.flattenDiagnosticMessageText(messageText, ' ')}`;
  });
}

// The declared classes and functions: {name: its public members}.
function declared() {
  const source = ts.createSourceFile(kTypes, fs.readFileSync(kTypes, 'utf8'), ts.ScriptTarget.ES2022, true);
  const found = {};
  for (const node of source.statements) {
    if (ts.isFunctionDeclaration(node)) found[node.name.text] = [];
    if (!ts.isClassDeclaration(node)) continue;
    found[node.name.text] = node.members.filter((member) => !ts.isConstructorDeclaration(member))
      .map((member) => member.name.getText(source)).sort();
  }
  return found;
}

function built() {
  const found = {};
  for (const [name, value] of Object.entries(library)) {
    const members = value.prototype && !(value.prototype instanceof Error) ? Reflect.ownKeys(value.prototype) : [];
    found[name] = members.filter((member) => member !== 'constructor')
      .map((member) => (typeof member === 'symbol' ? `[${member.description}]` : member)).sort();
  }
  return found;
}

test('the types and the code have the same names', () => {
  const types = declared();
  const error = new library.ChartroomError('busy', 'x', { field: 'f', retryAfterMs: 1, closeCode: 1 });
  for (const member of types.ChartroomError) assert.ok(member in error, member);
  assert.deepEqual({ ...types, ChartroomError: [] }, built());
});

describe('the packed package', () => {
  before(() => {
    const [{ filename, files }] = JSON.parse(npm('pack', kPackage, '--json'));
    assert.deepEqual(files.map(({ path: name }) => name).filter((name) => !name.startsWith('src/')),
                     ['README.md', 'index.d.ts', 'package.json']);
    fs.writeFileSync(path.join(folder, 'package.json'), '{"name":"consumer","private":true,"type":"module"}');
    npm('install', path.join(folder, filename));
  });

  test('is importable by its name', () => {
    fs.writeFileSync(path.join(folder, 'main.mjs'),
                     'import * as library from "@chartroom/client"; console.log(Object.keys(library).join());');
    const printed = execFileSync(process.execPath, ['main.mjs'], { cwd: folder, encoding: 'utf8' });
    assert.equal(printed.trim(), Object.keys(library).join());
  });

  test('types what a front end in strict TypeScript writes, and refuses what is wrong', () => {
    fs.copyFileSync(path.join(import.meta.dirname, 'types/consumer.ts'), path.join(folder, 'consumer.ts'));
    assert.deepEqual(complaints([path.join(folder, 'consumer.ts')]), []);
  });

  test('has no dependency', () => {
    const manifest = JSON.parse(fs.readFileSync(path.join(folder, 'node_modules/@chartroom/client/package.json')));
    assert.deepEqual(Object.keys(manifest).filter((key) => key.toLowerCase().includes('dependencies')), []);
  });
});
