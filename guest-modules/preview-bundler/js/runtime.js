// The module system of a bundle whose project brings none: factories are kept by number and
// run once, when they are first required. ES5, because it runs before anything else.
var factories = Object.create(null);
var modules = Object.create(null);
var hasOwn = Object.prototype.hasOwnProperty;

function define(factory, id, dependencyMap, name) {
  if (!factories[id]) {
    factories[id] = { factory: factory, dependencyMap: dependencyMap || [], name: name };
  }
}

function requireModule(id) {
  var known = modules[id];
  if (known) {
    if (known.failed) {
      throw known.error;
    }
    return known.module.exports;
  }
  var made = factories[id];
  if (!made) {
    throw new Error('Module ' + id + ' is not in this bundle');
  }
  known = { module: { exports: {}, id: id }, failed: false, error: null };
  modules[id] = known;
  try {
    made.factory(
      global,
      requireModule,
      importDefault,
      importAll,
      known.module,
      known.module.exports,
      made.dependencyMap
    );
  } catch (error) {
    known.failed = true;
    known.error = error;
    throw error;
  }
  return known.module.exports;
}

function importDefault(id) {
  var exported = requireModule(id);
  return exported && exported.__esModule ? exported.default : exported;
}

function importAll(id) {
  var exported = requireModule(id);
  if (exported && exported.__esModule) {
    return exported;
  }
  var all = {};
  for (var key in exported) {
    if (hasOwn.call(exported, key)) {
      all[key] = exported[key];
    }
  }
  all.default = exported;
  return all;
}

requireModule.importDefault = importDefault;
requireModule.importAll = importAll;
requireModule.resolveWeak = function (id) {
  return id;
};

global.__d = define;
global.__r = requireModule;
global.__c = function () {
  factories = Object.create(null);
  modules = Object.create(null);
};
