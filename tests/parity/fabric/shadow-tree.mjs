// The shadow tree as React asks for it: nodes are cloned, never changed, and a commit
// names the children of the root.

/** What the renderer is given as `nativeFabricUIManager`, and what was committed. */
export function createFabric() {
  let root = [];
  let onEvent = null;
  const instances = new Map();

  const node = (viewName, tag, props, handle, children) => ({ viewName, tag, props, handle, children });
  const manager = {
    createNode(tag, viewName, _rootTag, props, handle) {
      const made = node(viewName, tag, { ...props }, handle, []);
      instances.set(viewName, [...(instances.get(viewName) ?? []), made]);
      return made;
    },
    cloneNode: (old) => node(old.viewName, old.tag, old.props, old.handle, old.children),
    cloneNodeWithNewChildren: (old, children = []) => node(old.viewName, old.tag, old.props, old.handle, [...children]),
    cloneNodeWithNewProps: (old, props) => node(old.viewName, old.tag, { ...old.props, ...props }, old.handle, old.children),
    cloneNodeWithNewChildrenAndProps(old, ...rest) {
      const children = Array.isArray(rest[0]) ? rest[0] : [];
      const props = Array.isArray(rest[0]) ? rest[1] : rest[0];
      return node(old.viewName, old.tag, { ...old.props, ...props }, old.handle, [...children]);
    },
    createChildSet: () => [],
    appendChild(parent, child) {
      parent.children = [...parent.children, child];
      return parent;
    },
    appendChildToSet(set, child) {
      set.push(child);
    },
    completeRoot(_rootTag, children) {
      root = [...children];
    },
    registerEventHandler(handler) {
      onEvent = handler;
    },
    measure(_node, callback) {
      callback(0, 0, 390, 844, 0, 0);
    },
    measureInWindow(_node, callback) {
      callback(0, 0, 390, 844);
    },
    measureLayout(_node, _relative, _fail, success) {
      success(0, 0, 390, 844);
    },
    getBoundingClientRect: () => [0, 0, 390, 844],
    getRelativeLayoutMetrics: () => ({ left: 0, top: 0, width: 390, height: 844 }),
    findNodeAtPoint(_node, _x, _y, callback) {
      callback(null);
    },
    compareDocumentPosition: () => 0,
    setNativeProps() {},
    dispatchCommand() {},
    sendAccessibilityEvent() {},
    configureNextLayoutAnimation() {},
    setIsJSResponder() {},
    unstable_DefaultEventPriority: 32,
    unstable_DiscreteEventPriority: 2,
    unstable_ContinuousEventPriority: 8,
    unstable_IdleEventPriority: 268435456,
    unstable_getCurrentEventPriority: () => 32,
  };

  return {
    manager,
    /** Sends `event` to every node of this view that was ever created. */
    emit(viewName, event, payload) {
      for (const made of instances.get(viewName) ?? []) onEvent?.(made.handle, event, payload);
    },
    committed: () => root.map(plain),
    count: (tree) => tree.reduce((sum, child) => sum + 1 + countChildren(child), 0),
  };
}

function countChildren(child) {
  return (child.children ?? []).reduce((sum, next) => sum + 1 + countChildren(next), 0);
}

/** A node as JSON: keys sorted, functions and undefined left out, cycles cut. */
function plain(node) {
  const value = { view: node.viewName };
  const props = plainValue(node.props, new Set());
  if (props && Object.keys(props).length > 0) value.props = props;
  if (node.children.length > 0) value.children = node.children.map(plain);
  return value;
}

function plainValue(value, above) {
  if (value === null || typeof value === 'string' || typeof value === 'boolean') return value;
  if (typeof value === 'number') return Number.isFinite(value) ? value : String(value);
  if (typeof value !== 'object') return undefined;
  if (above.has(value)) return '[cycle]';
  const inside = new Set(above).add(value);
  if (Array.isArray(value)) return value.map((item) => plainValue(item, inside) ?? null);
  const out = {};
  for (const key of Object.keys(value).sort()) {
    const item = plainValue(value[key], inside);
    if (item !== undefined) out[key] = item;
  }
  return out;
}
