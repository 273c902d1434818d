// A headless Chromium for one page: opens it, waits until something is there, tells what
// the page shows, and takes a picture.
//
// It speaks the browser's own protocol, so that the picture has exactly the asked size
// and the wait is for a condition and not for a while.
//
//   node browser.mjs URL --browser PATH [--width 1280 --height 800 --scale 1]
//        [--ready EXPRESSION] [--evaluate EXPRESSION] [--screenshot FILE]
//
// Prints `{ "value", "errors" }`: what `--evaluate` gives, and the errors the page met.

import { spawn } from 'node:child_process';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';

/** How long a page may take to become ready. */
const READY_WITHIN_MS = 30_000;

const FLAGS = [
  '--headless', '--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--hide-scrollbars',
  '--disable-background-networking', '--disable-component-update', '--disable-sync', '--disable-extensions',
  '--remote-debugging-port=0',
];

/** Opens `url`, waits for the expression `ready`, then evaluates and takes the picture. */
export async function visit({ browser, url, width, height, scale, ready, evaluate, screenshot }) {
  const profile = fs.mkdtempSync(path.join(os.tmpdir(), 'hivesync-browser-'));
  const child = spawn(browser, [...FLAGS, `--user-data-dir=${profile}`, 'about:blank'], {
    stdio: ['ignore', 'ignore', 'pipe'],
    detached: true,
  });
  try {
    const connection = await connect(await endpoint(child));
    const { targetId } = await connection.send('Target.createTarget', { url: 'about:blank' });
    const { sessionId } = await connection.send('Target.attachToTarget', { targetId, flatten: true });
    const page = (method, params) => connection.send(method, params, sessionId);
    await page('Runtime.enable');
    await page('Log.enable');
    await page('Page.enable');
    await page('Emulation.setDeviceMetricsOverride', { width, height, deviceScaleFactor: scale, mobile: false });
    await page('Page.navigate', { url });
    await until(page, ready, connection.errors);
    const value = evaluate ? await result(page, evaluate) : null;
    if (screenshot) {
      const { data } = await page('Page.captureScreenshot', { format: 'png' });
      fs.mkdirSync(path.dirname(path.resolve(screenshot)), { recursive: true });
      fs.writeFileSync(screenshot, Buffer.from(data, 'base64'));
    }
    return { value, errors: connection.errors };
  } finally {
    await stop(child);
    fs.rmSync(profile, { recursive: true, force: true, maxRetries: 20, retryDelay: 100 });
  }
}

/** A browser for several pages, one after the other. Nothing but this machine is reached. */
export async function open(browser) {
  const profile = fs.mkdtempSync(path.join(os.tmpdir(), 'hivesync-browser-'));
  const flags = [...FLAGS, '--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1', `--user-data-dir=${profile}`];
  const child = spawn(browser, [...flags, 'about:blank'], { stdio: ['ignore', 'ignore', 'pipe'], detached: true });
  const connection = await connect(await endpoint(child));
  const tab = async () => {
    const { targetId } = await connection.send('Target.createTarget', { url: 'about:blank' });
    const { sessionId } = await connection.send('Target.attachToTarget', { targetId, flatten: true });
    const page = (method, params) => connection.send(method, params, sessionId);
    await page('Page.enable');
    page.load = async (url) => {
      const loaded = connection.once('Page.loadEventFired', sessionId);
      await page('Page.navigate', { url });
      await loaded;
    };
    page.close = () => connection.send('Target.closeTarget', { targetId });
    return page;
  };
  const close = async () => {
    await stop(child);
    fs.rmSync(profile, { recursive: true, force: true, maxRetries: 20, retryDelay: 100 });
  };
  const version = async () => (await connection.send('Browser.getVersion')).product;
  return { tab, close, version };
}

