// What programs written for Node find of it. Nothing here reaches beyond the programs that were
// handed over: there is no file system but them, no process, no network, no clock.
(host, path, refuse) => {
  const fail = (code, message, about) => Object.assign(new Error(`${code}: ${message}`), { code, path: about });
  const relative = (file) => path.resolve(String(file)).slice(1);
  const read = (file) => {
    const text = host.text(relative(file));
    if (text === undefined) {
      throw fail("ENOENT", `build plugins see only the programs they consist of, and ${file} is none`, file);
    }
    return text;
  };
  const stat = (file) => {
    const size = read(file).length;
    const [yes, no] = [() => true, () => false];
    return { size, isFile: yes, isDirectory: no, isSymbolicLink: no, mtimeMs: 0, mtime: new Date(0) };
  };
  const files = {
    existsSync: (file) => host.text(relative(file)) !== undefined,
    readFileSync: (file) => read(file),
    statSync: (file, options) => {
      if (options?.throwIfNoEntry === false && !files.existsSync(file)) return undefined;
      return stat(file);
    },
    lstatSync: stat,
    accessSync: (file) => void read(file),
    realpathSync: Object.assign((file) => path.resolve(file), { native: (file) => path.resolve(file) }),
  };

  // A module that is not there: it can be asked for, because many programs do so in case they
  // need it, and each thing in it fails with its name when it is called.
  const absent = (name, present = {}) =>
    new Proxy(present, {
      get: (target, key) => {
        if (key in target || typeof key !== "string" || key === "__esModule" || key === "then") return target[key];
        return function () {
          throw refuse(`${name}.${key}`);
        };
      },
    });

  const assert = (value, message) => {
    if (!value) throw message instanceof Error ? message : new Error(message ?? "an assertion failed");
  };
  Object.assign(assert, {
    ok: assert,
    equal: (left, right, message) => assert(left == right, message),
    strictEqual: (left, right, message) => assert(Object.is(left, right), message),
  });

  class EventEmitter {
    #heard = new Map();
    on(name, listener) {
      this.#heard.set(name, [...(this.#heard.get(name) ?? []), listener]);
      return this;
    }
    emit(name, ...values) {
      const listeners = this.#heard.get(name) ?? [];
      for (const listener of listeners) listener.apply(this, values);
      return listeners.length > 0;
    }
  }

  const show = (value) => {
    if (typeof value === "string") return value;
    try {
      return JSON.stringify(value) ?? String(value);
    } catch {
      return String(value);
    }
  };
  const util = {
    inspect: Object.assign(show, { custom: Symbol.for("nodejs.util.inspect.custom") }),
    format: (...values) => values.map(show).join(" "),
    deprecate: (wrapped) => wrapped,
    inherits: (child, parent) => Object.setPrototypeOf(child.prototype, parent.prototype),
    types: { isRegExp: (value) => value instanceof RegExp, isDate: (value) => value instanceof Date },
    isDeepStrictEqual: (left, right) => show(left) === show(right),
    promisify: (wrapped) => wrapped,
  };

  const quiet = () => {};
  const process = {
    env: { ...host.env },
    argv: ["node"],
    execArgv: [],
    platform: "linux",
    arch: "wasm32",
    version: "v22.0.0",
    versions: { node: "22.0.0" },
    cwd: () => "/",
    stdout: { isTTY: false, write: quiet },
    stderr: { isTTY: false, fd: 2, write: quiet },
    nextTick: (call, ...values) => void Promise.resolve().then(() => call(...values)),
    emitWarning: quiet,
    on: quiet,
    once: quiet,
    hrtime: Object.assign(() => [0, 0], { bigint: () => 0n }),
    memoryUsage: () => ({ heapUsed: 0, heapTotal: 0, rss: 0 }),
    allowedNodeEnvironmentFlags: new Set(),
    exit: () => {
      throw refuse("process.exit");
    },
  };

  // Of addresses as much as a path has.
  const parsed = (address) => {
    const [, pathname, search = null, hash = null] = /^([^?#]*)(\?[^#]*)?(#.*)?$/s.exec(address);
    if (/^[a-z][a-z+.-]*:/i.test(pathname)) throw refuse("url.parse of more than a path");
    return { href: address, path: `${pathname}${search ?? ""}`, pathname, search, hash };
  };
  const url = {
    parse: parsed,
    pathToFileURL: (file) => ({ href: `file://${path.resolve(file)}`, pathname: path.resolve(file) }),
    fileURLToPath: (address) => String(address.href ?? address).replace(/^file:\/\//, ""),
  };
  const modules = {
    assert,
    "assert/strict": assert,
    constants: {},
    events: Object.assign(EventEmitter, { EventEmitter, default: EventEmitter }),
    fs: absent("fs", files),
    "fs/promises": absent("fs/promises"),
    os: absent("os", { EOL: "\n", platform: () => "linux", tmpdir: () => "/tmp", cpus: () => [{}], homedir: () => "/" }),
    path,
    "path/posix": path,
    process,
    tty: { isatty: () => false },
    url: absent("url", url),
    util: absent("util", util),
    v8: absent("v8"),
  };
  class Hash {
    #name;
    #text = "";
    constructor(name) {
      this.#name = name;
    }
    update(text) {
      if (typeof text !== "string") throw refuse("crypto's digests of bytes");
      this.#text += text;
      return this;
    }
    digest(form) {
      if (form !== "hex") throw refuse(`crypto's digests in ${form ?? "bytes"}`);
      const digest = host.digest(this.#name, this.#text);
      if (digest === undefined) throw refuse(`crypto's ${this.#name}`);
      return digest;
    }
  }
  const crypto = { createHash: (name) => new Hash(name), getHashes: () => ["md5", "sha1", "sha256"] };
  modules.crypto = absent("crypto", crypto);
  const names =
    "async_hooks buffer child_process cluster dgram dns http http2 https inspector net perf_hooks " +
    "querystring readline repl stream string_decoder timers tls vm wasi worker_threads zlib";
  for (const name of names.split(" ")) modules[name] = absent(name);
  return { modules, process };
}
