import { createInterface } from 'node:readline';

/**
 * Answers requests, one JSON object a line: {"id": 1, "do": "verb", …} on stdin, {"id": 1, …} or
 * {"id": 1, "error": "…"} on stdout. The parent's end, however it comes, closes stdin and calls `onEnd`.
 * @returns a function that writes a message nobody asked for (an event).
 */
export function answerRequests(verbs, onEnd) {
  const say = (message) => process.stdout.write(JSON.stringify(message) + '\n');
  // A parent that is gone reads no answers; what is left to do is done all the same.
  process.stdout.on('error', () => {});
  // Ctrl-C and a closed terminal reach the whole process group: whether to stop is the parent's decision.
  for (const signal of ['SIGINT', 'SIGHUP']) process.on(signal, () => {});
  process.on('SIGTERM', onEnd);

  createInterface({ input: process.stdin })
    .on('line', async (line) => {
      const { id, do: verb, ...request } = JSON.parse(line);
      try {
        say({ id, ...(await verbs[verb](request)) });
      } catch (error) {
        say({ id, error: error.message });
      }
    })
    .on('close', onEnd);
  return say;
}
