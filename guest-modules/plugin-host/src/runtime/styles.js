// The styles of NativeWind: from a project's Tailwind configuration, its own files and a style
// sheet to the script that gives the styles to the app, as NativeWind's configuration of Metro
// makes it. Tailwind, PostCSS and what makes styles of declarations are the project's.
(host, node, modules, path) => {
  const plain = (value) => (value?.__esModule && "default" in value ? value.default : value);
  const require = modules.requireOf(0);
  const base = path.dirname(`/${host.path(0)}`);

  // What npm's package of this name does by native code.
  const bytesOf = (text) => Uint8Array.from(unescape(encodeURIComponent(text)), (sign) => sign.charCodeAt(0));
  const textOf = (bytes) => {
    let text = "";
    for (let at = 0; at < bytes.length; at += 8192) text += String.fromCharCode(...bytes.subarray(at, at + 8192));
    return decodeURIComponent(escape(text));
  };
  globalThis.TextEncoder ??= class TextEncoder {
    encode(text) {
      return bytesOf(text);
    }
  };
  const everyDeclaration = (tree, tell) => {
    if (tree === null || typeof tree !== "object") return;
    for (const [key, value] of Object.entries(tree)) {
      if ((key === "declarations" || key === "importantDeclarations") && Array.isArray(value)) value.forEach(tell);
      else everyDeclaration(value, tell);
    }
  };
  // Declarations behind a nested rule are a rule of their own in this release of the parser; in the
  // one that NativeWind is written for they belong to the rule around them.
  const lift = (rules) => {
    for (const { value } of rules ?? []) {
      if (!Array.isArray(value?.rules)) continue;
      lift(value.rules);
      if (value.declarations === undefined) continue;
      for (const { value: nested } of value.rules.filter((rule) => rule.type === "nested-declarations")) {
        value.declarations.declarations.push(...(nested.declarations.declarations ?? []));
        value.declarations.importantDeclarations.push(...(nested.declarations.importantDeclarations ?? []));
      }
      value.rules = value.rules.filter((rule) => rule.type !== "nested-declarations");
    }
  };
  const transform = ({ code, visitor, customAtRules }) => {
    const text = typeof code === "string" ? code : textOf(code);
    const answer = host.styleTree(text, Object.keys(customAtRules ?? {}));
    if (answer.error !== undefined) throw new SyntaxError(answer.error);
    const tree = JSON.parse(answer.tree);
    lift(tree.rules);
    if (visitor?.Declaration !== undefined) everyDeclaration(tree.rules, (found) => void visitor.Declaration(found));
    visitor?.StyleSheetExit?.(tree);
    return { code: bytesOf(""), map: undefined, warnings: [] };
  };
  node.modules.lightningcss = { transform };

  // Tailwind looks for files by itself; here it gets those that its patterns mean.
  const contentOf = (config) => {
    const listed = Array.isArray(config.content) ? config.content : (config.content?.files ?? []);
    const patterns = listed.filter((item) => typeof item === "string");
    const outside = patterns.find((pattern) => !pattern.startsWith("!") && pattern.includes("node_modules"));
    if (outside !== undefined) throw new Error(`content names files of packages, and only the app's own are read: ${outside}`);
    const absolute = patterns.map((pattern) =>
      pattern.startsWith("!") ? `!${path.resolve(base, pattern.slice(1))}` : path.resolve(base, pattern),
    );
    const found = require("micromatch")(host.content.map((file) => `/${file}`), absolute);
    const raw = found.map((file) => ({ raw: host.text(file.slice(1)), extension: path.extname(file).slice(1) }));
    const files = [...listed.filter((item) => typeof item !== "string"), ...raw];
    return Array.isArray(config.content) || config.content === undefined ? files : { ...config.content, files };
  };

  // `@import` of the app's own sheets, which the command of Tailwind resolves before anything.
  const withImports = (postcss, text, file, seen) => {
    const root = postcss.parse(text, { from: file });
    root.walkAtRules("import", (rule) => {
      const [, target, condition] = /^(?:url\()?["']?([^"')\s]+)["']?\)?\s*(.*)$/s.exec(rule.params) ?? [];
      if (target === undefined || /^([a-z]+:)?\/\//.test(target)) return;
      const builtin = /^tailwindcss\/(base|components|utilities|variants|screens)(\.css)?$/.exec(target);
      if (builtin !== null) {
        rule.replaceWith(postcss.atRule({ name: "tailwind", params: builtin[1] }));
        return;
      }
      const name = path.resolve(path.dirname(file), target);
      const inner = host.text(name.slice(1));
      if (inner === undefined) throw rule.error(`${target} is not a style sheet of the app`);
      if (seen.includes(name)) return void rule.remove();
      const nodes = withImports(postcss, inner, name, [...seen, name]).nodes;
      if (condition === "") rule.replaceWith(nodes);
      else rule.replaceWith(postcss.atRule({ name: "media", params: condition, nodes }));
    });
    return root;
  };

  // As NativeWind writes it: three digits of a number, nothing for what is not there.
  const written = (value) => {
    if (typeof value === "number") return String(Math.round(value * 1000) / 1000);
    if (Array.isArray(value)) return `[${value.map((item) => (item == null ? "" : written(item))).join(",")}]`;
    if (value === null || typeof value !== "object") return JSON.stringify(value) ?? "null";
    const entries = Object.entries(value).filter(([, item]) => item != null);
    return `{${entries.map(([key, item]) => `${JSON.stringify(key)}:${written(item)}`).join(",")}}`;
  };

  const sheetOf = async (file, text) => {
    const postcss = plain(require("postcss"));
    const tailwind = plain(require("tailwindcss"));
    const config = plain(modules.load(0));
    const root = withImports(postcss, text, `/${file}`, [`/${file}`]);
    const result = await postcss([tailwind({ ...config, content: contentOf(config) })]).process(root, { from: `/${file}` });
    return { css: result.css, config };
  };

  const scriptOf = ({ css, config }) => {
    const options = { ...plain(require("nativewind/dist/metro/common")).cssToReactNativeRuntimeOptions };
    options.inlineRem = host.env.NATIVEWIND_INLINE_REM === "false" ? false : Number(host.env.NATIVEWIND_INLINE_REM);
    if (typeof config.important === "string") options.selectorPrefix = config.important;
    const styles = modules.load(host.compiler).cssToReactNativeRuntime(css, options);
    return `import { injectData } from "react-native-css-interop/dist/runtime/native/styles";injectData(${written(styles)});`;
  };

  const describe = (error) => {
    const place = error?.line === undefined ? {} : { line: error.line, column: error.column ?? 0 };
    return {
      error: String(error?.reason ?? error?.message ?? error).split("\n")[0],
      refused: error?.refused,
      line: place.line ?? 0,
      column: place.column ?? 0,
      stack: String(error?.stack ?? ""),
    };
  };
  const prepare = () => ({ empty: false });
  // Tailwind answers by a promise. The answer is filled when it has.
  const rewrite = (file, text) => {
    const answer = { error: "Tailwind did not come to an end" };
    const map = JSON.stringify({ version: 3, sources: [file], names: [], mappings: "" });
    const isWeb = host.caller.platform === "web";
    sheetOf(file, text)
      .then((made) => {
        delete answer.error;
        Object.assign(answer, { code: isWeb ? made.css : scriptOf(made), map });
      })
      .catch((error) => Object.assign(answer, describe(error)));
    return answer;
  };
  return { prepare, rewrite };
}
