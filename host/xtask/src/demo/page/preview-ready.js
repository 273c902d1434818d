// Tells the page around this frame that the app shows something. It says no more than that.

/** An image changes the tree once more when it has come: so long must nothing have changed. */
const QUIET_MS = 300;
/** An app that never is quiet shows something all the same. */
const PATIENCE_MS = 5000;

const root = document.getElementById('root');
let quiet;
let last;

function look() {
  if (root.innerText.trim() === '') return;
  last ??= setTimeout(tell, PATIENCE_MS);
  clearTimeout(quiet);
  quiet = setTimeout(tell, QUIET_MS);
}

function tell() {
  watcher.disconnect();
  clearTimeout(quiet);
  clearTimeout(last);
  document.fonts.ready.then(() => requestAnimationFrame(() => parent.postMessage('shown', '*')));
}

const watcher = new MutationObserver(look);
watcher.observe(root, { childList: true, subtree: true, characterData: true });