/** Ends the browser and its children, which would still write into the profile. */
async function stop(child) {
  if (child.pid === undefined) return;
  const gone = child.exitCode !== null || child.signalCode !== null;
  const exit = gone ? Promise.resolve() : new Promise((resolve) => child.once('exit', resolve));
  try {
    process.kill(-child.pid, 'SIGKILL');
  } catch {
    // The whole group has ended by itself.
  }
  await exit;
}

/** The address that the browser announces on standard error. */
function endpoint(child) {
  return new Promise((resolve, reject) => {
    let text = '';
    child.stderr.on('data', (chunk) => {
      text += chunk;
      const found = /DevTools listening on (ws:\S+)/.exec(text);
      if (found) resolve(found[1]);
    });
    child.on('error', reject);
    child.on('exit', (code) => reject(new Error(`the browser ended with ${code}:\n${text}`)));
  });
}

async function connect(address) {
  const socket = new WebSocket(address);
  await new Promise((resolve, reject) => {
    socket.onopen = resolve;
    socket.onerror = () => reject(new Error('the browser does not answer'));
  });
  const waiting = new Map();
  const errors = [];
  const listeners = new Set();
  let serial = 0;
  socket.onmessage = ({ data }) => {
    const message = JSON.parse(data);
    if (message.id) {
      const { resolve, reject } = waiting.get(message.id);
      waiting.delete(message.id);
      if (message.error) reject(new Error(message.error.message));
      else resolve(message.result);
    } else {
      for (const listener of listeners) listener(message);
      const error = errorIn(message);
      if (error) errors.push(error);
    }
  };
  const send = (method, params = {}, sessionId = undefined) =>
    new Promise((resolve, reject) => {
      serial += 1;
      waiting.set(serial, { resolve, reject });
      socket.send(JSON.stringify({ id: serial, method, params, sessionId }));
    });
  /** Waits for the next event of this name in this session. */
  const once = (method, sessionId) =>
    new Promise((resolve) => {
      const listener = (message) => {
        if (message.method !== method || message.sessionId !== sessionId) return;
        listeners.delete(listener);
        resolve(message.params);
      };
      listeners.add(listener);
    });
  return { send, errors, once };
}

function errorIn({ method, params }) {
  if (method === 'Runtime.exceptionThrown') {
    const { text, exception } = params.exceptionDetails;
    return exception?.description ?? text;
  }
  if (method === 'Runtime.consoleAPICalled' && params.type === 'error') {
    return params.args.map((arg) => arg.value ?? arg.description ?? '').join(' ');
  }
  if (method === 'Log.entryAdded' && params.entry.level === 'error') return `${params.entry.text} ${params.entry.url ?? ''}`;
  return null;
}

async function result(page, expression) {
  const answer = await page('Runtime.evaluate', { expression, returnByValue: true, awaitPromise: true });
  if (answer.exceptionDetails) throw new Error(answer.exceptionDetails.exception?.description ?? answer.exceptionDetails.text);
  return answer.result.value;
}

async function until(page, ready, errors) {
  const end = Date.now() + READY_WITHIN_MS;
  for (;;) {
    if (await result(page, `document.readyState === 'complete' && Boolean(${ready})`).catch(() => false)) return;
    if (Date.now() > end) throw new Error(`the page was not ready (${ready}) within ${READY_WITHIN_MS} ms:\n${errors.join('\n')}`);
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

async function main() {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: {
      browser: { type: 'string', default: 'chromium' },
      width: { type: 'string', default: '1280' },
      height: { type: 'string', default: '800' },
      scale: { type: 'string', default: '1' },
      ready: { type: 'string', default: 'true' },
      evaluate: { type: 'string' },
      screenshot: { type: 'string' },
    },
  });
  const [url] = positionals;
  if (!url) throw new Error('usage: node browser.mjs URL …');
  const answer = await visit({ ...values, url, width: Number(values.width), height: Number(values.height), scale: Number(values.scale) });
  process.stdout.write(`${JSON.stringify(answer)}\n`);
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  main().catch((error) => {
    process.stderr.write(`${error.stack}\n`);
    process.exitCode = 1;
  });
}
