// `path` as Node has it on a machine with forward slashes. The project's root is `/`.
(() => {
  const normalize = (path) => {
    const absolute = path.startsWith("/");
    const kept = [];
    for (const part of path.split("/")) {
      if (part === "" || part === ".") continue;
      if (part !== "..") kept.push(part);
      else if (kept.length > 0 && kept.at(-1) !== "..") kept.pop();
      else if (!absolute) kept.push(part);
    }
    const joined = kept.join("/");
    return absolute ? `/${joined}` : joined || ".";
  };
  const resolve = (...parts) => {
    let path = "";
    for (const part of parts.reverse()) {
      if (part) path = path ? `${part}/${path}` : part;
      if (path.startsWith("/")) break;
    }
    return normalize(path.startsWith("/") ? path : `/${path}`);
  };
  const basename = (path, ending = "") => {
    const name = path.replace(/\/+$/, "").split("/").at(-1);
    return ending && name !== ending && name.endsWith(ending) ? name.slice(0, -ending.length) : name;
  };
  const dirname = (path) => {
    const at = path.replace(/\/+$/, "").lastIndexOf("/");
    if (at < 0) return ".";
    return at === 0 ? "/" : path.slice(0, at);
  };
  const extname = (path) => {
    const name = basename(path);
    const at = name.lastIndexOf(".");
    return at <= 0 ? "" : name.slice(at);
  };
  const relative = (from, to) => {
    const segments = (path) => resolve(path).split("/").filter(Boolean);
    const [origin, target] = [segments(from), segments(to)];
    let shared = 0;
    while (shared < origin.length && origin[shared] === target[shared]) shared += 1;
    return [...origin.slice(shared).map(() => ".."), ...target.slice(shared)].join("/");
  };
  const parse = (path) => {
    const [base, ext] = [basename(path), extname(path)];
    const root = path.startsWith("/") ? "/" : "";
    return { root, dir: dirname(path), base, ext, name: ext ? base.slice(0, -ext.length) : base };
  };
  const path = {
    sep: "/",
    delimiter: ":",
    normalize,
    resolve,
    basename,
    dirname,
    extname,
    relative,
    parse,
    join: (...parts) => normalize(parts.filter(Boolean).join("/")),
    isAbsolute: (path) => path.startsWith("/"),
    format: ({ dir, root, base, name, ext }) => {
      const file = base ?? `${name ?? ""}${ext ?? ""}`;
      return dir ? `${dir}/${file}` : `${root ?? ""}${file}`;
    },
    toNamespacedPath: (path) => path,
  };
  path.posix = path;
  path.win32 = path;
  return path;
})()
