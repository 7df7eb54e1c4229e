const kBaseMs = 500;
const kMaxMs = 30_000;

// Full jitter: anything between nothing and the whole step, so that a thousand clients of one
// restarted server spread out. `attempt` counts from 0; `random` gives [0, 1).
export function backoffMs(attempt, random) {
  return Math.floor(random() * Math.min(kMaxMs, kBaseMs * 2 ** Math.min(attempt, 16)));
}
