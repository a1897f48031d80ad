/** The sign that work is set aside for the workflow's next run. Workflow side. */

/** Thrown in place of waiting when this run of the workflow must end: the work is set aside for the next one. */
export class Parked extends Error {}
