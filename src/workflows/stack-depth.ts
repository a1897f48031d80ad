/** How deep stack traces in workflows go: loaded once for all of them, before the sandbox freezes what they share. Workflow side. */

/**
 * The SDK takes a stack trace of every promise, for Temporal's `__stack_trace`, and looks each line up in the source map:
 * at V8's ten lines that is a third of a workflow's time. The first ones tell where it was.
 */
(Error as ErrorConstructor & { stackTraceLimit: number }).stackTraceLimit = 5;

export {};
