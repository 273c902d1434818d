// From a configuration to its plugins, and from a source to what they make of it.
(host, node, modules, path) => {
  const plain = (value) => (value?.__esModule && "default" in value ? value.default : value);

  // The answers that a configuration gets when it is a function.
  const api = (compiler) => {
    const cache = (choose) => (typeof choose === "function" ? choose() : undefined);
    Object.assign(cache, {
      forever() {},
      never() {},
      using: (choose) => choose(),
      invalidate: (choose) => choose(),
    });
    const env = (asked) => {
      if (asked === undefined) return host.mode;
      if (typeof asked === "function") return asked(host.mode);
      return [].concat(asked).includes(host.mode);
    };
    const caller = (ask) => ask(host.caller);
    return { ...compiler, version: compiler.version, cache, env, caller, async: () => false, assertVersion() {} };
  };

  const known = new Set(host.known);
  const nameOf = (value) => (typeof value === "string" ? value : undefined);
  const isKnown = (value) => {
    const named = modules.names.get(value) ?? nameOf(value);
    return named !== undefined && known.has(named.replace(/^module:/, ""));
  };

  // The plugins or presets of a list that are run, each as a value.
  const chosen = (list, kind, config) => {
    const kept = [];
    for (const item of list ?? []) {
      if (!item) continue;
      const [value, ...rest] = Array.isArray(item) ? item : [item];
      if (isKnown(value)) continue;
      const loaded = typeof value === "string" ? config(value.startsWith("/") ? value : `${kind}:${value}`) : value;
      kept.push([plain(loaded), ...rest]);
    }
    return kept;
  };

  const ignored = ["extends", "babelrc", "babelrcRoots", "configFile", "cwd", "root", "rootMode", "envName"];
  const prepared = (config, require) => {
    const options = { ...config };
    for (const name of ignored) delete options[name];
    options.plugins = chosen(config.plugins, "plugin", require);
    options.presets = chosen(config.presets, "preset", require);
    options.overrides = (config.overrides ?? []).map((part) => prepared(part, require));
    const env = Object.entries(config.env ?? {});
    options.env = Object.fromEntries(env.map(([name, part]) => [name, prepared(part, require)]));
    return options;
  };
  const isEmpty = (options) =>
    options.plugins.length + options.presets.length === 0 &&
    options.overrides.every(isEmpty) &&
    Object.values(options.env).every(isEmpty);

  const syntaxOf = (file, decorators) => {
    const jsx = /\.[cm]?ts$/.test(file) ? [] : ["jsx"];
    const types = /\.[cm]?tsx?$/.test(file) ? ["typescript"] : ["flow"];
    return [...jsx, ...types, ...decorators, "exportDefaultFrom"];
  };

  const describe = (error) => {
    const text = String(error?.message ?? error);
    const sentence = text.split("\n")[0].replace(/^\/[^\s:]+: /, "").replace(/ \(\d+:\d+\)$/, "");
    const place = error?.loc;
    return {
      error: sentence,
      refused: error?.refused,
      line: place?.line ?? 0,
      column: place === undefined ? 0 : (place.column ?? -1) + 1,
      stack: String(error?.stack ?? ""),
    };
  };
  const guarded = (call) => (...values) => {
    try {
      return call(...values);
    } catch (error) {
      return describe(error);
    }
  };

  let compiler;
  let options;
  let decorators;
  const prepare = () => {
    compiler = plain(modules.load(host.compiler));
    let config = plain(modules.load(0));
    if (typeof config === "function") config = config(api(compiler));
    if (typeof config?.then === "function") throw new Error("the configuration is a promise, and those are not waited for");
    options = prepared(config ?? {}, modules.requireOf(0));
    const names = JSON.stringify([config?.plugins, options.plugins.map((item) => item[0]?.name)]) ?? "";
    decorators = /proposal-decorators|syntax-decorators/.test(names) && !known.has("@babel/plugin-proposal-decorators") ? [] : ["decorators-legacy"];
    return { empty: isEmpty(options) };
  };

  const rewrite = (file, text) => {
    const parserOpts = { ...options.parserOpts };
    parserOpts.plugins = [...(parserOpts.plugins ?? []), ...syntaxOf(file, decorators)];
    const result = compiler.transformSync(text, {
      ...options,
      parserOpts,
      filename: `/${file}`,
      sourceFileName: file,
      cwd: "/",
      root: "/",
      envName: host.mode,
      caller: host.caller,
      babelrc: false,
      configFile: false,
      browserslistConfigFile: false,
      inputSourceMap: false,
      cloneInputAst: false,
      highlightCode: false,
      sourceMaps: true,
      ast: false,
      code: true,
      compact: false,
      minified: false,
    });
    if (result === null) return { unmeant: true };
    return { code: result.code, map: JSON.stringify(result.map ?? {}) };
  };
  return { prepare: guarded(prepare), rewrite: guarded(rewrite) };
}
