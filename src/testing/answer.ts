/** The side of a child process that answers its parent's questions (child.ts). Test kit, host side. */

type Functions = Readonly<Record<string, (argument: never) => unknown>>;

interface Question {
  readonly id: number;
  readonly name: string;
  readonly argument?: unknown;
}

/** Says that the process is ready, answers each question by the function of its name, and ends with the parent. */
export function answer(functions: Functions): void {
  process.on('message', (question: Question) => {
    void reply(functions, question);
  });
  process.on('disconnect', () => process.exit(0));
  process.send?.({ ready: true });
}

/** Tells the parent something that it did not ask for. */
export function say(value: unknown): void {
  if (process.connected) process.send?.({ said: value });
}

async function reply(functions: Functions, { id, name, argument }: Question): Promise<void> {
  try {
    process.send?.({ id, value: await functions[name]?.(argument as never) });
  } catch (error) {
    process.send?.({ id, error: String(error) });
  }
}
