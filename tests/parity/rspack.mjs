// Bundles the web sample with rspack, for the bench: `node rspack.mjs TOOL APP OUT`, where
// TOOL is the folder that rspack is installed in, APP the app's, OUT the file to write.
//
// Production without shrinking and with a source map, as the other bundlers of the bench do.

import { createRequire } from 'node:module';
import path from 'node:path';
import process from 'node:process';

const [tool, app, out] = process.argv.slice(2).map((argument) => path.resolve(argument));
const { rspack } = createRequire(path.join(tool, 'package.json'))('@rspack/core');

const compiler = rspack({
  context: app,
  mode: 'production',
  devtool: 'source-map',
  entry: './src/index.tsx',
  output: { path: path.dirname(out), filename: path.basename(out) },
  optimization: { minimize: false },
  performance: { hints: false },
  resolve: { extensions: ['.tsx', '.ts', '.jsx', '.js', '.json'] },
  module: {
    rules: [
      { test: /\.css$/, type: 'css/auto' },
      {
        test: /\.tsx?$/,
        exclude: /node_modules/,
        loader: 'builtin:swc-loader',
        options: { jsc: { parser: { syntax: 'typescript', tsx: true }, transform: { react: { runtime: 'automatic' } } } },
        type: 'javascript/auto',
      },
    ],
  },
});

compiler.run((failure, stats) => {
  const errors = failure ? [String(failure)] : stats.toJson({ all: false, errors: true }).errors.map((error) => error.message);
  if (errors.length > 0) {
    console.error(errors.join('\n'));
    process.exitCode = 1;
  }
  compiler.close(() => {});
});
