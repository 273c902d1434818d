// Virtual time: tasks in the order in which they fall due, ties in the order of asking.

export class Clock {
  #now = 0;
  #serial = 0;
  #tasks = new Map();

  now() {
    return this.#now;
  }

  after(ms, run) {
    return this.#add(ms, run, null);
  }

  every(ms, run) {
    return this.#add(ms, run, ms);
  }

  cancel(id) {
    this.#tasks.delete(id);
  }

  /** Runs the next task that falls due until `end`; false when there is none. */
  step(end) {
    let next = null;
    for (const task of this.#tasks.values()) {
      if (task.due > end) continue;
      if (next === null || task.due < next.due || (task.due === next.due && task.id < next.id)) next = task;
    }
    if (next === null) return false;
    this.#now = Math.max(this.#now, next.due);
    if (next.period === null) this.#tasks.delete(next.id);
    else next.due = this.#now + next.period;
    next.run();
    return true;
  }

  #add(ms, run, period) {
    const delay = Number.isFinite(Number(ms)) ? Math.max(0, Number(ms)) : 0;
    this.#serial += 1;
    this.#tasks.set(this.#serial, { id: this.#serial, due: this.#now + delay, run, period });
    return this.#serial;
  }
}
