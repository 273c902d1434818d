// CommonJS over the programs that were handed over. What a `require` call leads to was decided
// by whoever handed them over; a name that is not among them is refused with its asker.
(host, node, path, refuse) => {
  const cache = Object.create(null);
  // What a module was asked for by, so that a value in a configuration has its name again.
  const names = new Map();

  const find = (program, specifier) => {
    const bare = specifier.startsWith("node:") ? specifier.slice(5) : specifier;
    if (Object.hasOwn(node.modules, bare)) return { builtin: bare };
    const index = host.target(program, specifier);
    if (index === undefined) {
      const absolute = specifier.startsWith("/") ? host.index(specifier.slice(1)) : undefined;
      if (absolute === undefined) return undefined;
      return { index: absolute };
    }
    return { index };
  };

  const missing = (program, specifier) =>
    Object.assign(refuse(`require("${specifier}")`, host.path(program)), { code: "MODULE_NOT_FOUND" });

  const requireOf = (program) => {
    const require = (specifier) => {
      const found = find(program, specifier);
      if (found === undefined) throw missing(program, specifier);
      if (found.builtin !== undefined) return node.modules[found.builtin];
      const value = load(found.index);
      if (typeof value === "function" || (typeof value === "object" && value !== null)) names.set(value, specifier);
      return value;
    };
    require.resolve = (specifier) => {
      const found = find(program, specifier);
      if (found === undefined) throw missing(program, specifier);
      if (found.builtin !== undefined) return found.builtin;
      const file = `/${host.path(found.index)}`;
      names.set(file, specifier);
      return file;
    };
    require.resolve.paths = () => [];
    require.cache = cache;
    require.extensions = {};
    return require;
  };

  // Configurations in JSON may hold comments, which is JavaScript.
  const dataOf = (file, text) => {
    try {
      return JSON.parse(text);
    } catch (error) {
      if (file.includes("/node_modules/")) throw error;
      return host.compile(file.slice(1), `(${text}\n)`);
    }
  };

  // A module is compiled to CommonJS by the project's own compiler, which asks for nothing else.
  const IS_MODULE = /(^|[\n;])\s*(import\b\s*["'{*\w]|export\b\s*[{*\w])/;
  const commonjs = "@babel/plugin-transform-modules-commonjs";
  const scriptOf = (program, file, text) => {
    const found = find(program, commonjs);
    if (host.isStyles) {
      // Tailwind reads its configuration by this one.
      const sucrase = find(0, "sucrase");
      return load(sucrase.index).transform(text, { transforms: ["typescript", "imports"], filePath: file }).code;
    }
    if (found === undefined) throw refuse(`an ES module without ${commonjs}`);
    const plugin = load(found.index);
    return load(host.compiler).transformSync(text, {
      plugins: [[plugin?.__esModule ? plugin.default : plugin]],
      filename: file,
      sourceType: "module",
      babelrc: false,
      configFile: false,
      browserslistConfigFile: false,
      sourceMaps: false,
      compact: false,
    }).code;
  };

  // What stands in front is on the first line, so that places in the program stay.
  const compiled = (file, body) =>
    host.compile(file.slice(1), `(function (exports, require, module, __filename, __dirname) {${body}\n})`);
  const functionOf = (program, file, text) => {
    try {
      return compiled(file, text);
    } catch (error) {
      const isModule = error instanceof SyntaxError && program !== host.compiler && IS_MODULE.test(text);
      if (!isModule) throw error;
      return compiled(file, scriptOf(program, file, text));
    }
  };

  const load = (program) => {
    const file = `/${host.path(program)}`;
    if (cache[file]) return cache[file].exports;
    const module = { id: file, filename: file, exports: {}, loaded: false, children: [], paths: [] };
    cache[file] = module;
    try {
      const text = host.text(file.slice(1));
      if (file.endsWith(".json") || /\/\.babelrc$/.test(file)) {
        module.exports = dataOf(file, text.replace(/^\uFEFF/, ""));
      } else {
        const run = functionOf(program, file, text.replace(/^\uFEFF/, "").replace(/^#!.*/, ""));
        module.require = requireOf(program);
        run.call(module.exports, module.exports, module.require, module, file, path.dirname(file));
      }
    } catch (error) {
      delete cache[file];
      throw error;
    }
    module.loaded = true;
    return module.exports;
  };

  const createRequire = (from) => {
    const file = String(from.href ?? from).replace(/^file:\/\//, "");
    return requireOf(host.index(file.slice(1)) ?? 0);
  };
  const Module = Object.assign(function Module() {}, { createRequire, builtinModules: Object.keys(node.modules) });
  Module.Module = Module;
  node.modules.module = Module;
  return { load, requireOf, names };
}
