// The native half of react-native-worklets and reanimated: values and worklets become handles,
// and a worklet's text must be a function in a realm of its own.
//
// It does not animate: what is scheduled on the other runtime is taken and checked, and only what
// is asked for synchronously is run there.
//
// **Invariant:** a worklet whose text does not compile, or whose hash is not that of its text,
// ends the render.

import vm from 'node:vm';

/** What the native half puts into the other runtime. */
const OTHER_GLOBALS = `
  globalThis.global = globalThis;
  globalThis._WORKLET = true;
  globalThis.console = { log() {}, info() {}, warn() {}, error() {} };
  globalThis.performance = { now: () => 0 };
  globalThis.__nativeRequestAnimationFrame = () => {};
  globalThis._getAnimationTimestamp = () => 0;
  globalThis.__flushAnimationFrame = () => {};
  globalThis._scheduleTimeoutCallback = () => {};
  globalThis.__RUNTIME_KIND = 2;
`;

/** Installs both turbo modules' answers; returns them by name. */
export function createWorkletModules(realm, versions) {
  const other = vm.createContext({}, { name: 'ui' });
  vm.runInContext(OTHER_GLOBALS, other);
  const runtime = new OtherRuntime(other);
  const set = (name, value) => Object.defineProperty(realm, name, { value, writable: true, configurable: true, enumerable: false });
  return {
    WorkletsModule: {
      installTurboModule() {
        set('_WORKLETS_VERSION_CPP', versions.worklets);
        set('__workletsModuleProxy', runtime.proxy());
        return true;
      },
      start() {},
    },
    ReanimatedModule: {
      installTurboModule() {
        set('_REANIMATED_VERSION_CPP', versions.reanimated);
        set('_REANIMATED_IS_REDUCED_MOTION', false);
        set('__reanimatedModuleProxy', reanimatedProxy());
        return true;
      },
    },
  };
}

class OtherRuntime {
  #realm;
  #compiled = new Map();

  constructor(realm) {
    this.#realm = realm;
  }

  /** What `__workletsModuleProxy` is. */
  proxy() {
    const plain = (value) => ({ kind: 'plain', value });
    const methods = {
      createSerializableNull: () => plain(null),
      createSerializableUndefined: () => plain(undefined),
      createSerializableBoolean: plain,
      createSerializableString: plain,
      createSerializableNumber: plain,
      createSerializableBigInt: plain,
      createSerializableRegExp: (pattern, flags) => plain(new RegExp(pattern, flags)),
      createSerializableError: (_name, message) => plain(new Error(message)),
      createSerializableArray: (items) => ({ kind: 'array', items }),
      createSerializableObject: (fields) => ({ kind: 'object', fields }),
      createSerializableInitializer: (fields) => ({ kind: 'object', fields }),
      createSerializableNonWorkletFunction: (fun) => ({ kind: 'remote', fun }),
      createSerializableWorklet: (fields) => {
        this.#compile(fields);
        return { kind: 'worklet', fields };
      },
      createSynchronizable: (value) => ({ kind: 'synchronizable', value }),
      synchronizableGetDirty: (synchronizable) => this.#value(synchronizable.value),
      synchronizableGetBlocking: (synchronizable) => this.#value(synchronizable.value),
      synchronizableSetBlocking: (synchronizable, value) => void (synchronizable.value = value),
      createWorkletRuntime: (name) => ({ kind: 'runtime', name }),
      getUIRuntimeHolder: () => ({}),
      getUISchedulerHolder: () => ({}),
      getStaticFeatureFlag: () => false,
      loadUnpackers: (...parts) => {
        for (let index = 0; index < parts.length; index += 3) vm.runInContext(`(${parts[index]})`, this.#realm);
      },
      runOnUISync: (worklet) => this.#value(this.#value(worklet)()),
    };
    // The other runtime makes the same handles under names of its own.
    for (const [name, method] of Object.entries(methods)) this.#realm[`_${name}`] = method;
    return new Proxy(methods, { get: (target, name) => (typeof name === 'symbol' ? undefined : (target[name] ??= () => ({ kind: 'opaque' }))) });
  }

  /** The function behind a worklet's fields, which are handles themselves. */
  #compile(fields) {
    const data = this.#value(fields.__initData);
    const hash = this.#value(fields.__workletHash);
    let compiled = this.#compiled.get(hash);
    if (!compiled) {
      if (hashOf(data.code) !== hash) throw new Error(`a worklet's hash is not that of its text: ${data.code}`);
      compiled = vm.runInContext(`(${data.code})`, this.#realm);
      this.#compiled.set(hash, compiled);
    }
    return compiled;
  }

  /** What a handle is on the other side. */
  #value(handle) {
    switch (handle?.kind) {
      case 'plain':
        return handle.value;
      case 'array':
        return handle.items.map((item) => this.#value(item));
      case 'object':
        return this.#fields(handle.fields);
      case 'remote':
        return () => undefined;
      case 'worklet': {
        const self = { __closure: this.#value(handle.fields.__closure) };
        self._recur = this.#compile(handle.fields).bind(self);
        return self._recur;
      }
      default:
        return handle;
    }
  }

  #fields(fields) {
    return Object.fromEntries(Object.entries(fields).map(([name, value]) => [name, this.#value(value)]));
  }
}

/** The plugin's definition of a hash. */
function hashOf(text) {
  let first = 5381;
  let second = 52711;
  for (let index = text.length - 1; index >= 0; index -= 1) {
    first = (first * 33) ^ text.charCodeAt(index);
    second = (second * 33) ^ text.charCodeAt(index);
  }
  return (first >>> 0) * 4096 + (second >>> 0);
}

function reanimatedProxy() {
  let serial = 0;
  const methods = {
    getStaticFeatureFlag: () => false,
    getSettledUpdates: () => [],
    registerEventHandler: () => (serial += 1),
    registerSensor: () => -1,
    subscribeForKeyboardEvents: () => -1,
  };
  return new Proxy(methods, { get: (target, name) => (typeof name === 'symbol' ? undefined : (target[name] ??= () => undefined)) });
}
