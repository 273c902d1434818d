// The globals that the native half of React Native and Expo puts into a runtime before
// the bundle runs, with answers of a fixed phone.

import { createWorkletModules } from './worklets.mjs';

const WINDOW = { width: 390, height: 844, scale: 3, fontScale: 1 };

/** Installs React Native's globals; returns what the native side does later. */
export function installReactNative(realm, { clock, fabric, platform, version, dev, libraries }) {
  const callable = new Map();
  const tasks = new Map();
  let serial = 0;

  const scheduler = {
    unstable_ImmediatePriority: 1,
    unstable_UserBlockingPriority: 2,
    unstable_NormalPriority: 3,
    unstable_LowPriority: 4,
    unstable_IdlePriority: 5,
    unstable_scheduleCallback(_priority, callback) {
      serial += 1;
      const task = { id: serial, timer: 0 };
      const turn = () => {
        tasks.delete(task.id);
        const more = callback(false);
        if (typeof more === 'function') task.timer = clock.after(0, turn);
      };
      task.timer = clock.after(0, turn);
      tasks.set(task.id, task);
      return task;
    },
    unstable_cancelCallback: (task) => clock.cancel(task.timer),
    unstable_shouldYield: () => false,
    unstable_requestPaint() {},
    unstable_now: () => clock.now(),
    unstable_getCurrentPriorityLevel: () => 3,
  };

  const set = (name, value) =>
    Object.defineProperty(realm, name, { value, writable: true, configurable: true, enumerable: false });
  const module = turboModules({ platform, clock, version, dev, worklets: createWorkletModules(realm, libraries) });
  set('RN$Bridgeless', true);
  set('RN$registerCallableModule', (name, factory) => callable.set(name, factory));
  set('__turboModuleProxy', module);
  set('nativeModuleProxy', new Proxy({}, { get: (_target, name) => module(String(name)) }));
  set('nativeFabricUIManager', fabric.manager);
  set('nativeRuntimeScheduler', scheduler);
  set('__nativeComponentRegistry__hasComponent', () => true);
  set('RN$LegacyInterop_UIManager_getConstants', () => ({}));
  set('nativeQPLMarkerStart', () => {});
  set('queueMicrotask', (callback) => void Promise.resolve().then(callback));

  return {
    run(appName) {
      const registry = callable.get('AppRegistry')?.();
      if (!registry) throw new Error('the bundle did not register AppRegistry');
      registry.runApplication(appName, { rootTag: 11, initialProps: {}, fabric: true });
    },
    announceSafeArea() {
      const insets = { top: 47, bottom: 34, left: 0, right: 0 };
      const frame = { x: 0, y: 0, width: WINDOW.width, height: WINDOW.height };
      fabric.emit('RNCSafeAreaProvider', 'topInsetsChange', { insets, frame });
    },
  };
}

function turboModules({ platform, clock, version, dev, worklets }) {
  const constants = {
    DeviceInfo: { Dimensions: { window: WINDOW, screen: WINDOW, windowPhysicalPixels: physical(), screenPhysicalPixels: physical() }, isEdgeToEdge: true },
    PlatformConstants: platformConstants(platform, version),
    // In development the frameworks insist on a server that the bundle came from.
    SourceCode: { scriptURL: dev ? `http://localhost:8081/index.bundle?platform=${platform}&dev=true` : 'file:///main.jsbundle' },
    StatusBarManager: { HEIGHT: 47, DEFAULT_BACKGROUND_COLOR: 0 },
    SettingsManager: { settings: {} },
    I18nManager: { isRTL: false, doLeftAndRightSwapInRTL: true, localeIdentifier: 'en_US' },
    Appearance: {},
  };
  const methods = {
    Appearance: { getColorScheme: () => 'light' },
    NativeMicrotasksCxx: { queueMicrotask: (callback) => void Promise.resolve().then(callback) },
    NativePerformanceCxx: { now: () => clock.now() },
    ...worklets,
    AccessibilityManager: { getCurrentReduceMotionState: (done) => done(false) },
  };
  const made = new Map();
  return (name) => {
    // Expo's modules come through its own global; its bridge of old is not there.
    if (/^(EX|Expo|NativeUnimodule)/.test(name)) return null;
    if (!made.has(name)) made.set(name, moduleStub(methods[name] ?? {}, constants[name] ?? {}));
    return made.get(name);
  };
}

