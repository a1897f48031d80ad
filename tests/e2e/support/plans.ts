/** Plans for end-to-end tests: those of the test kit. Tests only. */
export {
  computed,
  computing,
  expectedOutputs,
  planOf,
  randomPlan,
  task,
} from '../../../src/testing/computed-plans.ts';
export { random } from '../../../src/testing/random.ts';
