/** Questions and answers between the benchmark and its child processes. Benchmark only; child side. */

/** Answers each question by the function of its name, and ends with the parent. */
export function answer(functions: Readonly<Record<string, () => unknown>>): void {
  process.on('message', (question: { id: number; name: string }) => {
    void reply(functions, question);
  });
  process.on('disconnect', () => process.exit(0));
  process.send?.({ ready: true });
}

async function reply(functions: Readonly<Record<string, () => unknown>>, { id, name }: { id: number; name: string }) {
  try {
    process.send?.({ id, value: await functions[name]?.() });
  } catch (error) {
    process.send?.({ id, error: String(error) });
  }
}