function physical() {
  return { width: WINDOW.width * 3, height: WINDOW.height * 3, scale: 3, fontScale: 1, densityDpi: 480 };
}

function platformConstants(platform, version) {
  const [major, minor, patch] = version.split('.').map((part) => Number.parseInt(part, 10));
  const shared = {
    isTesting: false,
    isDisableAnimations: true,
    reactNativeVersion: { major, minor, patch, prerelease: null },
  };
  if (platform === 'android') {
    return { ...shared, Version: 35, Release: '15', Serial: 'unknown', Fingerprint: 'fixed', Model: 'fixed', Manufacturer: 'fixed', Brand: 'fixed', uiMode: 'normal' };
  }
  return { ...shared, forceTouchAvailable: false, osVersion: '18.0', systemName: 'iOS', interfaceIdiom: 'phone', isMacCatalyst: false };
}

/** Any method exists and does nothing, so that feature flags fall back to the bundle's own defaults; `getConstants` gives what the phone is. */
function moduleStub(methods, constants) {
  const target = { getConstants: () => constants, ...methods };
  return new Proxy(target, {
    get(object, name) {
      if (name in object) return object[name];
      if (typeof name === 'symbol' || name === 'then' || name === '__esModule') return undefined;
      object[name] = () => undefined;
      return object[name];
    },
  });
}

/**
 * Native modules that an app has only when it installs their packages, and looks for all the same.
 * In Expo Go and under expo-updates an image would have no address until it is downloaded.
 */
const ABSENT = new Set(['ExpoAppMetrics', 'ExpoGo', 'ExpoObserve', 'ExpoUpdates']);

/** Expo's native core: event emitters, native modules and shared objects. */
export function installExpo(realm, { manifest }) {
  class EventEmitter {
    #listeners = new Map();
    addListener(name, listener) {
      const all = this.#listeners.get(name) ?? new Set();
      this.#listeners.set(name, all.add(listener));
      return { remove: () => all.delete(listener) };
    }
    removeListener(name, listener) {
      this.#listeners.get(name)?.delete(listener);
    }
    removeAllListeners(name) {
      this.#listeners.delete(name);
    }
    emit(name, ...args) {
      for (const listener of this.#listeners.get(name) ?? []) listener(...args);
    }
    listenerCount(name) {
      return this.#listeners.get(name)?.size ?? 0;
    }
  }
  class NativeModule extends EventEmitter {}
  class SharedObject extends EventEmitter {
    release() {}
  }
  class SharedRef extends SharedObject {}
  const constants = {
    ExponentConstants: { manifest, executionEnvironment: 'bare', statusBarHeight: 47 },
    ExpoAsset: {},
    ExpoFontLoader: {},
  };
  const methods = {
    ExpoAsset: { downloadAsync: async (url) => url },
    ExpoFontLoader: { getLoadedFonts: () => [], loadAsync: async () => undefined, customNativeFonts: [] },
    ExpoFetchModule: { NativeRequest: class extends SharedObject {}, NativeResponse: class extends SharedObject {} },
    ExpoLinking: { getLinkingURL: () => null },
    ExpoRouter: { Material3DynamicColor: () => null, Material3Color: () => null },
    ExpoSplashScreen: { preventAutoHideAsync: async () => true, hideAsync: async () => undefined, hide() {} },
  };
  const made = new Map();
  const modules = new Proxy(
    {},
    {
      get(_target, name) {
        if (typeof name === 'symbol' || ABSENT.has(name)) return undefined;
        if (!made.has(name)) {
          const module = new NativeModule();
          Object.assign(module, constants[name], methods[name]);
          made.set(name, expoModule(module));
        }
        return made.get(name);
      },
      has: () => true,
    },
  );
  const expo = {
    EventEmitter,
    NativeModule,
    SharedObject,
    SharedRef,
    modules,
    uuidv4: () => '00000000-0000-4000-8000-000000000000',
    uuidv5: () => '00000000-0000-5000-8000-000000000000',
    getViewConfig: () => null,
    reloadAppAsync: async () => undefined,
  };
  Object.defineProperty(realm, 'expo', { value: expo, writable: true, configurable: true });
}

function expoModule(module) {
  return new Proxy(module, {
    get(object, name) {
      const value = Reflect.get(object, name, object);
      if (value !== undefined) return typeof value === 'function' ? value.bind(object) : value;
      if (typeof name === 'symbol' || name === 'then' || name === '__esModule') return undefined;
      return undefined;
    },
  });
}
