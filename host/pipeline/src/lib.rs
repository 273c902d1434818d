//! One preview's life: inputs, the sandboxed step, the signed zip.
