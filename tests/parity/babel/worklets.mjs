// What the worklets plugin of react-native-worklets makes of the sources in `worklets/`, as the
// goldens that `guest-modules/transform/tests/worklets.rs` compares ours with. CI needs no Babel.
//
//   node worklets.mjs --root APP
//
// APP is an installed app that has react-native-worklets.

import fs from 'node:fs';
import { createRequire } from 'node:module';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';

const { values } = parseArgs({ options: { root: { type: 'string' } } });
const root = fs.realpathSync(values.root);
const require = createRequire(path.join(root, 'package.json'));
const preset = createRequire(require.resolve('babel-preset-expo/package.json'));
const babel = require('@babel/core');
const folder = path.join(path.dirname(fileURLToPath(import.meta.url)), 'worklets');

for (const file of fs.readdirSync(folder).filter((name) => /\.tsx?$/.test(name)).sort()) {
  const golden = {};
  for (const [mode, envName] of [['dev', 'development'], ['prod', 'production']]) {
    process.env.NODE_ENV = envName;
    const made = babel.transformFileSync(path.join(folder, file), {
      babelrc: false, configFile: false, envName, cwd: folder, ast: true, code: true,
      plugins: [[require('react-native-worklets/plugin'), { relativeSourceLocation: true }]],
      presets: [[preset.resolve('@babel/preset-typescript'), { allExtensions: true, isTSX: file.endsWith('x') }]],
    });
    golden[mode] = { worklets: worklets(made.ast), warnings: made.code.split('getUseOfValueInStyleWarning').length - 1 };
  }
  fs.writeFileSync(path.join(folder, file.replace(/\.tsx?$/, '.json')), `${JSON.stringify(golden, null, 1)}\n`);
  console.log(file, golden.dev.worklets.length);
}

/** Every call of a factory, in the order of the text. */
function worklets(ast) {
  const found = [];
  const data = new Map();
  babel.traverse(ast, {
    VariableDeclarator({ node }) {
      if (/_init_data\d*$/.test(node.id.name ?? '')) data.set(node.id.name, object(node.init));
    },
  });
  babel.traverse(ast, {
    CallExpression({ node }) {
      const { callee } = node;
      if (callee.type !== 'FunctionExpression' || !callee.id?.name.endsWith('Factory')) return;
      const set = {};
      let stack = null;
      let kind = null;
      for (const statement of callee.body.body) {
        if (statement.type === 'VariableDeclaration') {
          const [{ id, init }] = statement.declarations;
          if (id.name === '_e') stack = init.elements.slice(1).map(number);
          else kind = init.type === 'ArrowFunctionExpression' ? 'arrow' : `${init.async ? 'async ' : ''}function${init.generator ? '*' : ''}`;
        }
        if (statement.type === 'ExpressionStatement') set[statement.expression.left.property.name] = statement.expression.right;
      }
      const initData = data.get(set.__initData.name);
      found.push({
        name: callee.id.name.replace(/Factory$/, ''),
        kind,
        closure: Object.keys(object(set.__closure)),
        stack,
        version: '__pluginVersion' in set,
        details: '__stackDetails' in set,
        keys: Object.keys(initData),
        location: initData.location ?? null,
        code: initData.code,
      });
    },
  });
  return found;
}

function object(node) {
  return Object.fromEntries(node.properties.map((pair) => [pair.key.name, pair.value.value]));
}

function number(node) {
  return node.type === 'UnaryExpression' ? -node.argument.value : node.value;
}
