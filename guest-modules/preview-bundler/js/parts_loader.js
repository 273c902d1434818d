// Loads the files that an `import()` needs, each once, as script elements of the page's own
// site; what is already there is required a turn later. ES5, because it runs as it is.
var pending = {};

function loadFile(name) {
  if (!pending[name]) {
    pending[name] = new Promise(function (resolve, reject) {
      var script = document.createElement('script');
      script.src = new URL(name, global.__hivesync_parts.base || document.baseURI).href;
      script.onload = function () {
        resolve();
      };
      script.onerror = function () {
        // The next import() tries again: a network comes back.
        delete pending[name];
        script.remove();
        reject(new Error('The file ' + name + ' of the app cannot be loaded'));
      };
      document.head.appendChild(script);
    });
  }
  return pending[name];
}

function files(id) {
  var parts = global.__hivesync_parts;
  return (parts && parts.needs[id]) || [];
}

function load(id) {
  return Promise.all(files(id).map(loadFile)).then(function () {
    return require.importAll(id);
  });
}

load.prefetch = function (id) {
  Promise.all(files(id).map(loadFile)).then(
    function () {},
    function () {}
  );
};
load.unstable_importMaybeSync = function (id) {
  return files(id).length === 0 ? require.importAll(id) : load(id);
};
module.exports = load;
