// Tells the page around this frame that the app shows something. It says no more than that.

const root = document.getElementById('root');

function look() {
  if (root.innerText.trim() === '') return;
  watcher.disconnect();
  document.fonts.ready.then(() => requestAnimationFrame(() => parent.postMessage('shown', '*')));
}

const watcher = new MutationObserver(look);
watcher.observe(root, { childList: true, subtree: true, characterData: true });
