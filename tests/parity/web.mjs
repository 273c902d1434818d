// Serves an unpacked web bundle from its own origin and looks at it in a browser.
//
//   node web.mjs FOLDER --browser PATH [--ready EXPRESSION] [--evaluate EXPRESSION] [--screenshot FILE]

import fs from 'node:fs';
import http from 'node:http';
import path from 'node:path';
import { parseArgs } from 'node:util';

import { visit } from './browser.mjs';

const MEDIA_TYPES = {
  '.css': 'text/css', '.html': 'text/html', '.js': 'text/javascript', '.jsbundle': 'text/javascript', '.json': 'application/json',
  '.png': 'image/png', '.svg': 'image/svg+xml', '.ttf': 'font/ttf',
};

// What a viewer would send: scripts from here, and nothing from anywhere else.
const POLICY =
  "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data: blob:; font-src 'self' data:; connect-src 'self'";

function serve(folder) {
  const server = http.createServer((request, response) => {
    const { pathname } = new URL(request.url, 'http://localhost');
    // Browsers ask for an icon that no app has promised.
    if (pathname === '/favicon.ico') return void response.writeHead(204).end();
    const file = path.join(folder, pathname === '/' ? 'index.html' : path.posix.normalize(decodeURIComponent(pathname)));
    if (!fs.statSync(file, { throwIfNoEntry: false })?.isFile()) return void response.writeHead(404).end();
    const type = MEDIA_TYPES[path.extname(file)] ?? 'application/octet-stream';
    response.writeHead(200, { 'content-type': type, 'content-security-policy': POLICY, 'x-content-type-options': 'nosniff' });
    response.end(fs.readFileSync(file));
  });
  return new Promise((resolve) => server.listen(0, '127.0.0.1', () => resolve(server)));
}

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    browser: { type: 'string', default: 'chromium' },
    ready: { type: 'string', default: 'true' },
    evaluate: { type: 'string' },
    screenshot: { type: 'string' },
  },
});
const server = await serve(path.resolve(positionals[0]));
try {
  const url = `http://127.0.0.1:${server.address().port}/`;
  const answer = await visit({ ...values, url, width: 1024, height: 768, scale: 1 });
  process.stdout.write(`${JSON.stringify(answer)}\n`);
} catch (error) {
  process.stderr.write(`${error.stack}\n`);
  process.exitCode = 1;
} finally {
  server.close();
}
