/** Jest's runner with a number of workers of its own: Jest goes from runner to runner, so that their files never meet. */
import TestRunner from 'jest-runner';

/** `workers`: how many files at once. `fresh`: each file in a new process. */
export default class PacedRunner extends TestRunner {
  constructor(globalConfig, context, { workers, fresh = false }) {
    // With a limit of 0 bytes Jest replaces its worker after every file.
    super({ ...globalConfig, maxWorkers: workers, ...(fresh ? { workerIdleMemoryLimit: 0 } : {}) }, context);
  }
}
